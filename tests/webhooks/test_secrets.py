"""The secrets of webhooks: told once, encrypted in the database, and changed without a gap (rule 93)."""

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from models.events.log import LogEntry
from models.storage.base import Base
from server.settings import Settings
from tests.support.production import production
from tests.support.receiver import Receiver, receiving
from tests.support.webhooks import SENDING, URL, VERBS, act, add_media, attempts, create, given_webhook, wait_until
from tests.support.world import World, open_world


async def test_both_secrets_sign_for_a_time(world: World, receiver: Receiver) -> None:
    """Rule 93: a receiver that knows either accepts; afterwards only the new one signs."""
    made = await create(world, receiver.url)
    webhook, old = made["webhook"]["id"], made["secret"]
    rotated = await act(world, "rotateWebhookSecret", webhook, overlapSeconds=3_600)
    new = rotated["secret"]
    assert new.startswith("whsec_")
    assert new != old
    assert rotated["webhook"]["oldSecretExpiresAt"]
    await receiver.wait_for(1)  # that it was saved
    await add_media(world, "Both")
    added = await receiver.wait_for_type("MediaAdded")
    assert added.verify(old) == added.verify(new) == added.payload
    world.clock.advance(seconds=3_601)
    await add_media(world, "New")
    later = (await receiver.wait_for(3))[-1]
    assert later.is_signed_by(new)
    assert not later.is_signed_by(old)
    assert later.headers["webhook-signature"].count("v1,") == 1
    at_once = await act(world, "rotateWebhookSecret", webhook, overlapSeconds=0)
    assert at_once["webhook"]["oldSecretExpiresAt"] is None


async def test_the_database_alone_discloses_no_secret(world: World, receiver: Receiver) -> None:
    """Rule 93: not in the tables of keys and of the log either. A retry with the same key is told the same secret."""
    given = {**given_webhook(world.gallery, receiver.url), "idempotencyKey": "once"}
    told = [(await world.mutate("manager", VERBS["createWebhook"], input=given))["secret"] for _ in range(2)]
    assert told[0] == told[1]
    secret = told[0].removeprefix("whsec_")
    for table in Base.metadata.sorted_tables:
        rows = await world.database.reads.rows(select(table))
        assert not [row for row in rows if any(secret in str(value) for value in row)], table.name


@pytest.mark.second_tier
async def test_with_another_key_it_is_disabled_until_its_secret_is_rotated(settings: Settings) -> None:
    """Rule 94: nothing is sent that nobody could verify."""
    async with receiving() as receiver:
        async with open_world(settings.model_copy(update=SENDING | {"webhook_secret": SecretStr("a" * 32)})) as world:
            webhook = (await create(world, receiver.url))["webhook"]["id"]
        async with open_world(settings.model_copy(update=SENDING | {"webhook_secret": SecretStr("b" * 32)})) as world:
            await add_media(world, "One")
            disabled = await wait_until(world, webhook, lambda of: not of["enabled"])
            assert (disabled["disabledReason"], receiver.received) == ("KEY_CHANGED", [])
            await act(world, "testWebhook", webhook)
            tested = await wait_until(world, webhook, lambda of: of["deliveries"][0]["state"] != "PENDING")
            assert attempts(tested) == [("WebhookTest", "FAILED", 1, "KEY", None)]
            told = select(LogEntry.kind).where(LogEntry.kind == "WebhookDisabled")
            assert await world.database.reads.values(told) == ["WebhookDisabled"]
            secret = (await act(world, "rotateWebhookSecret", webhook))["secret"]
            await act(world, "updateWebhook", webhook, enabled=True)
            added = await receiver.wait_for_type("MediaAdded")
            assert added.verify(secret)


async def test_without_a_key_of_its_own_a_server_makes_none(settings: Settings) -> None:
    """Rule 93: outside development mode."""
    async with open_world(production(settings)) as world:
        refused = await world.refused("manager", VERBS["createWebhook"], input=given_webhook(world.gallery, URL))
        assert refused["code"] == "CONFLICT"
        assert "ENFILADE_WEBHOOK_SECRET" in refused["message"]


async def test_outside_development_mode_only_https_is_accepted(settings: Settings) -> None:
    """Rule 95."""
    async with open_world(production(settings, webhook_secret=SecretStr("k" * 32))) as world:
        insecure = given_webhook(world.gallery, "http://receiver.example/")
        refused = await world.refused("manager", VERBS["createWebhook"], input=insecure)
        assert (refused["code"], refused["field"]) == ("INVALID", ["input", "url"])
        assert (await create(world, URL))["secret"]
