"""Rule 96: one process at a time serves a webhook, and a receiver that hangs delays nobody else."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from models.cursors import Position
from models.storage.base import new_id
from models.tables.webhooks import WebhookDisabledReason, position_of
from resolvers.webhook_deliveries import claim, disable, held, passed, release, renew
from server.accounts import THE_SERVER
from server.settings import Settings
from tests.support.event_streams import EVENTS, is_live, say, until
from tests.support.people import local
from tests.support.receiver import Receiver, receiving
from tests.support.webhooks import SENDING, add_media, attempts, create, read, wait_until
from tests.support.world import World, open_world


async def test_receivers_that_hang_delay_no_other_webhook_and_no_subscriber(settings: Settings) -> None:
    """Rule 96: no connection to the database is held while a receiver is waited for."""
    few = SENDING | {"webhook_calls": 8}
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(settings.model_copy(update=few)))
        hanging = [await stack.enter_async_context(receiving(is_open=False)) for _ in range(5)]
        assert len(hanging) > settings.database_connections
        quick = await stack.enter_async_context(receiving())
        for each in hanging:
            await create(world, each.url, eventTypes=["MediaAdded"])
        await create(world, quick.url, eventTypes=["MediaAdded"])
        await add_media(world, "One")
        for each in hanging:
            await each.wait_for(1)
        await world.enter("moderator", "student-001")
        async with world.socket("moderator") as socket:
            stream = await socket.subscribe(EVENTS, room=world.room)
            await is_live(stream)
            await say(world, 1, 3)
            await until(stream, "message 3")
        await add_media(world, "Two", "Three")
        await quick.wait_for(3)
        assert [len(each.received) for each in hanging] == [1] * 5
        for each in hanging:
            each.open.set()
        for each in hanging:
            assert [one.payload["data"]["ids"]["mediaId"] for one in await each.wait_for(3)] == [
                one.payload["data"]["ids"]["mediaId"] for one in quick.received
            ]


@pytest.mark.second_tier
async def test_the_calls_of_a_process_are_bounded(settings: Settings) -> None:
    """Rule 96."""
    narrow = settings.model_copy(update=SENDING | {"webhook_calls": 1})
    async with receiving(is_open=False) as receiver, open_world(narrow) as world:
        for _ in range(2):
            await create(world, receiver.url, eventTypes=["MediaAdded"])
        await add_media(world, "One")
        await receiver.wait_for(1)
        await add_media(world, "Two", "Three", "Four")
        assert len(receiver.received) == 1
        receiver.open.set()
        await receiver.wait_for(8)


@pytest.mark.second_tier
async def test_a_receiver_that_is_too_slow_has_failed(settings: Settings) -> None:
    """Rule 94."""
    hasty = settings.model_copy(update=SENDING | {"webhook_seconds": 0.1})
    async with receiving(is_open=False) as receiver, open_world(hasty) as world:
        webhook = (await create(world, receiver.url))["webhook"]["id"]
        await add_media(world, "One")
        failing = await wait_until(world, webhook, lambda of: of["deliveries"])
        assert attempts(failing) == [("MediaAdded", "FAILED", 1, "TIMEOUT", None)]


async def test_two_processes_send_each_event_once(settings: Settings) -> None:
    """Rules 92, 96: and when one of them stops, the other goes on at once."""
    async with receiving() as receiver, AsyncExitStack() as stack:
        settings = settings.model_copy(update=SENDING)
        async with open_world(settings) as first:
            second = await stack.enter_async_context(open_world(settings))
            webhook = (await create(first, receiver.url, eventTypes=["MediaAdded"]))["webhook"]["id"]
            media = [*await add_media(first, "One", "Two"), *await add_media(second, "Three", "Four")]
            await wait_until(second, webhook, lambda of: len(of["deliveries"]) == 4)
        media += await add_media(second, "Five")
        await wait_until(second, webhook, lambda of: len(of["deliveries"]) == 5)
        assert [each.payload["data"]["ids"]["mediaId"] for each in receiver.received] == media
        assert {each["state"] for each in (await read(second, webhook))["deliveries"]} == {"SUCCEEDED"}


async def test_a_lease_is_one_process_s(world: World, receiver: Receiver) -> None:
    """Rule 96: what the holder of a lost lease does changes nothing."""
    webhook = local((await create(world, receiver.url))["webhook"]["id"])
    first, second, transact = new_id(), new_id(), partial(world.database.transact, THE_SERVER, "test")

    async def claimed(me: UUID) -> bool:
        until = world.clock() + timedelta(seconds=60)
        return await transact(partial(claim, webhook_id=webhook, me=me, until=until))

    assert [await claimed(first), await claimed(second), await claimed(first)] == [True, False, False]
    mine = await held(world.database.reads, webhook, first)
    assert mine
    world.clock.advance(seconds=61)
    later = world.clock() + timedelta(seconds=60)
    assert not await transact(partial(renew, webhook_id=webhook, me=first, until=later))
    assert await claimed(second)
    assert await held(world.database.reads, webhook, first) is None
    assert not await transact(partial(passed, webhook=mine.webhook, me=first, to=Position(9, 9)))
    await transact(partial(disable, webhook=mine.webhook, me=first, reason=WebhookDisabledReason.GONE))
    await transact(partial(release, webhook_id=webhook, me=first))
    theirs = await held(world.database.reads, webhook, second)
    assert theirs
    assert theirs.webhook.enabled
    assert position_of(theirs.webhook) == position_of(mine.webhook)


@pytest.mark.second_tier
async def test_a_lease_that_was_lost_ends_the_work(settings: Settings) -> None:
    """Rule 96: whoever lost the lease notes nothing, so the other process's work is not undone."""
    async with receiving(is_open=False) as receiver:
        settings = settings.model_copy(update=SENDING)
        async with open_world(settings) as first, open_world(settings, first.clock) as second:
            webhook = (await create(first, receiver.url, eventTypes=["MediaAdded"]))["webhook"]["id"]
            await add_media(first, "One", "Two")
            await receiver.wait_for(1)
            first.clock.advance(seconds=61)
            await receiver.wait_for(2)
            receiver.open.set()
            await wait_until(second, webhook, lambda of: {each["attempt"] for each in of["deliveries"]} == {1})
            received = await receiver.wait_for(3)
            await asyncio.sleep(0)
            ids = [each.id for each in received]
            assert ids[0] == ids[1] != ids[2]
