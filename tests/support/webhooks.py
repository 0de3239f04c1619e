"""The mutations of webhooks, as clients send them."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.support.media import add
from tests.support.world import PATIENCE, World

SENDING: dict[str, Any] = {
    "webhook_look_seconds": 0.05,
    "webhook_networks": ("127.0.0.0/8",),
    "webhook_seconds": 10,
    "webhook_lease_seconds": 60,
}
"""Settings of servers that send webhooks to this machine, and look for them often."""

ERRORS = "userErrors { code message field }"
WEBHOOK = """webhook { id name url eventTypes document enabled disabledReason disabledAt firstFailedAt nextAttemptAt lastDeliveredAt
  secretChangedAt oldSecretExpiresAt cursor account { name }
  deliveries(first: 100) { edges { node { id eventType messageKey attempt state failure status durationSeconds } } } }"""


def _document(verb: str, *fields: str) -> str:
    name = verb[0].upper() + verb[1:]
    return f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ cursor {' '.join(fields)} {ERRORS} }} }}"


VERBS = {
    "createWebhook": _document("createWebhook", "secret", WEBHOOK),
    "updateWebhook": _document("updateWebhook", WEBHOOK),
    "deleteWebhook": _document("deleteWebhook", "webhookId"),
    "rotateWebhookSecret": _document("rotateWebhookSecret", "secret", WEBHOOK),
    "testWebhook": _document("testWebhook", "delivery { id state }"),
    "replayWebhook": _document("replayWebhook", WEBHOOK),
}
READ = f"query ($id: ID!) {{ node(id: $id) {{ ... on Webhook {{ {WEBHOOK.partition('{')[2]} }} }}"


URL = "https://receiver.example/hook"


def given_webhook(gallery: str, url: str = URL, **more: Any) -> dict[str, Any]:
    """Returns a good input of createWebhook."""
    return {"galleryId": gallery, "name": "Receiver", "url": url, **more}


async def create(world: World, url: str, who: str = "manager", **more: Any) -> dict[str, Any]:
    """Creates a webhook of the demo's gallery. Returns the payload."""
    return await world.mutate(who, VERBS["createWebhook"], input=given_webhook(world.gallery, url, **more))


async def act(world: World, verb: str, webhook: str, who: str = "manager", **more: Any) -> dict[str, Any]:
    return await world.mutate(who, VERBS[verb], input={"webhookId": webhook, **more})


async def read(world: World, webhook: str, who: str = "manager") -> dict[str, Any]:
    """Returns the webhook as it is now, with its deliveries as a list, the latest first."""
    node = (await world.query(who, READ, id=webhook))["node"]
    node["deliveries"] = [edge["node"] for edge in node["deliveries"]["edges"]]
    return dict(node)


async def wait_until(world: World, webhook: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Reads the webhook until the condition holds, for what the server notes after a receiver has answered."""
    async with asyncio.timeout(PATIENCE):
        while not holds(found := await read(world, webhook)):  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.01)
    return found


async def add_media(world: World, *titles: str, who: str = "manager") -> list[str]:
    """Adds media of these titles. Returns their ids."""
    return [str((await add(world, who, title=title))["id"]) for title in titles]


def attempts(webhook: dict[str, Any]) -> list[tuple[str, str, int, str | None, int | None]]:
    """Returns what the log of deliveries tells, oldest first."""
    told = ("eventType", "state", "attempt", "failure", "status")
    return [tuple(each[name] for name in told) for each in reversed(webhook["deliveries"])]
