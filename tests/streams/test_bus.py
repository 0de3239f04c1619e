import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from uuid import UUID, uuid4

import pytest

from subscriptions.bus import Bus, WakeUp, open_bus
from subscriptions.wakeup import RESYNC, Mailbox, decode, encode
from tests.support.bus import GALLERY, listening, next_of, wait_for_delivery, wake_ups_until
from tests.support.services import Valkey

LIMIT = 1000  # galleries that one mailbox keeps apart


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture(params=["memory", "valkey"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    url = request.getfixturevalue("valkey").url if request.param == "valkey" else None
    async with open_bus(url) as opened:
        await wait_for_delivery(opened)
        yield opened


async def test_every_publish_arrives(bus: Bus) -> None:
    galleries = {uuid4() for _ in range(LIMIT // 2)}
    async with listening(bus) as stream:
        for gallery_id in galleries:
            bus.publish(gallery_id, 7)
        bus.publish(GALLERY, 8)
        told = await wake_ups_until(stream, WakeUp(GALLERY, 8))
    assert {wake_up.gallery_id for wake_up in told[:-1]} == galleries
    assert {wake_up.number for wake_up in told[:-1]} == {7}


async def test_each_publish_is_heard_by_a_listener_that_keeps_up(bus: Bus) -> None:
    async with listening(bus) as stream:
        for number in range(1, 200):
            bus.publish(GALLERY, number)
            assert await wake_ups_until(stream, WakeUp(GALLERY, number)) == [WakeUp(GALLERY, number)]


async def test_concurrent_listeners_all_hear(bus: Bus) -> None:
    async def listen_once() -> list[WakeUp]:
        async with aclosing(bus.listen()) as stream:
            ready.release()
            return await wake_ups_until(stream, WakeUp(GALLERY, 5))

    ready = asyncio.Semaphore(0)
    listeners = [asyncio.create_task(listen_once()) for _ in range(50)]
    for _ in listeners:
        await ready.acquire()
    bus.publish(GALLERY, 5)
    for told in await asyncio.gather(*listeners):
        assert told == [RESYNC, WakeUp(GALLERY, 5)]


async def test_a_listener_that_left_is_forgotten(bus: Bus) -> None:
    def mailboxes() -> int:
        gc.collect()
        return sum(isinstance(thing, Mailbox) for thing in gc.get_objects())

    before = mailboxes()
    async with listening(bus) as stream:
        async with listening(bus):
            assert mailboxes() == before + 2
        assert mailboxes() == before + 1
        bus.publish(GALLERY, 1)
        await wake_ups_until(stream, WakeUp(GALLERY, 1))


async def test_a_bus_that_works_is_healthy(bus: Bus) -> None:
    assert await bus.healthy()


async def test_a_flood_waits_as_the_newest_number(bus: Bus) -> None:
    async with listening(bus) as slow, listening(bus) as quick:
        for number in range(1, 10_001):
            bus.publish(GALLERY, number)
            if number % 100 == 0:
                await wake_ups_until(quick, WakeUp(GALLERY, number))
        assert await next_of(slow) == WakeUp(GALLERY, 10_000)
        bus.publish(GALLERY, 10_001)
        assert await wake_ups_until(slow, WakeUp(GALLERY, 10_001)) == [WakeUp(GALLERY, 10_001)]


async def test_a_flood_of_galleries_waits_as_a_resync(bus: Bus) -> None:
    async with listening(bus) as slow, listening(bus) as quick:
        for number in range(1, 3_001):
            bus.publish(UUID(int=number), 1)
            if number % 100 == 0:
                await wake_ups_until(quick, WakeUp(UUID(int=number), 1))
        told = await wake_ups_until(slow, WakeUp(UUID(int=3_000), 1))
    assert told[0] == RESYNC
    assert len(told) <= LIMIT + 1


async def test_an_outbox_that_overflows_sends_a_resync(bus: Bus) -> None:
    async with listening(bus) as stream:
        for number in range(1, 3_001):
            bus.publish(UUID(int=number), 1)
        assert RESYNC in await wake_ups_until(stream, WakeUp(UUID(int=3_000), 1))


def test_a_mailbox_holds_no_more_than_its_limit() -> None:
    mailbox = Mailbox(limit=10)
    for number in range(1, 1000):
        mailbox.put(WakeUp(UUID(int=number), number))
        mailbox.put(WakeUp(GALLERY, number))
        assert len(mailbox) <= 11


async def test_a_mailbox_never_goes_back_to_a_lower_number() -> None:
    mailbox = Mailbox()
    mailbox.put(WakeUp(GALLERY, 9))
    mailbox.put(WakeUp(GALLERY, 8))
    mailbox.close()
    assert [wake_up async for wake_up in mailbox] == [WakeUp(GALLERY, 9)]


@pytest.mark.parametrize("wake_up", [RESYNC, WakeUp(GALLERY, 1), WakeUp(uuid4(), 2**62)])
def test_the_wire_gives_back_what_it_was_given(wake_up: WakeUp) -> None:
    assert decode(encode(wake_up)) == wake_up


async def test_listening_ends_when_the_bus_closes() -> None:
    async with AsyncExitStack() as stack:
        async with open_bus(None) as bus:
            stream = await stack.enter_async_context(listening(bus))
            bus.publish(GALLERY, 1)
            await wake_ups_until(stream, WakeUp(GALLERY, 1))
        with pytest.raises(StopAsyncIteration):
            await next_of(stream)
        async with listening(bus) as late:
            with pytest.raises(StopAsyncIteration):
                await next_of(late)
