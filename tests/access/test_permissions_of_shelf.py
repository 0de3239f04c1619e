"""The permission matrix of tests/access/test_permissions.py, continued: a room's shelf, and what is shown."""

from typing import Any

from tests.support.permission_acts import OF_SHELF
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.running_session import VERBS as ON_STAGE
from tests.support.shelf import SCREEN, Shelf
from tests.support.world import END, World

# The outcome for each caller, from left to right, on a hidden shelf, and on what the host shows in a session.
MATRIX = """
                        add      edit     move     take-off  show     turn     stop     let-show
manager                 yes      yes      yes      yes       outside  outside  outside  yes
manager-by-group        yes      yes      yes      yes       outside  outside  outside  yes
gallery-moderator       no       unseen   unseen   unseen    unseen   no       no       unseen
contributor             no       unseen   unseen   unseen    unseen   no       no       unseen
member                  no       unseen   unseen   unseen    unseen   no       no       unseen
room-moderator          yes      yes      yes      yes       outside  outside  outside  yes
room-moderator-inside   yes      yes      yes      yes       yes      yes      yes      yes
room-moderator-guest    yes      yes      yes      yes       yes      yes      yes      yes
chat-moderator          no       unseen   unseen   unseen    unseen   no       no       no
speaker                 no       unseen   unseen   unseen    unseen   no       no       no
attendee                no       unseen   unseen   unseen    unseen   no       no       no
outsider                unseen   unseen   unseen   unseen    unseen   unseen   unseen   unseen
media-server            unseen   unseen   unseen   unseen    unseen   unseen   unseen   unseen
suspended               unknown  unknown  unknown  unknown   unknown  unknown  unknown  unknown
no-token                unknown  unknown  unknown  unknown   unknown  unknown  unknown  unknown
site-admin              unseen   unseen   unseen   unseen    unseen   unseen   unseen   unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


async def test_what_each_caller_may_do_with_the_shelf(world: World) -> None:
    """Rules 4, 6, 8, 9, 11, 68, 70, 71, 73: a refusal changes nothing and logs no event."""
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    shelf = Shelf(world, await launch(world))
    await shelf.enter("host")
    await world.query("host", ON_STAGE["requestStage"], input={"roomId": world.room})
    await world.enter(*[caller.who] * caller.inside)
    got = [WORDS[await outcome(world, caller, OF_SHELF[act], {"input": await given(shelf, act)})] for act in ACTS]
    await world.query("host", END, session=shelf.session)
    return got


async def given(shelf: Shelf, act: str) -> dict[str, Any]:
    """Returns valid input about a new item, so that the outcome depends only on the caller."""
    match act:
        case "add":
            return {"roomId": shelf.world.room, **SCREEN}
        case "let-show":
            return {"participantId": shelf.people["host"], "mayShow": True}
        case "turn" | "stop":
            await shelf.show("host", await shelf.add("host"))
            return {"sessionId": shelf.session, **({"page": 2} if act == "turn" else {})}
    return {"contentId": await shelf.add("host"), **({"title": "Edited"} if act == "edit" else {})}
