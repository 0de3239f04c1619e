"""Reading answers: the viewer's own, and for chat moderators those of everyone (rules 78, 79)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from models.database.transaction import Snapshot
from models.storage.base import columns, read_facts
from models.storage.paging import Key, Page, PageArguments, page_each
from models.storage.statements import among
from models.tables.interactions import AnswerChoice, AnswerText, InteractionAnswer, InteractionOption


@dataclass(frozen=True, slots=True)
class GivenOption:
    """An option that an answer chose. Of a word cloud, it is a word."""

    id: UUID
    question_id: UUID
    text: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class GivenText:
    """An answer's text for an open question."""

    id: UUID
    question_id: UUID
    text: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer to an interaction, with what it holds for each question."""

    id: UUID
    interaction_id: UUID
    user_id: UUID | None
    answered_at: datetime
    is_right: bool | None
    options: list[GivenOption] = field(default_factory=list)
    texts: list[GivenText] = field(default_factory=list)


_ANSWERS = select(InteractionAnswer)
_OWN = _ANSWERS.where(among(InteractionAnswer.interaction_id), InteractionAnswer.user_id == bindparam("viewer"))
_IN_ORDER = (Key(InteractionAnswer.id),)
_CHOICES = (
    select(AnswerChoice.answer_id, *columns(GivenOption, InteractionOption))
    .join(InteractionOption, InteractionOption.id == AnswerChoice.option_id)
    .where(among(AnswerChoice.answer_id))
    .order_by(InteractionOption.position)
)
_TEXTS = select(AnswerText.answer_id, *columns(GivenText, AnswerText)).where(among(AnswerText.answer_id))


async def own_answers(snapshot: Snapshot, interactions: Collection[UUID]) -> dict[UUID, GivenAnswer]:
    """Returns the viewer's answer to each interaction. Omits those that the viewer has not answered."""
    rows = await snapshot.all(_OWN, {"ids": list(interactions), "viewer": snapshot.viewer.id})
    return {each.interaction_id: each for each in (await _with_parts(snapshot, rows)).values()}


async def answers_of(
    snapshot: Snapshot, interactions: Sequence[UUID], arguments: PageArguments
) -> dict[UUID, Page[GivenAnswer]]:
    """Returns a page of the answers to each interaction, in the order in which they were first given.

    Callers check that the viewer may see who answered what.
    """
    arguments.checked()
    if not interactions:
        return {}
    of = InteractionAnswer.interaction_id
    pages = await page_each(snapshot, _ANSWERS, of, interactions, _IN_ORDER, arguments, {})
    answers = await _with_parts(snapshot, [row for page in pages.values() for row in page.rows])
    return {each: _read(page, answers) for each, page in pages.items()}


def _read(page: Page[InteractionAnswer], answers: Mapping[UUID, GivenAnswer]) -> Page[GivenAnswer]:
    return page.of(lambda row: answers[row.id])


async def _with_parts(snapshot: Snapshot, rows: Sequence[InteractionAnswer]) -> Mapping[UUID, GivenAnswer]:
    found = {row.id: _answer(row) for row in rows}
    asked = {"ids": list(found)}
    for choice in await snapshot.rows(_CHOICES, asked) if rows else ():
        found[choice.answer_id].options.append(read_facts(GivenOption, choice))
    for text in await snapshot.rows(_TEXTS, asked) if rows else ():
        found[text.answer_id].texts.append(read_facts(GivenText, text))
    return found


def _answer(row: InteractionAnswer) -> GivenAnswer:
    return GivenAnswer(row.id, row.interaction_id, row.user_id, row.answered_at, row.is_right)
