"""The permission matrix of tests/access/test_permissions.py, continued: chat and its moderation."""

from typing import Any

from tests.support.chat import TALK
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, outcome
from tests.support.running_session import Meeting, meet
from tests.support.world import END, POST, World

# The outcome for each caller, from left to right, in a session that somebody else has launched. "hidden" messages are
# in the backchannel, others in the group chat.
MATRIX = """
                      announce edit    edit-own delete  delete-own delete-hidden pin     unpin   clear   react   react-hidden take-back block   unblock
manager               no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    no      no
manager-by-group      no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    no      no
gallery-moderator     no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    unseen  unseen
contributor           no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    unseen  unseen
member                no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    unseen  unseen
room-moderator        no       unseen  -        unseen  -          unseen        unseen  unseen  no      unseen  unseen       unseen    no      no
room-moderator-inside no       no      yes      no      yes        no            no      no      no      yes     yes          yes       no      no
room-moderator-guest  no       no      yes      no      yes        no            no      no      no      yes     yes          yes       no      no
chat-moderator        yes      no      yes      yes     yes        yes           yes     yes     yes     yes     yes          yes       yes     yes
speaker               no       no      yes      no      yes        unseen        no      no      no      yes     unseen       yes       no      no
attendee              no       no      yes      no      yes        unseen        no      no      no      yes     unseen       yes       no      no
outsider              unseen   unseen  -        unseen  -          unseen        unseen  unseen  unseen  unseen  unseen       unseen    unseen  unseen
media-server          unseen   unseen  -        unseen  -          unseen        unseen  unseen  unseen  unseen  unseen       unseen    unseen  unseen
suspended             unknown  unknown -        unknown -          unknown       unknown unknown unknown unknown unknown      unknown   unknown unknown
no-token              unknown  unknown -        unknown -          unknown       unknown unknown unknown unknown unknown      unknown   unknown unknown
site-admin            unseen   unseen  -        unseen  -          unseen        unseen  unseen  unseen  unseen  unseen       unseen    unseen  unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
VERBS = {
    "announce": "announce", "edit": "editMessage", "edit-own": "editMessage", "delete": "deleteMessage",
    "delete-own": "deleteMessage", "delete-hidden": "deleteMessage", "pin": "pinMessage", "unpin": "unpinMessage",
    "clear": "clearChat", "react": "addReaction", "react-hidden": "addReaction", "take-back": "removeReaction",
    "block": "blockFromChat", "unblock": "unblockFromChat",
}  # fmt: skip
SOMEBODY = "student-030"
WAVE = {"emoji": "\U0001f44d"}
MORE = {"addReaction": WAVE, "removeReaction": WAVE, "editMessage": {"text": "Better"}}


async def test_what_each_caller_may_do_in_conversations(world: World) -> None:
    """Rules 4, 6 to 9, 11, 45 to 48, 55: a refusal changes nothing and logs no event."""
    assert set(VERBS.values()) == set(TALK)
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    meeting = await meet(world, SOMEBODY, *[caller.who] * caller.inside, host="host")
    got = []
    for act in ACTS:
        if act.endswith("-own") and not caller.inside:
            got.append("-")  # has said nothing there
            continue
        given = await input_for(meeting, caller, act)
        got.append(WORDS[await outcome(world, caller, TALK[VERBS[act]], {"input": given})])
    await world.query("host", END, session=meeting.session)
    return got


async def input_for(meeting: Meeting, caller: Caller, act: str) -> dict[str, Any]:
    """Returns valid input, about a new message if needed, so that the outcome depends only on the caller."""
    match act:
        case "announce":
            return {"roomId": meeting.world.room, "text": "Hello"}
        case "clear":
            return {"roomId": meeting.world.room}
        case "block" | "unblock":
            return {"participantId": meeting.ids[SOMEBODY]}
    hidden = act.endswith("hidden")
    author = caller.who if act.endswith("-own") else "host" if hidden else SOMEBODY
    given = {"room": meeting.world.room, "text": "Hello", "channel": "BACKCHANNEL" if hidden else "GROUP"}
    posted = await meeting.world.query(author, POST, **given)
    return {"messageId": posted["postMessage"]["message"]["id"], **MORE.get(VERBS[act], {})}
