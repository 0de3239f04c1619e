"""The permission matrix of tests/access/test_permissions.py, continued: interactions."""

from datetime import timedelta
from typing import Any

from tests.support.interactions import DRAFT, Interactions, answers_of, choosing, drafted, options_of
from tests.support.permission_acts import OF_INTERACTIONS
from tests.support.permission_matrix import CALLERS, WORDS, Caller, fill, launch, outcome
from tests.support.world import END, World

# The outcome for each caller, from left to right, on another's draft or open interaction, in another's session.
MATRIX = """
                        create      update      schedule    unschedule  open        delete      copy        close       answer      hide        publish
manager                 no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
manager-by-group        no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
gallery-moderator       no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
contributor             no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
member                  no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
room-moderator          no          unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
room-moderator-inside   no          unseen      unseen      unseen      unseen      unseen      no          no          yes         no          no
room-moderator-guest    no          unseen      unseen      unseen      unseen      unseen      no          no          yes         no          no
chat-moderator          yes         yes         yes         yes         yes         yes         yes         yes         yes         yes         yes
speaker                 no          unseen      unseen      unseen      unseen      unseen      no          no          yes         no          no
attendee                no          unseen      unseen      unseen      unseen      unseen      no          no          yes         no          no
outsider                unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
media-server            unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
suspended               unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown
no-token                unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown     unknown
site-admin              unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen      unseen
"""
ACTS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())


async def test_what_each_caller_may_do_with_polls(world: World) -> None:
    """Rules 4, 6 to 9, 11, 14, 75, 77: a refusal changes nothing and logs no event."""
    await fill(world)
    got = [[name, *await outcomes(world, caller)] for name, caller in CALLERS.items()]
    assert got == ROWS


async def outcomes(world: World, caller: Caller) -> list[str]:
    """Returns the caller's outcome for each act, in a session of their own."""
    interactions = Interactions(world, await launch(world))
    await world.enter("chatmod", *[caller.who] * caller.inside)
    got = [
        WORDS[await outcome(world, caller, OF_INTERACTIONS[act], {"input": await given(interactions, act)})]
        for act in ACTS
    ]
    await world.query("host", END, session=interactions.session)
    return got


async def given(interactions: Interactions, act: str) -> dict[str, Any]:
    """Returns valid input, so that the outcome depends only on the caller."""
    match act:
        case "create":
            return {"roomId": interactions.world.room, **DRAFT}
        case "update":
            return {"interactionId": await interactions.draft(), "anonymous": True}
        case "schedule":
            soon = interactions.world.clock() + timedelta(hours=1)
            return {"interactionId": await interactions.draft(), "opensAt": soon.isoformat()}
        case "unschedule" | "open" | "delete":
            return {"interactionId": await interactions.draft()}
        case "copy" | "close":
            return {"interactionId": await interactions.opened()}
        case "answer":
            interaction = await interactions.opened()
            options = await options_of(interactions.world, interaction)
            return {"interactionId": interaction, "answers": choosing(options[:1])}
    return await _answered(interactions, act)


async def _answered(interactions: Interactions, act: str) -> dict[str, Any]:
    """Returns input about an answer that a chat moderator has given."""
    interaction = await interactions.opened(**drafted("WORDS" if act == "hide" else "TEXT"))
    part = {"words": ["Yes"]} if act == "hide" else {"text": "Yes"}
    await interactions.answers("chatmod", interaction, part)
    (answer,) = await answers_of(interactions.world, interaction)
    (given,) = answer["questions"]
    named = {"optionId": given["options"][0]["id"]} if act == "hide" else {"textId": given["text"]["id"]}
    return {"interactionId": interaction, **named}
