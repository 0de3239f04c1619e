"""Store waiting beside an earlier time inside, and set a deadline for open sessions without a room moderator."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PARTICIPANTS = sa.table(
    "participants",
    sa.column("session_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("roles", sa.JSON()),
    sa.column("role_sources", sa.JSON()),
    sa.column("was_admitted", sa.Boolean()),
    sa.column("moderates", sa.Boolean()),
    sa.column("removed", sa.Boolean()),
    sa.column("joined_at", sa.DateTime(timezone=True)),
    sa.column("left_at", sa.DateTime(timezone=True)),
    sa.column("waiting_since", sa.DateTime(timezone=True)),
)
SESSIONS = sa.table(
    "room_sessions", sa.column("id", sa.Uuid()), sa.column("room_id", sa.Uuid()), sa.column("ended_at", sa.DateTime())
)
ROOMS = sa.table("rooms", sa.column("id", sa.Uuid()), sa.column("gallery_id", sa.Uuid()))
SITE = sa.table("site", sa.column("host_absence_timeout_seconds", sa.Integer()))
DEADLINES = sa.table(
    "deadlines",
    sa.column("kind", sa.String()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("gallery_id", sa.Uuid()),
    sa.column("due_at", sa.DateTime(timezone=True)),
)
WAITS = PARTICIPANTS.c.state == "WAITING"


def upgrade() -> None:
    op.add_column("participants", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("participants", sa.Column("removed", sa.Boolean(), nullable=False, server_default=sa.false()))
    waiting, inside_before = sa.update(PARTICIPANTS).where(WAITS), PARTICIPANTS.c.was_admitted
    op.execute(waiting.values(waiting_since=PARTICIPANTS.c.joined_at))
    # The time when they left is unknown, but it was before they began to wait.
    op.execute(waiting.where(inside_before).values(left_at=PARTICIPANTS.c.joined_at))
    removed = sa.update(PARTICIPANTS).where(PARTICIPANTS.c.state == "REMOVED", inside_before)
    op.execute(removed.values(removed=sa.true()))
    _await_hosts()


def _await_hosts() -> None:
    """Sets the deadline of rule 39 for running sessions that no moderator is in.

    Normally the deadline is set when the last moderator leaves.
    """
    a_host = sa.exists().where(
        PARTICIPANTS.c.session_id == SESSIONS.c.id, PARTICIPANTS.c.state == "ADMITTED", PARTICIPANTS.c.moderates
    )
    awaited = sa.exists().where(DEADLINES.c.kind == "HOST_ABSENCE", DEADLINES.c.subject_id == SESSIONS.c.id)
    deserted = (
        sa.select(SESSIONS.c.id, ROOMS.c.gallery_id)
        .join_from(SESSIONS, ROOMS, ROOMS.c.id == SESSIONS.c.room_id)
        .where(SESSIONS.c.ended_at.is_(None), ~a_host, ~awaited)
    )
    connection = op.get_bind()
    for session_id, gallery_id in connection.execute(deserted).all():
        seconds = connection.execute(sa.select(SITE.c.host_absence_timeout_seconds)).scalar_one()
        due = {"gallery_id": gallery_id, "due_at": datetime.now(UTC) + timedelta(seconds=seconds)}
        connection.execute(sa.insert(DEADLINES).values(kind="HOST_ABSENCE", subject_id=session_id, **due))


def downgrade() -> None:
    times = {"joined_at": PARTICIPANTS.c.waiting_since, "left_at": None}
    op.execute(sa.update(PARTICIPANTS).where(WAITS).values(roles=[], role_sources=[], **times))
    op.drop_column("participants", "removed")
    op.drop_column("participants", "waiting_since")
