"""The interactions of all galleries with the totals that were announced last, read from the tables (rule 64)."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.storage.base import read_facts
from models.storage.statements import Statements
from models.tables.interactions import (
    AnswerText,
    Interaction,
    InteractionFacts,
    InteractionKind,
    InteractionOption,
    InteractionQuestion,
    Tally,
    shown_words,
)

_OPTIONS = select(InteractionOption).order_by(InteractionOption.position)
_PUBLISHED = (
    select(InteractionQuestion.interaction_id, AnswerText.id)
    .join(InteractionQuestion, InteractionQuestion.id == AnswerText.question_id)
    .where(AnswerText.published_at.is_not(None))
    .order_by(AnswerText.published_at, AnswerText.id)
)


async def read_interactions(run: Statements) -> dict[UUID, dict[UUID, Any]]:
    """Returns each interaction with its totals, by gallery and id."""
    options: dict[UUID, list[InteractionOption]] = {}
    for option in await run.all(_OPTIONS):
        options.setdefault(option.interaction_id, []).append(option)
    published: dict[UUID, list[UUID]] = {}
    for interaction_id, text_id in await run.rows(_PUBLISHED):
        published.setdefault(interaction_id, []).append(text_id)
    found: dict[UUID, dict[UUID, Any]] = {}
    for row in await run.all(select(Interaction)):
        tally = _tally(row, options.get(row.id, []), published.get(row.id, []))
        found.setdefault(row.gallery_id, {})[row.id] = read_facts(InteractionFacts, row), tally
    return found


def _tally(row: Interaction, options: list[InteractionOption], published: list[UUID]) -> Tally:
    votes = {each.id: each.told_votes for each in options}
    shown = shown_words(votes.items()) if row.kind is InteractionKind.WORDS else votes
    hidden = [each.id for each in options if each.hidden and each.id in shown]
    return Tally(row.told_answers, shown, row.told_right, hidden, published)
