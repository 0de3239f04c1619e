"""Number messages in their conversation and not by the log, whose gaps would reveal hidden entries (rule 48)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PINNED = sa.text("pinned_at IS NOT NULL")
BY_NUMBER = ["gallery_id", "channel", "number"]
BY_PLACE = ["gallery_id", "channel", "session_id", "place"]
COUNTED = """UPDATE chat_messages SET place = counted.place FROM (
    SELECT id, row_number() OVER (PARTITION BY gallery_id, channel, session_id ORDER BY number, id) AS place
    FROM chat_messages) AS counted
    WHERE counted.id = chat_messages.id"""
LOGGED = """UPDATE chat_messages SET number = log_entries.number FROM log_entries
    WHERE log_entries.session_id = chat_messages.session_id AND log_entries.subject_id = chat_messages.id
    AND log_entries.kind IN ('MessagePosted', 'Announced')"""


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("place", sa.Integer(), nullable=False, server_default="0"))
    op.execute(COUNTED)
    _index(BY_NUMBER, BY_PLACE, unique=True)
    op.drop_column("chat_messages", "number")


def downgrade() -> None:
    op.add_column("chat_messages", sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(LOGGED)
    _index(BY_PLACE, BY_NUMBER, unique=False)
    op.drop_column("chat_messages", "place")


def _index(before: list[str], after: list[str], *, unique: bool) -> None:
    op.drop_index("ix_chat_messages_pinned", "chat_messages")
    op.drop_index(op.f(f"ix_chat_messages_{'_'.join(before)}"), "chat_messages")
    op.create_index(op.f(f"ix_chat_messages_{'_'.join(after)}"), "chat_messages", after, unique=unique)
    op.create_index("ix_chat_messages_pinned", "chat_messages", after, sqlite_where=PINNED, postgresql_where=PINNED)
