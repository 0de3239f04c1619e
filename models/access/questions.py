"""Access to questions: only the asker and the chat moderators see an unpublished question (rules 4, 50, 52).

As in models/access/media.py, the lock statement checks visibility itself, so that hidden and absent questions cost the
same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from models.access.authorise import allow, holds, locking, refused
from models.access.rights import SEES_ROOM, WAS_ADMITTED, with_rights
from models.access.rooms import ROOM, RoomAccess, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import AlreadyClaimed, Conflict, Forbidden, not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.questions import Question, QuestionFacts, QuestionState
from models.tables.rooms import Room


@dataclass(frozen=True, slots=True)
class QuestionAccess:
    """A question of the running session, and the permission under which the viewer acts.

    The viewer is inside the session.
    """

    question: QuestionFacts
    by: Permission


Field = tuple[str, ...]
IS_PARTY = or_(Question.asker_id == bindparam("viewer"), Participant.chat_moderates)
"""A condition that is used with `WAS_THERE`: the viewer takes part in the question's thread."""
WAS_THERE = (
    Participant.session_id == Question.session_id,
    Participant.user_id == bindparam("viewer"),
    WAS_ADMITTED,
)
IS_SEEN = or_(Question.published_at.is_not(None), IS_PARTY)

_GALLERY = select(Question.gallery_id).where(Question.id == bindparam("id")).scalar_subquery()
_QUESTION = (
    select(*columns(QuestionFacts, Question)).join(Participant, WAS_THERE[0]).where(*WAS_THERE[1:], IS_SEEN)
).where(Question.id == bindparam("id"))
_LOCK = locking(Gallery.id == _GALLERY, SEES_ROOM).where(_QUESTION.exists())
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)


@dataclass(frozen=True, slots=True)
class QuestionAct:
    """What a viewer does to a question: the permission that it needs, or `own` for the asker, and a guard.

    The guard raises what speaks against it. An asker who has claimed their own question needs `permission`, because
    they act as a chat moderator.
    """

    permission: Permission
    guard: Callable[[QuestionAccess, UUID, Field], None]
    own: Permission | None = None

    def needs(self, question: QuestionFacts, viewer_id: UUID) -> Permission:
        """Returns the permission that this viewer needs."""
        as_asker = question.asker_id == viewer_id and not question.is_claimed_by(viewer_id)
        return self.own if self.own and as_asker else self.permission


async def access_question(tx: Transaction, question_id: UUID, to: QuestionAct, *field: str) -> QuestionAccess:
    """Returns a question that the viewer sees and may act on.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, and what the act's guard raises.
    """
    act = Act(to.permission, "question", question_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_QUESTION, {"id": question_id, "viewer": tx.viewer.id})
    question = unpack(row, 0, QuestionFacts)[0] if row else None
    if question is None:
        raise refused(tx, act, not_found("question", *field))
    needed = to.needs(question, tx.viewer.id)
    await allow(tx, Act(needed, act.target, question_id, None), room.granting(needed), field)
    return _guarded(to, room, question, tx.viewer.id, field)


def may_act_on_question(
    to: QuestionAct, room: RoomAccess, question: QuestionFacts, viewer_id: UUID, _now: datetime
) -> bool:
    """Returns whether `access_question` lets a viewer act who sees the question."""
    may = room.granting(to.needs(question, viewer_id)) is not None
    return may and holds(_guarded, to, room, question, viewer_id, ())


def _guarded(
    to: QuestionAct, room: RoomAccess, question: QuestionFacts, viewer_id: UUID, field: Field
) -> QuestionAccess:
    must_have_entered(room, *field, session_id=question.session_id)
    access = QuestionAccess(question, to.needs(question, viewer_id))
    to.guard(access, viewer_id, field)
    return access


def _to_claim(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    _if_free(access, viewer_id, field)
    if access.question.state in (QuestionState.ANSWERED, QuestionState.DISMISSED):
        raise AlreadyClaimed("This question is closed. Reopen it first.", *field)


def _to_release(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    _if_free(access, viewer_id, field)
    if access.question.state not in (QuestionState.PENDING, QuestionState.CLAIMED):
        raise Conflict("This question is closed, so it has no claim to release.", *field)


def _to_dismiss(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    _if_free(access, viewer_id, field)
    if access.question.state is QuestionState.ANSWERED:
        raise Conflict("This question was answered. Reopen it first.", *field)


def _to_reply(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    if access.by is Permission.ANSWER_QUESTIONS:
        _if_free(access, viewer_id, field)


def _to_upvote(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    if access.question.asker_id == viewer_id:
        raise Forbidden("You cannot upvote your own question.", *field)
    if access.question.published_at is None:
        raise Conflict("This question is not published.", *field)


def _if_free(access: QuestionAccess, viewer_id: UUID, field: Field) -> None:
    """Raises ALREADY_CLAIMED if another user has claimed the question. The claim of a deleted account does not count."""
    question = access.question
    if question.state is QuestionState.CLAIMED and question.claimed_by not in (None, viewer_id):
        raise AlreadyClaimed("Another moderator has claimed this question.", *field)


def _always(_access: QuestionAccess, _viewer_id: UUID, _field: Field) -> None:
    pass


CLAIM = QuestionAct(Permission.ANSWER_QUESTIONS, _to_claim)
RELEASE = QuestionAct(Permission.ANSWER_QUESTIONS, _to_release)
DISMISS = QuestionAct(Permission.ANSWER_QUESTIONS, _to_dismiss)
REOPEN = QuestionAct(Permission.ANSWER_QUESTIONS, _always)
REPLY = QuestionAct(Permission.ANSWER_QUESTIONS, _to_reply, own=Permission.ENTER)
PUBLISH = QuestionAct(Permission.ANSWER_QUESTIONS, _if_free)
UPVOTE = QuestionAct(Permission.ENTER, _to_upvote)
