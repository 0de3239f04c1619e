"""Mutations of webhooks that are repeated with an idempotency key (rule 62)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from models.tables.webhooks import Webhook, WebhookDelivery
from tests.support.people import absent
from tests.support.receiver import Receiver
from tests.support.webhooks import ERRORS, VERBS, create, given_webhook
from tests.support.world import World

ANSWER = {
    **dict.fromkeys(("updateWebhook", "replayWebhook"), "webhook { id name enabled }"),
    **dict.fromkeys(("createWebhook", "rotateWebhookSecret"), "secret webhook { id }"),
    "deleteWebhook": "webhookId",
    "testWebhook": "delivery { id }",
}
ROWS = [select(func.count()).select_from(table) for table in (Webhook, WebhookDelivery)]


@pytest.mark.parametrize("verb", VERBS)
async def test_the_same_key_gives_the_same_result(world: World, receiver: Receiver, verb: str) -> None:
    """Rule 62: also the same secret, and one test; another body is refused."""
    given: dict[str, Any] = given_webhook(world.gallery, receiver.url)
    if verb != "createWebhook":
        made = await create(world, receiver.url)
        given = {"webhookId": made["webhook"]["id"]}
        given |= {"after": made["cursor"]} if verb == "replayWebhook" else {}
        given |= {"name": "Renamed", "enabled": False} if verb == "updateWebhook" else {}
    keyed = given | {"idempotencyKey": f"{world.clock()}"}
    name = verb[0].upper() + verb[1:]
    # `Webhook.cursor` is never the same twice, so these documents do not read it.
    document = f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ {ANSWER[verb]} {ERRORS} }} }}"
    answers = await asyncio.gather(*(world.query("manager", document, input=keyed) for _ in range(5)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][verb]["userErrors"] == []
    rows = [await world.database.reads.value(each) for each in ROWS]
    assert rows == [verb != "deleteWebhook", verb == "testWebhook"]
    other = keyed | {next(iter(given)): absent("Webhook")}
    refused = await world.refused("manager", VERBS[verb], input=other)
    assert (refused["code"], refused["field"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
