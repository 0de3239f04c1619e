"""Polls, their options, and ballots."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = sa.Enum("DRAFT", "OPEN", "CLOSED", name="pollstate", native_enum=False, length=32)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("state", STATES, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("multiple_answers", sa.Boolean(), nullable=False),
        sa.Column("share_results", sa.Boolean(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("told_ballots", sa.Integer(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        _cascading("polls", "gallery_id", "galleries.id"),
        _cascading("polls", "session_id", "room_sessions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_gallery_id_id"), "polls", ["gallery_id", "id"])
    op.create_index(op.f("ix_polls_session_id_state"), "polls", ["session_id", "state"])
    _options()
    _ballots()


def _cascading(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _options() -> None:
    op.create_table(
        "poll_options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("told_votes", sa.Integer(), nullable=False),
        _cascading("poll_options", "poll_id", "polls.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_options")),
        sa.UniqueConstraint("poll_id", "position", name=op.f("uq_poll_options_poll_id_position")),
    )


def _ballots() -> None:
    op.create_table(
        "poll_ballots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        _cascading("poll_ballots", "poll_id", "polls.id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_poll_ballots_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_ballots")),
        sa.UniqueConstraint("poll_id", "user_id", name=op.f("uq_poll_ballots_poll_id_user_id")),
    )
    op.create_table(
        "poll_choices",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        _cascading("poll_choices", "ballot_id", "poll_ballots.id"),
        _cascading("poll_choices", "option_id", "poll_options.id"),
        sa.PrimaryKeyConstraint("ballot_id", "option_id", name=op.f("pk_poll_choices")),
    )
    op.create_index(op.f("ix_poll_choices_option_id"), "poll_choices", ["option_id"])


def downgrade() -> None:
    op.execute("DELETE FROM deadlines WHERE kind IN ('POLL_END', 'POLL_TALLY')")
    for table in ("poll_choices", "poll_ballots", "poll_options", "polls"):
        op.drop_table(table)
