"""Reading questions: the parties of a thread see all of it, other viewers only what was published (rules 50, 52)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from models.access.questions import IS_PARTY, IS_SEEN, WAS_THERE
from models.access.rights import SEES_ROOM
from models.access.visibility import visibilities
from models.database.transaction import Snapshot
from models.errors import access_lost
from models.events.questions import QuestionEvent
from models.permissions import Viewer
from models.storage.base import columns, read_facts
from models.storage.listed import page_of_span, span_of
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow, among
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.questions import (
    Question,
    QuestionFacts,
    QuestionOrder,
    QuestionReply,
    QuestionState,
    QuestionUpvote,
)


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as one viewer sees it. Only a party of the thread sees the thread."""

    question: QuestionFacts
    text: str
    answer: str | None  # the published answer
    is_party: bool
    names_asker: bool = True  # False for readers of a record: they are parties, but do not see anonymous askers

    @property
    def state(self) -> QuestionState:
        """The question's state. Viewers who are not parties see every published question as answered."""
        return self.question.state if self.is_party else QuestionState.ANSWERED

    @property
    def asker_id(self) -> UUID | None:
        hidden = self.question.anonymous and not (self.is_party and self.names_asker)
        return None if hidden else self.question.asker_id

    @property
    def claimed_by(self) -> UUID | None:
        return self.question.claimed_by if self.is_party else None

    @property
    def reply_count(self) -> int:
        return self.question.reply_count if self.is_party else 0


ORDERS = {
    QuestionOrder.OLDEST: (Key(Question.id),),
    QuestionOrder.NEWEST: (Key(Question.id, descending=True),),
    QuestionOrder.UPVOTES: (Key(Question.upvotes, descending=True), Key(Question.id, descending=True)),
}
Answer = aliased(QuestionReply)
_IS_PUBLISHED = Answer.id == Question.published_reply_id
_ANSWER = Answer.text.label("answer")
_FACTS = columns(QuestionFacts, Question)


async def questions_of(
    snapshot: Snapshot,
    galleries: Sequence[UUID],
    states: Sequence[QuestionState] | None,
    order: QuestionOrder,
    arguments: PageArguments,
) -> dict[UUID, Page[QuestionView]]:
    """Returns a page of the questions that the viewer sees in each gallery's room.

    `states` filters by the visible state.
    """
    arguments.checked()
    found: dict[UUID, Page[QuestionView]] = dict.fromkeys(galleries, EMPTY)
    visible = (await visibilities(snapshot, set(galleries))).values()
    readable = frozenset[UUID]().union(*(each.sessions for each in visible))
    moderated = frozenset[UUID]().union(*(each.chat_moderated for each in visible))
    is_party = or_(Question.session_id.in_(moderated), Question.asker_id.is_not_distinct_from(snapshot.viewer.id))
    shown = or_(*_shown(is_party, states))
    asked = (
        select(*_FACTS, Question.text, _ANSWER, is_party.label("is_party"))
        .outerjoin(Answer, _IS_PUBLISHED)
        .where(Question.session_id.in_(readable), shown)
    )
    if readable:
        listed = cast("Select[Any]", asked)
        pages = await page_each(snapshot, listed, Question.gallery_id, galleries, ORDERS[order], arguments)
        found |= {gallery: _viewed(page) for gallery, page in pages.items()}
    return found


def _shown(is_party: ColumnElement[bool], states: Sequence[QuestionState] | None) -> list[ColumnElement[bool]]:
    published = Question.published_at.is_not(None)
    if states is None:
        return [is_party, published]
    theirs = and_(is_party, Question.state.in_(set(states)))
    return [theirs, and_(published, ~is_party)] if QuestionState.ANSWERED in states else [theirs]


def _viewed(page: Page[AnyRow]) -> Page[QuestionView]:
    return page.of(_view)


def _view(row: AnyRow) -> QuestionView:
    return QuestionView(read_facts(QuestionFacts, row), row.text, row.answer, bool(row.is_party))


_SEEN = (
    select(*_FACTS, Question.text, _ANSWER, IS_PARTY.label("is_party"))
    .join(Participant, WAS_THERE[0])
    .join(Gallery, Gallery.id == Question.gallery_id)
    .outerjoin(Answer, _IS_PUBLISHED)
    .where(among(Question.id), *WAS_THERE[1:], SEES_ROOM, IS_SEEN)
)


async def questions_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, QuestionView]:
    """Returns the questions that the viewer sees. Runs one statement."""
    rows = await snapshot.rows(_SEEN, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: _view(row) for row in rows}


_TOLD = (
    select(Question.id, Question.text, _ANSWER, Participant.chat_moderates)
    .outerjoin(Answer, _IS_PUBLISHED)
    .outerjoin(Participant, and_(*WAS_THERE))
    .where(among(Question.id))
)


async def questions_told(snapshot: Snapshot, events: Sequence[QuestionEvent]) -> list[QuestionView]:
    """Returns the question of each event as the viewer, a recipient of the events, sees it. Runs one statement.

    The questions are as they were when the event was recorded, but with the answer that is published now: replaced
    answers are not shown any more. Raises FORBIDDEN if the gallery is gone.
    """
    ids = {event.question.id for event in events}
    rows = await snapshot.rows(_TOLD, {"ids": list(ids), "viewer": snapshot.viewer.id})
    found = {row.id: row for row in rows}
    if ids != found.keys():
        raise access_lost()
    return [_told(event, found[event.question.id], snapshot.viewer) for event in events]


def _told(event: QuestionEvent, row: AnyRow, viewer: Viewer) -> QuestionView:
    question = event.question
    # An event of a thread is delivered only to those who are parties of the thread at the delivery, and to readers of
    # the record.
    in_thread = question.asker_id == viewer.id or bool(row.chat_moderates)
    is_party = event.is_of_thread or in_thread or question.session_id == viewer.record_of
    names_asker = in_thread or question.session_id != viewer.record_of
    return QuestionView(question, row.text, row.answer if question.published_at else None, is_party, names_asker)


# A thread's places are its replies' numbers from 1, without gaps: replies are never deleted.
_REPLIES = (
    select(QuestionReply)
    .where(
        among(QuestionReply.question_id),
        QuestionReply.place > bindparam("start"),
        QuestionReply.place <= bindparam("stop"),
    )
    .order_by(QuestionReply.question_id, QuestionReply.place)
)


async def replies_of(
    snapshot: Snapshot, views: Sequence[QuestionView], arguments: PageArguments
) -> list[Page[QuestionReply]]:
    """Returns a page of the replies in each thread, in order. It is empty if the viewer does not take part in it.

    The view of an event has the replies that the thread had at the event. Runs at most one statement.
    """
    spans = [span_of(view.reply_count, arguments) for view in views]
    shown = {view.question.id: span for view, span in zip(views, spans, strict=True) if span.start < span.stop}
    found: dict[tuple[UUID, int], QuestionReply] = {}
    if shown:
        bounds = {
            "start": min(span.start for span in spans if span.start < span.stop),
            "stop": max(span.stop for span in spans),
        }
        rows = await snapshot.all(_REPLIES, {"ids": list(shown), **bounds})
        found = {(row.question_id, row.place): row for row in rows}
    return [
        page_of_span(
            [found[view.question.id, place + 1] for place in range(span.start, span.stop)], span, view.reply_count
        )
        for view, span in zip(views, spans, strict=True)
    ]


_UPVOTED = select(QuestionUpvote.question_id).where(
    among(QuestionUpvote.question_id), QuestionUpvote.user_id == bindparam("viewer")
)


async def upvoted(snapshot: Snapshot, ids: Collection[UUID]) -> set[UUID]:
    """Returns the questions that the viewer has upvoted."""
    return set(await snapshot.values(_UPVOTED, {"ids": list(ids), "viewer": snapshot.viewer.id}))
