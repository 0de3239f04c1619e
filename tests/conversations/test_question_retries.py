"""Retries of mutations on questions with an idempotency key (rule 62)."""

from typing import Any

import pytest

from tests.support.questions import ASKER, CHATMOD, DOCUMENTS, OTHER, ask, do, gather, replies_in
from tests.support.retries import retry
from tests.support.world import World

BY_OTHERS = ("upvoteQuestion", "removeQuestionUpvote")


async def ready(world: World, verb: str) -> dict[str, Any]:
    """Returns valid input for an act that is possible now."""
    await gather(world)
    if verb == "askQuestion":
        return {"roomId": world.room, "text": "Why?"}
    question = (await ask(world))["id"]
    given: dict[str, Any] = {"questionId": question}
    if verb == "releaseQuestion":
        await do(world, CHATMOD, "claimQuestion", question)
    if verb == "reopenQuestion":
        await do(world, CHATMOD, "dismissQuestion", question)
    if verb == "replyToQuestion":
        given["text"] = "Because."
    if verb == "publishAnswer" or verb in BY_OTHERS:
        answered = await do(world, CHATMOD, "replyToQuestion", question, text="Because.")
        answer = {"replyId": replies_in(answered)[0]["id"]}
        if verb == "publishAnswer":
            return given | answer
        await do(world, CHATMOD, "publishAnswer", question, **answer)
    if verb == "removeQuestionUpvote":
        await do(world, OTHER, "upvoteQuestion", question)
    return given


@pytest.mark.parametrize("verb", DOCUMENTS)
async def test_a_retry_gives_the_same_and_does_nothing(world: World, verb: str) -> None:
    """Rule 62."""
    given = await ready(world, verb)
    who = ASKER if verb == "askQuestion" else OTHER if verb in BY_OTHERS else CHATMOD
    await retry(world, who, verb, DOCUMENTS[verb], given)
