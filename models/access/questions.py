"""Access to questions: only the asker and the chat moderators see an unpublished question (rules 4, 50, 52).

As in models/access/media.py, the lock statement checks visibility itself, so that hidden and absent questions cost the
same.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from models.access.authorise import allow, locking, refused
from models.access.rights import SEES_ROOM, WAS_ADMITTED, with_rights
from models.access.rooms import ROOM, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.questions import Question, QuestionFacts
from models.tables.rooms import Room


@dataclass(frozen=True, slots=True)
class QuestionAccess:
    """A question of the running session, and the permission under which the viewer acts.

    The viewer is inside the session.
    """

    question: QuestionFacts
    by: Permission


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


async def access_question(
    tx: Transaction, question_id: UUID, permission: Permission, *field: str, own: Permission | None = None
) -> QuestionAccess:
    """Returns a question that the viewer sees, for an act that needs `permission`, or `own` for the asker.

    An asker who has claimed their own question needs `permission`, because they act as a chat moderator.
    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION.
    """
    act = Act(permission, "question", question_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_QUESTION, {"id": question_id, "viewer": tx.viewer.id})
    question = unpack(row, 0, QuestionFacts)[0] if row else None
    if question is None:
        raise refused(tx, act, not_found("question", *field))
    as_asker = question.asker_id == tx.viewer.id and not question.is_claimed_by(tx.viewer.id)
    needed = own if own and as_asker else permission
    await allow(tx, Act(needed, act.target, question_id, None), room.granting(needed), field)
    must_have_entered(room, *field, session_id=question.session_id)
    return QuestionAccess(question, needed)
