"""Access to interactions (rules 4, 75).

Users who are or were inside the session see its interactions, and only its chat moderators see those that were not
opened. As in models/access/media.py, the lock statement checks visibility itself, so that hidden and absent
interactions cost the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from models.access.authorise import allow, locking, refused
from models.access.rights import SEES_ROOM, with_rights
from models.access.rooms import ROOM, RoomAccess, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.storage.statements import AnyRow
from models.tables.galleries import Gallery
from models.tables.interactions import (
    UNOPENED,
    Interaction,
    InteractionFacts,
    InteractionOption,
    InteractionQuestion,
    OptionWording,
    QuestionWording,
)
from models.tables.participants import Participant
from models.tables.rooms import Room


@dataclass(frozen=True, slots=True)
class InteractionAccess:
    """An interaction with its questions. The viewer is inside the running session.

    The words of a word cloud are not among the options.
    """

    room: RoomAccess
    interaction: InteractionFacts
    told_at: datetime | None
    questions: list[QuestionWording]


_Viewer = aliased(Participant)
_MODERATES = or_(Interaction.state.not_in(UNOPENED), _Viewer.chat_moderates)
SEES_INTERACTION = exists().where(
    _Viewer.session_id == Interaction.session_id,
    _Viewer.user_id == bindparam("viewer"),
    _Viewer.was_admitted,
    _MODERATES,
)
"""A condition that is used with SEES_ROOM. The viewer is or was inside the interaction's session.

For an interaction that was not opened, the viewer is or was a chat moderator in it.
"""

QUESTION = [
    getattr(InteractionQuestion, name).label(f"question_{name}")
    for name in ("id", "kind", "text", "multiple_answers", "lowest_label", "highest_label", "explanation")
]
OPTION = [getattr(InteractionOption, name).label(f"option_{name}") for name in ("id", "text", "is_right", "hidden")]
"""The columns that `wordings` reads."""

_GALLERY = select(Interaction.gallery_id).where(Interaction.id == bindparam("id"), SEES_INTERACTION).scalar_subquery()
_LOCK = locking(Gallery.id == _GALLERY, SEES_ROOM)
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)
_IS_OPTION = and_(InteractionOption.question_id == InteractionQuestion.id, InteractionOption.word.is_(None))
_INTERACTION = (
    select(*columns(InteractionFacts, Interaction), Interaction.told_at, *QUESTION, *OPTION)
    .join(InteractionQuestion, InteractionQuestion.interaction_id == Interaction.id)
    .outerjoin(InteractionOption, _IS_OPTION)
    .where(Interaction.id == bindparam("id"), SEES_INTERACTION)
    .order_by(InteractionQuestion.position, InteractionOption.position)
)


async def access_interaction(
    tx: Transaction, interaction_id: UUID, permission: Permission, *field: str, earlier: bool = False
) -> InteractionAccess:
    """Returns the interaction, if the viewer sees it, holds `permission`, and is inside its session, which must be running.

    With `earlier`, it may also be of an earlier session of the room, and the viewer is inside the running one. Raises
    NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION.
    """
    act = Act(permission, "interaction", interaction_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    rows = await tx.rows(_INTERACTION, {"id": interaction_id, "viewer": tx.viewer.id})
    if not rows:
        raise refused(tx, act, not_found("interaction", *field))
    access = _access(room, rows)
    await allow(tx, act, room.granting(permission), field)
    must_have_entered(room, *field, session_id=None if earlier else access.interaction.session_id)
    return access


def _access(room: RoomAccess, rows: Sequence[AnyRow]) -> InteractionAccess:
    facts, at = unpack(rows[0], 0, InteractionFacts)
    assert facts
    return InteractionAccess(room, facts, rows[0][at], wordings(rows))


def wordings(rows: Sequence[Any]) -> list[QuestionWording]:
    """Returns the questions of rows with the columns QUESTION and OPTION, in the rows' order."""
    found: dict[UUID, QuestionWording] = {}
    options: dict[UUID, list[OptionWording]] = {}
    for row in rows:
        if row.question_id not in found:
            found[row.question_id] = _question(row)
        if row.option_id is not None:
            option = OptionWording(row.option_id, row.option_text, row.option_is_right, row.option_hidden)
            options.setdefault(row.question_id, []).append(option)
    return [replace(each, options=tuple(options.get(key, ()))) for key, each in found.items()]


def _question(row: Any) -> QuestionWording:
    return QuestionWording(
        id=row.question_id,
        kind=row.question_kind,
        text=row.question_text,
        multiple_answers=row.question_multiple_answers,
        lowest_label=row.question_lowest_label,
        highest_label=row.question_highest_label,
        explanation=row.question_explanation,
    )
