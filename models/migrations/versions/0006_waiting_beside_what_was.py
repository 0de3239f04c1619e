"""Waiting beside an earlier time inside."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTICIPANTS = sa.table(
    "participants",
    sa.column("state", sa.String()),
    sa.column("roles", sa.JSON()),
    sa.column("role_sources", sa.JSON()),
    sa.column("was_admitted", sa.Boolean()),
    sa.column("removed", sa.Boolean()),
    sa.column("joined_at", sa.DateTime(timezone=True)),
    sa.column("left_at", sa.DateTime(timezone=True)),
    sa.column("waiting_since", sa.DateTime(timezone=True)),
)
WAITS = PARTICIPANTS.c.state == "WAITING"


def upgrade() -> None:
    op.add_column("participants", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("participants", sa.Column("removed", sa.Boolean(), nullable=False, server_default=sa.false()))
    waiting, inside_before = sa.update(PARTICIPANTS).where(WAITS), PARTICIPANTS.c.was_admitted
    op.execute(waiting.values(waiting_since=PARTICIPANTS.c.joined_at))
    # When they had left is not known any more, only that it was before they began to wait.
    op.execute(waiting.where(inside_before).values(left_at=PARTICIPANTS.c.joined_at))
    removed = sa.update(PARTICIPANTS).where(PARTICIPANTS.c.state == "REMOVED", inside_before)
    op.execute(removed.values(removed=sa.true()))


def downgrade() -> None:
    times = {"joined_at": PARTICIPANTS.c.waiting_since, "left_at": None}
    op.execute(sa.update(PARTICIPANTS).where(WAITS).values(roles=[], role_sources=[], **times))
    op.drop_column("participants", "removed")
    op.drop_column("participants", "waiting_since")
