"""Reading interactions: their texts, and their current or announced totals (rules 75, 78 to 80)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.access.interactions import OPTION, QUESTION, SEES_INTERACTION, wordings
from models.access.rights import SEES_ROOM
from models.database.transaction import Snapshot
from models.events.interactions import OfInteraction
from models.storage.base import columns, read_facts
from models.storage.paging import Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow, among
from models.tables.galleries import Gallery
from models.tables.interactions import (
    ANSWERS_GIVEN,
    RIGHT_GIVEN,
    VOTES_GIVEN,
    WORDS_SHOWN,
    AnswerText,
    Interaction,
    InteractionFacts,
    InteractionKind,
    InteractionOption,
    InteractionQuestion,
    InteractionState,
    OptionWording,
    QuestionWording,
    ResultsSharing,
    Tally,
)
from models.tables.participants import Participant


@dataclass(frozen=True, slots=True)
class PublishedText:
    """An answer to an open question that everyone inside sees."""

    id: UUID
    question_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class ReadInteraction:
    """An interaction as the viewer sees it. Of a word cloud, the options are the words that are shown."""

    interaction: InteractionFacts
    questions: Sequence[QuestionWording]
    tally: Tally
    published: Sequence[PublishedText]
    moderated: bool  # whether the viewer is or was a chat moderator in its session, or reads its record

    @property
    def shows_results(self) -> bool:
        """Whether the viewer sees results. Users who are not moderators see them as they are shared (rule 78)."""
        of = self.interaction
        closed = of.state is InteractionState.CLOSED
        live = of.share_results is ResultsSharing.LIVE
        return self.moderated or live or (closed and of.share_results is ResultsSharing.AFTER_CLOSING)

    @property
    def shows_solution(self) -> bool:
        """Whether the viewer sees what is right. Users who are not moderators see it once it is closed (rule 79)."""
        return self.moderated or self.interaction.state is InteractionState.CLOSED

    def options_of(self, question: QuestionWording) -> list[OptionWording]:
        """Returns the options of a question that the viewer sees. The words of a word cloud are its results."""
        if question.kind is not InteractionKind.WORDS:
            return list(question.options)
        words = [each for each in question.options if self.moderated or not each.hidden]
        return words if self.shows_results else []

    def votes_of(self, option: UUID) -> int | None:
        """Returns how many chose the option, or None if the viewer does not see that."""
        return self.tally.votes.get(option, 0) if self.shows_results else None


_Viewer = aliased(Participant)
_MODERATED = or_(
    exists().where(
        _Viewer.session_id == Interaction.session_id, _Viewer.user_id == bindparam("viewer"), _Viewer.chat_moderates
    ),
    Interaction.session_id.is_not_distinct_from(bindparam("record", type_=Uuid())),
)
# This counts only the answers of open interactions: the announced totals of a closed one are final.
_OPEN = Interaction.state == InteractionState.OPEN
_ANSWERS = case((_OPEN, ANSWERS_GIVEN), else_=Interaction.told_answers).label("answers")
_RIGHT = case((_OPEN, RIGHT_GIVEN), else_=Interaction.told_right).label("right_answers")
_VOTES = case((_OPEN, VOTES_GIVEN), else_=InteractionOption.told_votes)
_READ = select(*columns(InteractionFacts, Interaction), _ANSWERS, _RIGHT, _MODERATED.label("moderated"))
_SEEN = _READ.join(Gallery, Gallery.id == Interaction.gallery_id).where(SEES_INTERACTION, SEES_ROOM)
_BY_ID = _SEEN.where(among(Interaction.id))
_LISTED = _SEEN.where(among(Interaction.state, "states"), among(Interaction.kind, "kinds"))
_IN_ORDER = (Key(Interaction.id),)

_IS_OPTION = InteractionOption.question_id == InteractionQuestion.id
_COUNTED = (
    select(
        InteractionQuestion.interaction_id,
        InteractionQuestion.position.label("question_position"),
        *QUESTION,
        *OPTION,
        InteractionOption.position.label("option_position"),
        _VOTES.label("votes"),
    )
    .join(Interaction, Interaction.id == InteractionQuestion.interaction_id)
    .outerjoin(InteractionOption, _IS_OPTION)
    .where(among(InteractionQuestion.interaction_id))
    .subquery()
)
# Of a word cloud, only the most frequent words are read.
_FREQUENT_FIRST = case((_COUNTED.c.question_kind == InteractionKind.WORDS, _COUNTED.c.votes), else_=0).desc()
_PLACE = func.row_number().over(
    partition_by=_COUNTED.c.question_id, order_by=(_FREQUENT_FIRST, _COUNTED.c.option_position)
)
_RANKED = select(*_COUNTED.c, _PLACE.label("place")).subquery()
_QUESTIONS = (
    select(_RANKED)
    .where(_RANKED.c.place <= WORDS_SHOWN)
    .order_by(_RANKED.c.interaction_id, _RANKED.c.question_position, _RANKED.c.place)
)


async def interactions_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ReadInteraction]:
    """Returns the interactions that the viewer may see, with exact totals. Runs at most three statements."""
    rows = await snapshot.rows(_BY_ID, {"ids": list(ids), **_viewer(snapshot)})
    return await _read(snapshot, rows)


async def interactions_of(
    snapshot: Snapshot,
    galleries: Sequence[UUID],
    states: Sequence[InteractionState] | None,
    kinds: Sequence[InteractionKind] | None,
    arguments: PageArguments,
) -> dict[UUID, Page[ReadInteraction]]:
    """Returns a page of the interactions that the viewer may see in each gallery's room, oldest first.

    None for `states` or `kinds` means all of them.
    """
    asked: dict[str, Any] = {
        "states": list(set(InteractionState if states is None else states)),
        "kinds": list(set(InteractionKind if kinds is None else kinds)),
        **_viewer(snapshot),
    }
    listed = cast("Select[Any]", _LISTED)
    pages = await page_each(snapshot, listed, Interaction.gallery_id, galleries, _IN_ORDER, arguments, asked)
    read = await _read(snapshot, [row for page in pages.values() for row in page.rows])
    return {gallery: replace(page, rows=[read[row.id] for row in page.rows]) for gallery, page in pages.items()}


_OPENED = _READ.where(Interaction.opened_at.is_not(None))
_BY_OPENING = (Key(Interaction.opened_at), Key(Interaction.id))


async def interactions_opened_in(
    snapshot: Snapshot, session_id: UUID, arguments: PageArguments, *, moderated: bool
) -> Page[ReadInteraction]:
    """Returns a page of the session's interactions that were opened, in the order of their opening.

    With `moderated`, they are read as a chat moderator reads them. Callers check that the viewer may read them.
    """
    arguments.checked()
    asked = {"viewer": snapshot.viewer.id, "record": session_id if moderated else None}
    opened = cast("Select[Any]", _OPENED)
    pages = await page_each(snapshot, opened, Interaction.session_id, [session_id], _BY_OPENING, arguments, asked)
    read = await _read(snapshot, pages[session_id].rows)
    return replace(pages[session_id], rows=[read[row.id] for row in pages[session_id].rows])


def _viewer(snapshot: Snapshot) -> dict[str, UUID | None]:
    return {"viewer": snapshot.viewer.id, "record": snapshot.viewer.record_of}


async def _read(snapshot: Snapshot, rows: Sequence[Any]) -> dict[UUID, ReadInteraction]:
    found: dict[UUID, list[AnyRow]] = {row.id: [] for row in rows}
    for each in await snapshot.rows(_QUESTIONS, {"ids": list(found)}) if rows else ():
        found[each.interaction_id].append(each)
    published = await _published(snapshot, [each for parts in found.values() for each in parts])
    return {row.id: _interaction(row, found[row.id], published) for row in rows}


def _interaction(row: Any, parts: Sequence[Any], published: Mapping[UUID, list[PublishedText]]) -> ReadInteraction:
    facts = read_facts(InteractionFacts, row)
    shown = [each for each in parts if each.question_kind is not InteractionKind.WORDS or each.votes != 0]
    votes = {each.option_id: each.votes for each in shown if each.option_id is not None}
    questions = wordings(parts)
    if len(shown) < len(parts):
        questions = [_with_options(question, votes) for question in questions]
    texts = [text for question in questions for text in published.get(question.id, ())]
    return ReadInteraction(facts, questions, Tally(row.answers, votes, row.right_answers), texts, row.moderated)


def _with_options(question: QuestionWording, shown: Iterable[UUID]) -> QuestionWording:
    """Returns the question with those of its options that are shown, in the order of `shown`."""
    options = {each.id: each for each in question.options}
    return replace(question, options=tuple(options[each] for each in shown if each in options))


_TEXTS = (
    select(*columns(PublishedText, AnswerText))
    .where(AnswerText.published_at.is_not(None))
    .order_by(AnswerText.published_at, AnswerText.id)
)
_TEXTS_OF = _TEXTS.where(among(AnswerText.question_id))
_TEXTS_BY_ID = _TEXTS.where(among(AnswerText.id))


async def _published(snapshot: Snapshot, parts: Sequence[AnyRow]) -> dict[UUID, list[PublishedText]]:
    asked = {each.question_id for each in parts if each.question_kind is InteractionKind.TEXT}
    found: dict[UUID, list[PublishedText]] = {}
    for row in await snapshot.rows(_TEXTS_OF, {"ids": list(asked)}) if asked else ():
        found.setdefault(row.question_id, []).append(read_facts(PublishedText, row))
    return found


# This is one statement without counting, because it runs for each recipient of an event.
_WORDING = (
    select(Interaction.id, _MODERATED.label("moderated"), *QUESTION, *OPTION)
    .join(InteractionQuestion, InteractionQuestion.interaction_id == Interaction.id)
    .outerjoin(
        InteractionOption,
        and_(_IS_OPTION, or_(InteractionOption.word.is_(None), among(InteractionOption.id, "options"))),
    )
    .where(among(Interaction.id))
    .order_by(Interaction.id, InteractionQuestion.position, InteractionOption.position)
)


async def interactions_as_told(snapshot: Snapshot, events: Sequence[OfInteraction]) -> list[ReadInteraction | None]:
    """Returns the interaction of each event, as it was at the event but with its current texts.

    The caller may see these events. The result is None for an interaction that was deleted since. Words that are hidden
    now are hidden, and answers that are not published any more are left out.
    """
    found: dict[UUID, list[AnyRow]] = {}
    words = {each for event in events if event.interaction.kind is InteractionKind.WORDS for each in event.tally.votes}
    asked = {"ids": list({each.interaction.id for each in events}), "options": list(words), **_viewer(snapshot)}
    for row in await snapshot.rows(_WORDING, asked):
        found.setdefault(row.id, []).append(row)
    ids = {each for event in events for each in event.tally.published}
    rows = await snapshot.rows(_TEXTS_BY_ID, {"ids": list(ids)}) if ids else ()
    texts = {row.id: read_facts(PublishedText, row) for row in rows}
    return [_as_told(each, found.get(each.interaction.id), texts) for each in events]


def _as_told(
    event: OfInteraction, rows: Sequence[AnyRow] | None, texts: Mapping[UUID, PublishedText]
) -> ReadInteraction | None:
    if not rows:
        return None
    questions, votes = wordings(rows), event.tally.votes
    if event.interaction.kind is InteractionKind.WORDS:
        questions = [_with_options(question, votes) for question in questions]
    published = [texts[each] for each in event.tally.published if each in texts]
    return ReadInteraction(event.interaction, questions, event.tally, published, bool(rows[0].moderated))
