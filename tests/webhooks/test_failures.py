"""What happens when a receiver fails: retries in order, for three days (rule 94), and only the status is kept (rule 95)."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from models.storage.base import new_id
from models.tables.webhooks import DELIVERIES_KEPT, WebhookDelivery, WebhookDeliveryState
from server import receivers
from server.accounts import THE_SERVER
from tests.support.event_streams import GALLERY, is_live, next_event
from tests.support.people import local
from tests.support.receiver import Receiver, receiving
from tests.support.services import free_port
from tests.support.webhooks import VERBS, act, add_media, attempts, create, read, wait_until
from tests.support.world import PATIENCE, World


async def test_a_failed_delivery_is_retried_and_what_follows_waits(world: World, receiver: Receiver) -> None:
    """Rules 92, 94: the same id each time; the next event comes after it."""
    receiver.status = 500
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One", "Two")
    for pause in (5, 30, 120):
        failing = await wait_until(world, webhook, lambda of: of["nextAttemptAt"])
        assert failing["firstFailedAt"]
        world.clock.advance(seconds=pause * 1.2)
        await wait_until(world, webhook, partial(has_more_than, failing))
    receiver.status = 200
    world.clock.advance(minutes=12)
    received = await receiver.wait_for(6)
    assert len({each.id for each in received[:5]}) == 1
    healthy = await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 6)
    assert attempts(healthy) == [
        *(("MediaAdded", "FAILED", number, "STATUS", 500) for number in range(1, 5)),
        ("MediaAdded", "SUCCEEDED", 5, None, 200),
        ("MediaAdded", "SUCCEEDED", 1, None, 200),
    ]
    assert (healthy["firstFailedAt"], healthy["nextAttemptAt"]) == (None, None)


def has_more_than(before: dict[str, Any], webhook: dict[str, Any]) -> bool:
    return len(webhook["deliveries"]) > len(before["deliveries"])


async def test_after_three_days_it_is_disabled_and_managers_are_told(world: World, receiver: Receiver) -> None:
    """Rule 94: by its state, an event and an audit record. Switched on again, it goes on where it failed."""
    receiver.status = 503
    webhook = (await create(world, receiver.url, eventTypes=["MediaAdded"]))["webhook"]["id"]
    await add_media(world, "Late")
    await wait_until(world, webhook, lambda of: of["nextAttemptAt"])
    async with world.socket("manager", world.token("manager", lifetime=timedelta(days=9))) as socket:
        stream = await socket.subscribe(GALLERY, gallery=world.gallery)
        await is_live(stream)
        world.clock.advance(days=3)
        assert (await next_event(stream))["__typename"] == "WebhookDisabled"
    disabled = await read(world, webhook)
    assert (disabled["enabled"], disabled["disabledReason"]) == (False, "FAILURES")
    assert disabled["disabledAt"]
    receiver.status = 204
    await act(world, "updateWebhook", webhook, enabled=True)
    received = await receiver.wait_for(3)
    assert len({each.id for each in received}) == 1


async def test_a_receiver_that_is_gone_is_called_no_more(world: World, receiver: Receiver) -> None:
    """Rule 94: the status 410 disables at once."""
    receiver.status = 410
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One", "Two")
    gone = await wait_until(world, webhook, lambda of: not of["enabled"])
    assert gone["disabledReason"] == "GONE"
    assert attempts(gone) == [("MediaAdded", "FAILED", 1, "STATUS", 410)]


async def test_what_a_manager_disabled_meanwhile_keeps_their_reason(world: World, receiver: Receiver) -> None:
    """Rule 94: managers are told of it once."""
    receiver.status = 410
    receiver.open.clear()
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One")
    await receiver.wait_for(1)
    await act(world, "updateWebhook", webhook, enabled=False)
    receiver.open.set()
    disabled = await wait_until(world, webhook, lambda of: of["deliveries"])
    assert disabled["disabledReason"] == "MANAGER"


async def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    """Rule 95."""
    async with receiving() as elsewhere:
        receiver.status, receiver.more = 307, f"location: {elsewhere.url}\r\n"
        webhook = (await create(world, receiver.url))["webhook"]["id"]
        await add_media(world, "One")
        failing = await wait_until(world, webhook, lambda of: of["deliveries"])
        assert attempts(failing) == [("MediaAdded", "FAILED", 1, "STATUS", 307)]
        assert elsewhere.received == []


async def test_a_body_is_not_read(world: World, receiver: Receiver) -> None:
    """Rule 95: the status counts, also where the body is long and never comes."""
    receiver.status, receiver.more = 200, "content-length: 1000000000\r\n"
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One", "Two")
    healthy = await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 2)
    assert attempts(healthy) == [("MediaAdded", "SUCCEEDED", 1, None, 200)] * 2


async def test_a_short_body_that_does_not_come_is_not_waited_for(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 95: the receiver has accepted."""
    monkeypatch.setattr(receivers, "SKIP_SECONDS", 0.02)
    receiver.status, receiver.more = 200, "content-length: 10\r\n"
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One", "Two")
    healthy = await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 2)
    assert attempts(healthy) == [("MediaAdded", "SUCCEEDED", 1, None, 200)] * 2


@pytest.mark.parametrize(
    ("url", "failure"), [("http://127.0.0.1:{}/", "CONNECTION"), ("http://no.invalid/", "ADDRESS")]
)
async def test_a_receiver_that_cannot_be_reached(world: World, receiver: Receiver, url: str, failure: str) -> None:
    webhook = (await create(world, url.format(free_port())))["webhook"]["id"]
    await add_media(world, "One")
    failing = await wait_until(world, webhook, lambda of: of["deliveries"])
    assert attempts(failing) == [("MediaAdded", "FAILED", 1, failure, None)]


async def test_an_answer_that_is_not_http_is_a_failure(world: World, receiver: Receiver) -> None:
    receiver.raw = b"nonsense\r\n\r\n"
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One")
    failing = await wait_until(world, webhook, lambda of: of["deliveries"])
    assert attempts(failing) == [("MediaAdded", "FAILED", 1, "CONNECTION", None)]


async def test_a_test_is_sent_also_while_it_is_disabled(world: World, receiver: Receiver) -> None:
    made = await create(world, receiver.url)
    webhook = made["webhook"]["id"]
    await act(world, "updateWebhook", webhook, enabled=False)
    await add_media(world, "Not sent")
    ordered = (await act(world, "testWebhook", webhook))["delivery"]
    assert ordered["state"] == "PENDING"
    (test,) = await receiver.wait_for(1)
    assert test.verify(made["secret"])
    assert (test.type, test.payload["data"]["ids"]["webhookId"]) == ("WebhookTest", webhook)
    done = await wait_until(world, webhook, lambda of: of["deliveries"][0]["state"] != "PENDING")
    assert attempts(done) == [("WebhookTest", "SUCCEEDED", 1, None, 204)]
    assert done["deliveries"][0]["id"] == ordered["id"]
    await act(world, "testWebhook", webhook)
    await receiver.wait_for(2)
    assert receiver.types == ["WebhookTest", "WebhookTest"]


async def test_a_test_that_fails_is_not_tried_again_and_only_five_wait(world: World, receiver: Receiver) -> None:
    receiver.status = 500
    receiver.open.clear()
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    for _ in range(5):
        await act(world, "testWebhook", webhook)
    refused = await world.refused("manager", VERBS["testWebhook"], input={"webhookId": webhook})
    assert (refused["code"], refused["field"]) == ("CONFLICT", ["input", "webhookId"])
    receiver.open.set()
    failed = await wait_until(world, webhook, lambda of: all(each["state"] == "FAILED" for each in of["deliveries"]))
    assert attempts(failed) == [("WebhookTest", "FAILED", 1, "STATUS", 500)] * 5
    assert (failed["enabled"], failed["nextAttemptAt"]) == (True, None)


async def test_the_log_keeps_the_last_thousand_deliveries(world: World, receiver: Receiver) -> None:
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    now = world.clock()
    many = [
        {
            "id": new_id(),
            "webhook_id": local(webhook),
            "gallery_id": local(world.gallery),
            "message_id": "msg",
            "event_type": "MediaAdded",
            "attempt": 1,
            "state": WebhookDeliveryState.SUCCEEDED,
            "created_at": now - timedelta(hours=1),
        }
        for _ in range(DELIVERIES_KEPT + 50)
    ]
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(insert(WebhookDelivery), many))
    receiver.status = 500  # after a failure the courier goes, and forgets
    await add_media(world, "One")
    await wait_until(world, webhook, lambda of: of["nextAttemptAt"])
    count = "query ($id: ID!) { node(id: $id) { ... on Webhook { deliveries(first: 1) { totalCount } } } }"

    async def counted() -> int:
        return int((await world.query("manager", count, id=webhook))["node"]["deliveries"]["totalCount"])

    async with asyncio.timeout(PATIENCE):
        while await counted() != DELIVERIES_KEPT:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("header", ["content-length", "Content-Length"])
async def test_a_connection_is_used_again_after_a_short_answer(world: World, receiver: Receiver, header: str) -> None:
    receiver.raw = f"HTTP/1.1 200 OK\r\n{header}: 2\r\n\r\nok".encode()
    webhook = (await create(world, receiver.url))["webhook"]["id"]
    await add_media(world, "One", "Two", "Three")
    await wait_until(world, webhook, lambda of: len(of["deliveries"]) == 3)
    assert receiver.connections == 1
