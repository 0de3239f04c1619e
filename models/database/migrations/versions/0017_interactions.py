"""Interactions take the place of polls. Polls are deleted: they were in no release."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = ("CHOICE", "QUIZ", "RATING", "TEXT", "WORDS", "VOTE", "SURVEY")
KIND = sa.Enum(*KINDS, name="interactionkind", native_enum=False, length=32)
STATE = sa.Enum("DRAFT", "SCHEDULED", "OPEN", "CLOSED", name="interactionstate", native_enum=False, length=32)
SHARING = sa.Enum("NEVER", "AFTER_CLOSING", "LIVE", name="resultssharing", native_enum=False, length=32)
POLL_STATE = sa.Enum("DRAFT", "OPEN", "CLOSED", name="pollstate", native_enum=False, length=32)
MOMENT = sa.DateTime(timezone=True)
RATES = {"VOTES": "ANSWERS", "POLLS": "INTERACTIONS"}
OF_POLLS = ("poll_choices", "poll_ballots", "poll_options", "polls")
OF_INTERACTIONS = (
    *("answer_texts", "answer_choices", "interaction_answers"),
    *("interaction_options", "interaction_questions", "interactions"),
)
ENTRIES = sa.table(
    "log_entries",
    *(sa.column(name) for name in ("number", "kind", "audience", "payload")),
    sa.column("gallery_id", sa.Uuid()),
)
WHICH = (ENTRIES.c.gallery_id == sa.bindparam("of_gallery"), ENTRIES.c.number == sa.bindparam("of_number"))


def upgrade() -> None:
    _clear("POLL%", "poll", ("InteractionDeleted", "interaction_id"))
    for table in OF_POLLS:
        op.drop_table(table)
    _rename(RATES, "RUN_POLLS", "RUN_INTERACTIONS")
    op.create_table(
        "interactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("changeable", sa.Boolean(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("share_results", SHARING, nullable=False),
        sa.Column("opens_at", MOMENT, nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("told_answers", sa.Integer(), nullable=False),
        sa.Column("told_right", sa.Integer(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        _cascading("interactions", "gallery_id", "galleries.id"),
        _cascading("interactions", "session_id", "room_sessions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
    )
    op.create_index(op.f("ix_interactions_gallery_id_id"), "interactions", ["gallery_id", "id"])
    op.create_index(op.f("ix_interactions_session_id_state"), "interactions", ["session_id", "state"])
    _questions()
    _answers()
    op.add_column("site", sa.Column("refused_words", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def _cascading(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _questions() -> None:
    op.create_table(
        "interaction_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("multiple_answers", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("lowest_label", "highest_label", "explanation")),
        _cascading("interaction_questions", "interaction_id", "interactions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction_questions")),
        _unique("interaction_questions", "interaction_id", "position"),
    )
    op.create_table(
        "interaction_options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=True),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("told_votes", sa.Integer(), nullable=False),
        _cascading("interaction_options", "interaction_id", "interactions.id"),
        _cascading("interaction_options", "question_id", "interaction_questions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction_options")),
        _unique("interaction_options", "interaction_id", "position"),
        _unique("interaction_options", "question_id", "word"),
    )


def _answers() -> None:
    op.create_table(
        "interaction_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        _cascading("interaction_answers", "interaction_id", "interactions.id"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_interaction_answers_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction_answers")),
        _unique("interaction_answers", "interaction_id", "user_id"),
    )
    op.create_index(op.f("ix_interaction_answers_interaction_id_id"), "interaction_answers", ["interaction_id", "id"])
    op.create_table(
        "answer_choices",
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        _cascading("answer_choices", "answer_id", "interaction_answers.id"),
        _cascading("answer_choices", "option_id", "interaction_options.id"),
        sa.PrimaryKeyConstraint("answer_id", "option_id", name=op.f("pk_answer_choices")),
    )
    op.create_index(op.f("ix_answer_choices_option_id"), "answer_choices", ["option_id"])
    op.create_table(
        "answer_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        _cascading("answer_texts", "answer_id", "interaction_answers.id"),
        _cascading("answer_texts", "question_id", "interaction_questions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_texts")),
        _unique("answer_texts", "answer_id", "question_id"),
    )
    op.create_index(op.f("ix_answer_texts_question_id_published_at"), "answer_texts", ["question_id", "published_at"])


def _clear(deadlines: str, of: str, becomes: tuple[str, str]) -> None:
    """Turns all events of polls (or interactions) into events that these were deleted. The log keeps its numbers."""
    due = sa.table("deadlines", sa.column("kind"))
    op.execute(due.delete().where(due.c.kind.like(deadlines)))
    connection, (kind, id_field) = op.get_bind(), becomes
    change = ENTRIES.update().where(*WHICH)
    for row in connection.execute(ENTRIES.select().where(ENTRIES.c.kind.like(f"{of.capitalize()}%"))).all():
        told = json.loads(row.payload)
        facts = told.get(of) or {"id": told.get(f"{of}_id"), "session_id": told.get("session_id")}
        payload = json.dumps({"kind": kind, id_field: facts["id"], "session_id": facts["session_id"]})
        values = {"kind": kind, "audience": "CHAT_MODERATORS", "payload": payload}
        connection.execute(change.values(values), {"of_gallery": row.gallery_id, "of_number": row.number})


def _rename(rates: dict[str, str], before: str, after: str) -> None:
    for table in ("rate_limits", "rate_uses"):
        kinds = sa.table(table, sa.column("kind"))
        for old, new in rates.items():
            op.execute(kinds.update().where(kinds.c.kind == old).values(kind=new))
    # The stored permissions of people inside, and the events that hold them.
    people = sa.table("participants", sa.column("permissions", sa.JSON()))
    stored = sa.func.replace(sa.cast(people.c.permissions, sa.Text()), before, after)
    op.execute(people.update().values(permissions=sa.cast(stored, _json())))
    renamed = sa.func.replace(ENTRIES.c.payload, f'"{before}"', f'"{after}"')
    op.execute(ENTRIES.update().where(ENTRIES.c.payload.contains(f'"{before}"')).values(payload=renamed))
    audits = sa.table("audit_records", sa.column("permission"))
    op.execute(audits.update().where(audits.c.permission == before).values(permission=after))


def _json() -> sa.types.TypeEngine[object]:
    """Returns the type that JSON is stored as. SQLite stores it as text."""
    return sa.JSON() if op.get_bind().dialect.name == "postgresql" else sa.Text()


def downgrade() -> None:
    op.drop_column("site", "refused_words")
    _clear("INTERACTION%", "interaction", ("PollDeleted", "poll_id"))
    for table in OF_INTERACTIONS:
        op.drop_table(table)
    _rename({new: old for old, new in RATES.items()}, "RUN_INTERACTIONS", "RUN_POLLS")
    _polls()


def _polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("state", POLL_STATE, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("multiple_answers", sa.Boolean(), nullable=False),
        sa.Column("share_results", sa.Boolean(), nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("opened_at", "closes_at", "closed_at", "told_at")),
        sa.Column("told_ballots", sa.Integer(), nullable=False),
        _cascading("polls", "gallery_id", "galleries.id"),
        _cascading("polls", "session_id", "room_sessions.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index(op.f("ix_polls_gallery_id_id"), "polls", ["gallery_id", "id"])
    op.create_index(op.f("ix_polls_session_id_state"), "polls", ["session_id", "state"])
    op.create_table(
        "poll_options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("told_votes", sa.Integer(), nullable=False),
        _cascading("poll_options", "poll_id", "polls.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_options")),
        _unique("poll_options", "poll_id", "position"),
    )
    op.create_table(
        "poll_ballots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("poll_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        _cascading("poll_ballots", "poll_id", "polls.id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_poll_ballots_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_ballots")),
        _unique("poll_ballots", "poll_id", "user_id"),
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
