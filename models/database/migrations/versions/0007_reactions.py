"""Reactions to messages, the counts that were last announced, and an index of pinned messages."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PINNED = sa.text("pinned_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("reactions_told", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("chat_messages", sa.Column("reactions_told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "message_reactions",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("reacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["chat_messages.id"],
            name=op.f("fk_message_reactions_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_message_reactions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "user_id", "emoji", name=op.f("pk_message_reactions")),
    )
    op.create_index(op.f("ix_message_reactions_user_id"), "message_reactions", ["user_id"])
    op.create_index(
        "ix_chat_messages_pinned",
        "chat_messages",
        ["gallery_id", "channel", "number"],
        sqlite_where=PINNED,
        postgresql_where=PINNED,
    )


def downgrade() -> None:
    op.drop_index("ix_chat_messages_pinned", "chat_messages")
    op.drop_table("message_reactions")
    for name in ("reactions_told_at", "reactions_told"):
        op.drop_column("chat_messages", name)
