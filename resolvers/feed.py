"""The feed of a session (rule 82): what was published in it, in order, read from the tables."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, String, Uuid, bindparam, literal, select, union_all

from models.access.visibility import visibilities
from models.audiences import Audience, AudienceKey
from models.database.transaction import Snapshot
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow
from models.tables.chat import ChatChannel, ChatMessage
from models.tables.interactions import AnswerText, Interaction, InteractionAnswer
from models.tables.questions import Question


class FeedKind(StrEnum):
    """What was published."""

    ANNOUNCEMENT = "ANNOUNCEMENT"
    PIN = "PIN"
    ANSWER = "ANSWER"
    INTERACTION = "INTERACTION"
    TEXT = "TEXT"


_NO_ID: ColumnElement[UUID | None] = literal(None, Uuid())
_NO_TEXT: ColumnElement[str | None] = literal(None, String())
_STANDS = ChatMessage.deleted_at.is_(None) & ChatMessage.cleared_at.is_(None)
_HERE: BindParameter[UUID] = bindparam("sessions", expanding=True)


def _kind(of: FeedKind) -> ColumnElement[str]:
    return literal(of.value, String()).label("kind")


_ANNOUNCEMENTS = select(
    ChatMessage.id,
    ChatMessage.session_id,
    ChatMessage.sent_at.label("published_at"),
    _kind(FeedKind.ANNOUNCEMENT),
    _NO_ID.label("interaction_id"),
    _NO_TEXT.label("text"),
).where(ChatMessage.session_id.in_(_HERE), ChatMessage.channel == ChatChannel.ANNOUNCEMENTS, _STANDS)
_PINS = select(
    ChatMessage.id, ChatMessage.session_id, ChatMessage.pinned_at, _kind(FeedKind.PIN), _NO_ID, _NO_TEXT
).where(
    ChatMessage.session_id.in_(_HERE),
    ChatMessage.pinned_at.is_not(None),
    ChatMessage.channel != ChatChannel.BACKCHANNEL,
    _STANDS,
)
_ANSWERS = select(
    Question.id, Question.session_id, Question.published_at, _kind(FeedKind.ANSWER), _NO_ID, _NO_TEXT
).where(Question.session_id.in_(_HERE), Question.published_at.is_not(None))
_INTERACTIONS = select(
    Interaction.id, Interaction.session_id, Interaction.opened_at, _kind(FeedKind.INTERACTION), Interaction.id, _NO_TEXT
).where(Interaction.session_id.in_(_HERE), Interaction.opened_at.is_not(None))
_TEXTS = (
    select(
        AnswerText.id,
        Interaction.session_id,
        AnswerText.published_at,
        _kind(FeedKind.TEXT),
        Interaction.id,
        AnswerText.text,
    )
    .join(InteractionAnswer, InteractionAnswer.id == AnswerText.answer_id)
    .join(Interaction, Interaction.id == InteractionAnswer.interaction_id)
    .where(Interaction.session_id.in_(_HERE), AnswerText.published_at.is_not(None))
)
_FEED = union_all(_ANNOUNCEMENTS, _PINS, _ANSWERS, _INTERACTIONS, _TEXTS).subquery("feed")
_ITEMS = select(_FEED)
_IN_ORDER = (Key(_FEED.c.published_at), Key(_FEED.c.id))


async def feeds_of(
    snapshot: Snapshot, sessions: Mapping[UUID, UUID], arguments: PageArguments
) -> dict[UUID, Page[AnyRow]]:
    """Returns a page of each session's feed, in the order of publication. `sessions` maps sessions to galleries.

    A row has `id`, `published_at` and `kind`, and about an interaction `interaction_id` and `text`. The page is empty unless the viewer is or was inside the session.
    Runs one statement besides the check.
    """
    arguments.checked()
    found: dict[UUID, Page[AnyRow]] = dict.fromkeys(sessions, EMPTY)
    visible = await visibilities(snapshot, set(sessions.values()))
    shown = [
        session
        for session, gallery in sessions.items()
        if gallery in visible and visible[gallery].sees(AudienceKey(Audience.INSIDE, session))
    ]
    if shown:
        given = {"sessions": shown}
        found |= await page_each(snapshot, _ITEMS, _FEED.c.session_id, shown, _IN_ORDER, arguments, given)
    return found
