"""The permission matrix of tests/access/test_permissions.py, continued: stage, hands, devices and reactions."""

from typing import Any

from tests.support.permission_acts import OF_STAGE
from tests.support.permission_matrix import CALLERS, CODES, WORDS, Caller, fill, outcome
from tests.support.running_session import Meeting, meet
from tests.support.world import END, World

# The outcome for each caller, from left to right, in a webinar that somebody else has launched. Its stage is
# INVITE_ONLY.
MATRIX = """
                      access  invite  take-off raise   lower-own lower   lower-all request step-down accept  decline report  off     unblock off-all unblock-all react
manager               yes     yes     yes      outside -         yes     yes       outside outside   outside outside outside yes     yes     yes     yes         outside
manager-by-group      yes     yes     yes      outside -         yes     yes       outside outside   outside outside outside yes     yes     yes     yes         outside
gallery-moderator     no      unseen  unseen   outside -         unseen  no        outside outside   outside outside outside unseen  unseen  no      no          outside
contributor           no      unseen  unseen   outside -         unseen  no        outside outside   outside outside outside unseen  unseen  no      no          outside
member                no      unseen  unseen   outside -         unseen  no        outside outside   outside outside outside unseen  unseen  no      no          outside
room-moderator        yes     yes     yes      outside -         yes     yes       outside outside   outside outside outside yes     yes     yes     yes         outside
room-moderator-inside yes     yes     yes      yes     yes       yes     yes       yes     yes       yes     yes     yes     yes     yes     yes     yes         yes
room-moderator-guest  yes     yes     yes      yes     yes       yes     yes       yes     yes       yes     yes     yes     yes     yes     yes     yes         yes
chat-moderator        no      no      no       yes     yes       no      no        shut    yes       yes     yes     yes     no      no      no      no          yes
speaker               no      no      no       yes     yes       no      no        yes     yes       yes     yes     yes     no      no      no      no          yes
attendee              no      no      no       yes     yes       no      no        shut    yes       yes     yes     yes     no      no      no      no          yes
outsider              unseen  unseen  unseen   unseen  -         unseen  unseen    unseen  unseen    unseen  unseen  unseen  unseen  unseen  unseen  unseen      unseen
media-server          unseen  unseen  unseen   unseen  -         unseen  unseen    unseen  unseen    unseen  unseen  unseen  unseen  unseen  unseen  unseen      unseen
suspended             unknown unknown unknown  unknown -         unknown unknown   unknown unknown   unknown unknown unknown unknown unknown unknown unknown     unknown
no-token              unknown unknown unknown  unknown -         unknown unknown   unknown unknown   unknown unknown unknown unknown unknown unknown unknown     unknown
site-admin            unseen  unseen  unseen   unseen  -         unseen  unseen    unseen  unseen    unseen  unseen  unseen  unseen  unseen  unseen  unseen      unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
HERE = WORDS | {"STAGE_NOT_OPEN": "shut"}
SOMEBODY = "student-030"


async def test_what_each_caller_may_do_on_stage(world: World) -> None:
    """Rules 4, 6 to 9, 11, 42, 44, 55, 81, 88: a refusal changes nothing and logs no event."""
    assert "shut" not in CODES
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    meeting = await meet(world, SOMEBODY, *[caller.who] * caller.inside, host="host")
    got = []
    for act in ACTS:
        if act == "lower-own" and not caller.inside:
            got.append("-")  # is not inside, so has no hand
            continue
        await stage(meeting, caller, act)
        got.append(HERE[await outcome(world, caller, OF_STAGE[act], {"input": given(meeting, act, caller)})])
    await world.query("host", END, session=meeting.session)
    return got


async def stage(meeting: Meeting, caller: Caller, act: str) -> None:
    """Prepares the stage, so that the act is possible."""
    match act:
        case "lower":
            await meeting.does(SOMEBODY, "raiseHand")
        case "accept" | "decline" if caller.inside:
            await meeting.tries("host", "removeFromStage", caller.who)
            await meeting.does("host", "inviteToStage", caller.who)


def given(meeting: Meeting, act: str, caller: Caller) -> dict[str, Any]:
    """Returns valid input, so that the outcome depends only on the caller."""
    match act:
        case "access":
            return {"sessionId": meeting.session, "access": "INVITE_ONLY"}
        case "lower-all":
            return {"sessionId": meeting.session}
        case "off-all" | "unblock-all":
            return {"sessionId": meeting.session, "devices": ["CAMERA"]}
        case "off" | "unblock":
            return {"participantId": meeting.ids[SOMEBODY], "devices": ["CAMERA"]}
        case "report" | "react":
            return {"roomId": meeting.world.room, **({"camera": False} if act == "report" else {"emoji": "👏"})}
        case "lower-own":
            return {"participantId": meeting.ids[caller.who]}
        case "invite" | "take-off" | "lower":
            return {"participantId": meeting.ids[SOMEBODY]}
        case _:
            return {"roomId": meeting.world.room}
