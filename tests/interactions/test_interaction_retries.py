"""Mutations of interactions that are repeated with an idempotency key (rule 62)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.interactions import VERBS, answers_of, choosing, drafted, meet, options_of
from tests.support.people import absent
from tests.support.stored_state import read_state
from tests.support.world import World

OF_KIND: dict[str, tuple[str, dict[str, Any]]] = {
    "hideWord": ("WORDS", {"words": ["air"]}),
    "publishInteractionText": ("TEXT", {"text": "Fine"}),
}
FIRST: dict[str, list[str]] = {
    "answerInteraction": ["openInteraction"],
    "closeInteraction": ["openInteraction"],
    "unscheduleInteraction": ["scheduleInteraction"],
}
"""What is done before this mutation, so that it changes something."""


@pytest.mark.parametrize("verb", VERBS)
async def test_the_same_key_gives_the_same_result(world: World, verb: str) -> None:
    """Rule 62: also where repeating would be refused; another body is refused."""
    interactions = await meet(world)
    given: dict[str, Any] = {"idempotencyKey": "key"}
    interaction = ""
    if verb == "createInteraction":
        given |= drafted("QUIZ")
    elif verb in OF_KIND:
        kind, part = OF_KIND[verb]
        interaction = await interactions.opened(**drafted(kind))
        await interactions.answers("chatmod", interaction, part)
        (answer,) = await answers_of(world, interaction)
        (told,) = answer["questions"]
        given |= {"optionId": told["options"][0]["id"]} if verb == "hideWord" else {"textId": told["text"]["id"]}
    else:
        interaction = await interactions.draft()
        later = {"opensAt": in_an_hour(world)}
        for before in FIRST.get(verb, []):
            await interactions.does(
                "chatmod", before, interaction, **(later if before == "scheduleInteraction" else {})
            )
        of_verb: dict[str, dict[str, Any]] = {
            "updateInteraction": {"anonymous": True},
            "scheduleInteraction": later,
            "answerInteraction": {"answers": choosing((await options_of(world, interaction))[:1])},
        }
        given |= of_verb.get(verb, {})
    await repeated(world, verb, given | ({"interactionId": interaction} if interaction else {"roomId": world.room}))


def in_an_hour(world: World) -> str:
    return (world.clock() + timedelta(hours=1)).isoformat()


async def repeated(world: World, verb: str, given: dict[str, Any]) -> None:
    """Sends the mutation twice, and then with the same key for another thing."""
    before = await read_state(world.database)
    first = await world.mutate("chatmod", VERBS[verb], input=given)
    done = await read_state(world.database)
    assert done != before
    assert await world.mutate("chatmod", VERBS[verb], input=given) == first
    assert await read_state(world.database) == done
    other = {"anonymous": True} if verb == "createInteraction" else {"interactionId": absent("Interaction")}
    refusal = await world.refused("chatmod", VERBS[verb], input=given | other)
    assert refusal["code"] == "IDEMPOTENCY_MISMATCH"
