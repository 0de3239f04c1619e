"""Places on a session's stage, and coming onto it: by entering an open stage, or by stepping up (rules 23, 43, 87).

The capacity counts participants on stage and open invitations.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from models.database.transaction import Transaction
from models.tables.participants import DeviceState, Participant, ParticipantFacts, ParticipantState
from models.tables.rooms import RoomMode
from models.tables.sessions import SessionFacts, StageAccess

_NOBODY = UUID(int=0)
_PLACES_HELD = select(func.count()).where(
    Participant.session_id == bindparam("session"),
    Participant.state == ParticipantState.ADMITTED,
    Participant.id != bindparam("participant"),
    Participant.invited_at.is_not(None),
    or_(Participant.invited_until.is_(None), Participant.invited_until > bindparam("now")),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks for on entering. `camera` is None if the session decides (rules 87, 89)."""

    declines_stage: bool = False
    camera: bool | None = None


NO_WISHES = Wishes()


async def free_places(tx: Transaction, session: SessionFacts, *, but_for: UUID = _NOBODY) -> int | None:
    """Returns how many more people the stage takes, or None if it takes everyone.

    The invitation of the participant `but_for` holds no place here.
    """
    if session.stage_capacity is None:
        return None
    held = await tx.value(_PLACES_HELD, {"session": session.id, "participant": but_for, "now": tx.now})
    return max(0, session.stage_capacity - session.stage_count - int(held))


async def places_on_entering(tx: Transaction, session: SessionFacts) -> int:
    """Returns how many of the people who enter now come onto the stage at once (rule 87).

    Runs no statement unless the stage has a capacity.
    """
    if session.mode is not RoomMode.INTERACTIVE or session.stage_access is not StageAccess.EVERYONE:
        return 0
    free = await free_places(tx, session)
    return session.participant_capacity if free is None else free


def values_on_stage(
    session: SessionFacts, turn: int, before: ParticipantFacts | None, wants_camera: bool | None = None
) -> dict[str, Any]:
    """Returns the columns that change when a participant comes onto the stage.

    The camera is on if they want it, or else if the session has cameras on by default, unless it is blocked.
    """
    camera = before.camera if before else DeviceState.OFF
    wanted = session.cameras_on_by_default if wants_camera is None else wants_camera
    is_on = wanted and camera is not DeviceState.BLOCKED
    return {"stage_turn": turn, "camera": DeviceState.ON if is_on else camera}
