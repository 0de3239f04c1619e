"""Bad values for the inputs of stage and hands; see tests/inputs/rows.py."""

from collections.abc import Mapping
from typing import Any

from models.values.text import KEY_LIMIT
from tests.inputs.chat import NO_EMOJI
from tests.inputs.rows import NOTHING_MORE, Row, no_id, text
from tests.support.people import absent

OF_ROOM = tuple(
    f"{verb}Input"
    for verb in (
        *("RequestStage", "AcceptStage", "DeclineStage", "LeaveStage", "RaiseHand", "SetDevices", "SendReaction"),
    )
)
OF_PARTICIPANT = ("InviteToStageInput", "RemoveFromStageInput", "LowerHandInput")
OF_SESSION = ("SetStageAccessInput", "LowerAllHandsInput")
DEVICES_OF_ONE = ("SwitchOffDevicesInput", "UnblockDevicesInput")
DEVICES_OF_ALL = ("SwitchOffAllDevicesInput", "UnblockAllDevicesInput")
ORDERS = (*DEVICES_OF_ONE, *DEVICES_OF_ALL)
SWITCHES = ("camera", "microphone", "screen")
SOME_DEVICES = Row([[], ["CAMERA", "CAMERA"], ["SCREEN"] * 1_000], good=(["CAMERA", "MICROPHONE", "SCREEN"],))


def stage_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for stage and hands."""
    room, session, participant = ids["room"], ids["session"], ids["participant"]
    a_room = no_id(room, ids["gallery"], session, absent("Room"))
    a_participant = no_id(participant, ids["manager"], session, absent("Participant"))
    return {
        "SetStageAccessInput.access": NOTHING_MORE,
        **{f"{each}.roomId": a_room for each in OF_ROOM},
        **{f"{each}.participantId": a_participant for each in (*OF_PARTICIPANT, *DEVICES_OF_ONE)},
        **{f"SetDevicesInput.{each}": NOTHING_MORE for each in SWITCHES},
        **{f"{each}.devices": SOME_DEVICES for each in ORDERS},
        **{f"{each}.block": NOTHING_MORE for each in ORDERS if each.startswith("Switch")},
        "SendReactionInput.emoji": Row(
            [*NO_EMOJI, "\U0001f1e8\U0001f1ed"]
        ),  # the last is one that the site does not have
        "EnterRoomInput.stage": NOTHING_MORE,
        "EnterRoomInput.camera": NOTHING_MORE,
        **{f"{each}.sessionId": no_id(session, room, absent("RoomSession")) for each in (*OF_SESSION, *DEVICES_OF_ALL)},
        **{f"{each}.idempotencyKey": text(KEY_LIMIT) for each in (*OF_ROOM, *OF_PARTICIPANT, *OF_SESSION, *ORDERS)},
    }


GOOD: dict[str, dict[str, Any]] = {
    "SetStageAccessInput": {"sessionId": "session", "access": "EVERYONE"},
    "LowerAllHandsInput": {"sessionId": "session"},
    **{each: {"participantId": "participant"} for each in OF_PARTICIPANT},
    **{each: {"roomId": "room"} for each in OF_ROOM},
    **{each: {"participantId": "participant", "devices": ["CAMERA"]} for each in DEVICES_OF_ONE},
    **{each: {"sessionId": "session", "devices": ["CAMERA"]} for each in DEVICES_OF_ALL},
    "SendReactionInput": {"roomId": "room", "emoji": "\U0001f44f"},
}
"""Inputs that would succeed, except for the value under test. Ids are given by their names in `World.ids`."""
