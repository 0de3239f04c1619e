"""The permission matrix of tests/access/test_permissions.py, continued: polls."""

from typing import Any

from tests.support.permission_acts import OF_POLLS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.polls import DRAFT, Polls, options_of
from tests.support.world import END, World

# The outcome for each caller, from left to right, on another's draft or open poll, in another's session.
MATRIX = """
                        create   update   open     delete   close    vote
manager                 no       unseen   unseen   unseen   unseen   unseen
manager-by-group        no       unseen   unseen   unseen   unseen   unseen
gallery-moderator       no       unseen   unseen   unseen   unseen   unseen
contributor             no       unseen   unseen   unseen   unseen   unseen
member                  no       unseen   unseen   unseen   unseen   unseen
room-moderator          no       unseen   unseen   unseen   unseen   unseen
room-moderator-inside   no       unseen   unseen   unseen   no       yes
room-moderator-guest    no       unseen   unseen   unseen   no       yes
chat-moderator          yes      yes      yes      yes      yes      yes
speaker                 no       unseen   unseen   unseen   no       yes
attendee                no       unseen   unseen   unseen   no       yes
outsider                unseen   unseen   unseen   unseen   unseen   unseen
media-server            unseen   unseen   unseen   unseen   unseen   unseen
suspended               unknown  unknown  unknown  unknown  unknown  unknown
no-token                unknown  unknown  unknown  unknown  unknown  unknown
site-admin              unseen   unseen   unseen   unseen   unseen   unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


async def test_what_each_caller_may_do_with_polls(world: World) -> None:
    """Rules 4, 6 to 9, 11, 14, 53: a refusal changes nothing and logs no event."""
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    polls = Polls(world, await launch(world))
    await world.enter("chatmod", *[caller.who] * caller.inside)
    got = [WORDS[await outcome(world, caller, OF_POLLS[act], {"input": await given(polls, act)})] for act in ACTS]
    await world.query("host", END, session=polls.session)
    return got


async def given(polls: Polls, act: str) -> dict[str, Any]:
    """Returns valid input, so that the outcome depends only on the caller."""
    match act:
        case "create":
            return {"roomId": polls.world.room, **DRAFT}
        case "update":
            return {"pollId": await polls.draft(), "question": "Or which?"}
        case "open" | "delete":
            return {"pollId": await polls.draft()}
        case "close":
            return {"pollId": await polls.opened()}
        case _:
            poll = await polls.opened()
            return {"pollId": poll, "optionIds": (await options_of(polls.world, poll))[:1]}
