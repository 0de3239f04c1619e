"""The stage, waiting, presence, recordings, and deadlines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSIDE = ["ENTER", "POST_MESSAGE"]
OF_ROOM_MODERATORS = ["LAUNCH", "END_SESSION", "ADMIT", "LOCK", "MANAGE_STAGE", "REMOVE_PARTICIPANT", "RECORD"]
OF_ROOM_MODERATORS += ["MANAGE_CONTENT", "BACKCHANNEL"]
OF_CHAT_MODERATORS = ["MODERATE_CHAT", "ANSWER_QUESTIONS", "RUN_POLLS", "ANNOUNCE", "BACKCHANNEL"]
DEADLINE_KINDS = sa.Enum(
    "ABSENCE", "HOST_ABSENCE", "INVITATION", "RECORDING", name="deadlinekind", native_enum=False, length=32
)
RECORDING_STATES = sa.Enum(
    "RECORDING", "PROCESSING", "READY", "FAILED", name="recordingstate", native_enum=False, length=32
)


def upgrade() -> None:
    _deadlines()
    _recordings()
    _media_from_recordings()
    counters = ["waiting_count", "stage_count", "turns"]
    _add("room_sessions", {name: sa.Integer() for name in counters}, "0")
    op.add_column("room_sessions", sa.Column("recording_id", sa.Uuid(), nullable=True))
    flags = ["moderates", "permissions_stale", "was_admitted", "banned"]
    _add("participants", {name: sa.Boolean() for name in flags}, sa.false())
    _add("participants", {"permissions": sa.JSON()}, "[]")
    for name in ("stage_turn", "hand_turn"):
        op.add_column("participants", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("hand_raised_at", "invited_at", "invited_until"):
        op.add_column("participants", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _fill_snapshots()


def _add(table: str, columns: dict[str, Any], default: Any) -> None:
    for name, kind in columns.items():
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def _media_from_recordings() -> None:
    op.add_column("media", sa.Column("recording_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_media_recording_id"), "media", ["recording_id"], unique=True)


def _deadlines() -> None:
    op.create_table(
        "deadlines",
        sa.Column("kind", DEADLINE_KINDS, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_deadlines_gallery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_deadlines")),
    )
    op.create_index(op.f("ix_deadlines_gallery_id"), "deadlines", ["gallery_id"])
    op.create_index(op.f("ix_deadlines_due_at"), "deadlines", ["due_at"])


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("state", RECORDING_STATES, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("failure_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.id"], name=op.f("fk_recordings_gallery_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["room_sessions.id"], name=op.f("fk_recordings_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["users.id"], name=op.f("fk_recordings_started_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_session_id_id"), "recordings", ["session_id", "id"])
    op.create_index(op.f("ix_recordings_gallery_id_id"), "recordings", ["gallery_id", "id"])
    running = sa.text("state = 'RECORDING'")
    op.create_index(
        "uq_recordings_running",
        "recordings",
        ["session_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )


PARTICIPANTS = sa.table(
    "participants",
    sa.column("id", sa.Uuid()),
    sa.column("gallery_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("roles", sa.JSON()),
    sa.column("permissions", sa.JSON()),
    sa.column("moderates", sa.Boolean()),
    sa.column("was_admitted", sa.Boolean()),
)
DEADLINES = sa.table(
    "deadlines",
    sa.column("kind", sa.String()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("gallery_id", sa.Uuid()),
    sa.column("due_at", sa.DateTime(timezone=True)),
)


def _fill_snapshots() -> None:
    """Sets the new columns of existing participants, who were all admitted at once, from their roles."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(PARTICIPANTS)).all():
        held = INSIDE
        held = held + OF_ROOM_MODERATORS if "ROOM_MODERATOR" in row.roles else held
        held = held + OF_CHAT_MODERATORS if "CHAT_MODERATOR" in row.roles else held
        values = {"permissions": held, "moderates": "ROOM_MODERATOR" in row.roles, "was_admitted": True}
        connection.execute(sa.update(PARTICIPANTS).where(PARTICIPANTS.c.id == row.id).values(**values))
        if row.state == "ADMITTED":
            due = {"due_at": datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=90)}
            absence = {"kind": "ABSENCE", "subject_id": row.id, "gallery_id": row.gallery_id}
            connection.execute(sa.insert(DEADLINES).values(**absence, **due))


def downgrade() -> None:
    op.drop_table("deadlines")
    op.drop_index("ix_media_recording_id", "media")
    op.drop_column("media", "recording_id")
    op.drop_table("recordings")
    for name in ("waiting_count", "stage_count", "turns", "recording_id"):
        op.drop_column("room_sessions", name)
    for name in ("moderates", "permissions_stale", "was_admitted", "banned", "permissions"):
        op.drop_column("participants", name)
    for name in ("stage_turn", "hand_turn", "hand_raised_at", "invited_at", "invited_until"):
        op.drop_column("participants", name)
