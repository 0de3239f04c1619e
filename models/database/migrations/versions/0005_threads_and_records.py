"""Chat moderators and blocked users, threads as audiences, cleared messages, and each session's record."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTICIPANTS = sa.table("participants", sa.column("roles", sa.JSON()), sa.column("chat_moderates", sa.Boolean()))
ENTRIES = sa.table("log_entries", sa.column("payload", sa.String()), sa.column("session_id", sa.Uuid()))
WHERE_EVENTS_NAME_IT = (("session", "id"), *((of, "session_id") for of in ("participant", "message", "recording")))


def upgrade() -> None:
    for name in ("chat_moderates", "chat_blocked"):
        op.add_column("participants", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    moderates = sa.cast(PARTICIPANTS.c.roles, sa.Text()).contains("CHAT_MODERATOR")
    op.execute(sa.update(PARTICIPANTS).where(moderates).values(chat_moderates=True))
    op.add_column("chat_messages", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("audience_user_id", "session_id"):
        op.add_column("log_entries", sa.Column(name, sa.Uuid(), nullable=True))
    op.execute(sa.update(ENTRIES).values(session_id=_session_in_payload()))
    op.create_index(op.f("ix_log_entries_session_id_number"), "log_entries", ["session_id", "number"])


def _session_in_payload() -> sa.ColumnElement[object]:
    payload = ENTRIES.c.payload
    if op.get_bind().dialect.name == "sqlite":  # SQLite stores a UUID without its dashes
        found = [sa.func.json_extract(payload, f"$.{of}.{name}") for of, name in WHERE_EVENTS_NAME_IT]
        return sa.func.replace(sa.func.coalesce(*found), "-", "")
    found = [sa.cast(payload, sa.JSON())[place].as_string() for place in WHERE_EVENTS_NAME_IT]
    return sa.cast(sa.func.coalesce(*found), sa.Uuid())


def downgrade() -> None:
    op.drop_index("ix_log_entries_session_id_number", "log_entries")
    for name in ("audience_user_id", "session_id"):
        op.drop_column("log_entries", name)
    op.drop_column("chat_messages", "cleared_at")
    for name in ("chat_moderates", "chat_blocked"):
        op.drop_column("participants", name)
