"""Bad values for the inputs of stage and hands; see tests/inputs/rows.py."""

from collections.abc import Mapping
from typing import Any

from models.values.text import KEY_LIMIT
from tests.inputs.rows import NOTHING_MORE, Row, no_id, text
from tests.support.people import absent

OF_ROOM = tuple(f"{verb}Input" for verb in ("RequestStage", "AcceptStage", "DeclineStage", "LeaveStage", "RaiseHand"))
OF_PARTICIPANT = ("InviteToStageInput", "RemoveFromStageInput", "LowerHandInput")
OF_SESSION = ("SetStageAccessInput", "LowerAllHandsInput")


def stage_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for stage and hands."""
    room, session, participant = ids["room"], ids["session"], ids["participant"]
    a_room = no_id(room, ids["gallery"], session, absent("Room"))
    a_participant = no_id(participant, ids["manager"], session, absent("Participant"))
    return {
        "SetStageAccessInput.access": NOTHING_MORE,
        **{f"{each}.roomId": a_room for each in OF_ROOM},
        **{f"{each}.participantId": a_participant for each in OF_PARTICIPANT},
        **{f"{each}.sessionId": no_id(session, room, absent("RoomSession")) for each in OF_SESSION},
        **{f"{each}.idempotencyKey": text(KEY_LIMIT) for each in (*OF_ROOM, *OF_PARTICIPANT, *OF_SESSION)},
    }


GOOD: dict[str, dict[str, Any]] = {
    "SetStageAccessInput": {"sessionId": "session", "access": "EVERYONE"},
    "LowerAllHandsInput": {"sessionId": "session"},
    **{each: {"participantId": "participant"} for each in OF_PARTICIPANT},
    **{each: {"roomId": "room"} for each in OF_ROOM},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
