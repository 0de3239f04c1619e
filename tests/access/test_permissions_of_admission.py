"""The permission matrix of tests/access/test_permissions.py, continued: locking, admitting, removing."""

from typing import Any

from models.tables.galleries import GalleryRole
from tests.support.admission import LOCK
from tests.support.people import give_role
from tests.support.permission_acts import OF_ADMISSION
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.world import END, ENTER, World

# The outcome for each caller, from left to right, in a session that somebody else has launched.
MATRIX = """
                        lock     admit    decline  remove   remove-waiting  remove-manager  admit-all  unlock
manager                 yes      yes      yes      yes      yes             yes             yes        yes
manager-by-group        yes      yes      yes      yes      yes             yes             yes        yes
gallery-moderator       no       no       no       unseen   unseen          unseen          no         no
contributor             no       no       no       unseen   unseen          unseen          no         no
member                  no       no       no       unseen   unseen          unseen          no         no
room-moderator          yes      yes      yes      yes      yes             no              yes        yes
room-moderator-inside   yes      yes      yes      yes      yes             no              yes        yes
room-moderator-guest    yes      yes      yes      yes      yes             no              yes        yes
chat-moderator          no       no       no       no       unseen          no              no         no
speaker                 no       no       no       no       unseen          no              no         no
attendee                no       no       no       no       unseen          no              no         no
outsider                unseen   unseen   unseen   unseen   unseen          unseen          unseen     unseen
media-server            unseen   unseen   unseen   unseen   unseen          unseen          unseen     unseen
suspended               unknown  unknown  unknown  unknown  unknown         unknown         unknown    unknown
no-token                unknown  unknown  unknown  unknown  unknown         unknown         unknown    unknown
site-admin              unseen   unseen   unseen   unseen   unseen          unseen          unseen     unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
WAITING = {"admit": "student-011", "decline": "student-013", "remove-waiting": "student-014"}
INSIDE = {"remove": "student-015", "remove-manager": "provost"}


async def test_what_each_caller_may_do_about_who_is_inside(world: World) -> None:
    """Rules 4, 6 to 9, 12, 37: a refusal changes nothing and logs no event."""
    await fill(world)
    await give_role(world, INSIDE["remove-manager"], GalleryRole.MANAGER)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    session = await launch(world)
    if caller.inside:
        await world.query(caller.who, ENTER, room=world.room)
    ids = {act: await entered(world, who) for act, who in INSIDE.items()}
    got = []
    for act in ACTS:
        got.append(await outcome(world, caller, OF_ADMISSION[act], {"input": given(act, session, ids)}))
        if act == "lock":
            await world.query("host", LOCK, input={"sessionId": session})
            ids |= {each: await entered(world, who) for each, who in WAITING.items()}
    await world.query("host", END, session=session)
    return [WORDS[code] for code in got]


async def entered(world: World, who: str) -> str:
    """Lets somebody enter or wait. Returns the id of their participant."""
    return str((await world.query(who, ENTER, room=world.room))["enterRoom"]["participant"]["id"])


def given(act: str, session: str, ids: dict[str, str]) -> dict[str, Any]:
    """Returns valid input, so that the outcome depends only on the caller."""
    match act:
        case "admit" | "decline":
            return {"sessionId": session, "participantIds": [ids[act]]}
        case "admit-all":
            return {"sessionId": session, "all": True}
        case "lock" | "unlock":
            return {"sessionId": session}
        case _:
            return {"participantId": ids[act]}
