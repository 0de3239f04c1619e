"""Cameras, microphones and screens of participants, and reactions of the crowd."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DEVICES = ("camera", "microphone", "screen")
STATE = sa.Enum("ON", "OFF", "BLOCKED", name="devicestate", native_enum=False, length=32)
EMOJI = '["👍", "❤️", "👏", "😂", "😮", "🎉", "🤔", "🔥"]'
RATES = [{"kind": "DEVICES", "burst": 30, "per_minute": 60}]


def upgrade() -> None:
    for device in DEVICES:
        op.add_column("participants", sa.Column(device, STATE, nullable=False, server_default="OFF"))
    op.add_column("participants", sa.Column("declines_stage", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("participants", sa.Column("wants_camera", sa.Boolean(), nullable=True))
    for table in ("room_sessions", "room_limits"):
        default = sa.Column("cameras_on_by_default", sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, default)
    limits = sa.table("room_limits", sa.column("mode"), sa.column("cameras_on_by_default", sa.Boolean()))
    op.execute(limits.update().where(limits.c.mode == "INTERACTIVE").values(cameras_on_by_default=True))
    op.add_column("room_sessions", sa.Column("reactions_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("site", sa.Column("reaction_emoji", sa.JSON(), nullable=False, server_default=EMOJI))
    op.create_table(
        "crowd_reactions",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["room_sessions.id"], name=op.f("fk_crowd_reactions_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "emoji", name=op.f("pk_crowd_reactions")),
    )
    op.bulk_insert(sa.table("rate_limits", *(sa.column(name) for name in RATES[0])), RATES)


def downgrade() -> None:
    for table in ("rate_uses", "rate_limits"):
        kinds = sa.table(table, sa.column("kind"))
        op.execute(kinds.delete().where(kinds.c.kind == "DEVICES"))
    deadlines = sa.table("deadlines", sa.column("kind"))
    op.execute(deadlines.delete().where(deadlines.c.kind == "CROWD_REACTIONS"))
    op.drop_table("crowd_reactions")
    op.drop_column("site", "reaction_emoji")
    op.drop_column("room_sessions", "reactions_told_at")
    for table in ("room_limits", "room_sessions"):
        op.drop_column(table, "cameras_on_by_default")
    for column in ("wants_camera", "declines_stage", *reversed(DEVICES)):
        op.drop_column("participants", column)
