"""Questions, their threads, and upvotes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATES = sa.Enum("PENDING", "CLAIMED", "ANSWERED", "DISMISSED", name="questionstate", native_enum=False, length=32)


def _belongs_to(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    _questions()
    _replies()
    _upvotes()


def _questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", STATES, nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("published_reply_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("upvotes", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("questions", "gallery_id", "galleries", "CASCADE"),
        _belongs_to("questions", "session_id", "room_sessions", "CASCADE"),
        _belongs_to("questions", "asker_id", "users", "SET NULL"),
        _belongs_to("questions", "claimed_by", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_gallery_id_id"), "questions", ["gallery_id", "id"])
    op.create_index(op.f("ix_questions_session_id"), "questions", ["session_id"])


def _replies() -> None:
    op.create_table(
        "question_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("by_moderator", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("question_replies", "question_id", "questions", "CASCADE"),
        _belongs_to("question_replies", "author_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_replies")),
        sa.UniqueConstraint("question_id", "place", name=op.f("uq_question_replies_question_id_place")),
    )


def _upvotes() -> None:
    op.create_table(
        "question_upvotes",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _belongs_to("question_upvotes", "question_id", "questions", "CASCADE"),
        _belongs_to("question_upvotes", "user_id", "users", "CASCADE"),
        sa.PrimaryKeyConstraint("question_id", "user_id", name=op.f("pk_question_upvotes")),
    )
    op.create_index(op.f("ix_question_upvotes_user_id"), "question_upvotes", ["user_id"])


def downgrade() -> None:
    for table in ("question_upvotes", "question_replies", "questions"):
        op.drop_table(table)
