import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from subscriptions.bus import Bus, WakeUp, open_bus
from subscriptions.redis import RedisBackend
from subscriptions.wakeup import RESYNC, Mailbox, decode, encode
from tests.services import Valkey, wait_until

GALLERY = UUID(int=1)
LIMIT = 1000  # galleries that a mailbox keeps apart

Stream = AsyncGenerator[WakeUp, None]


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def fresh_valkey() -> Iterator[Valkey]:
    """One that the test may kill."""
    with Valkey() as server:
        yield server


@pytest.fixture(params=["memory", "valkey"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    url = request.getfixturevalue("valkey").url if request.param == "valkey" else None
    async with open_bus(url) as opened:
        await published_through(opened)
        yield opened


@asynccontextmanager
async def bus_on(server: Valkey) -> AsyncIterator[Bus]:
    # a heart that beats fast, so that a stall is noticed within the test
    async with Bus(RedisBackend(server.url, heartbeat=0.05)) as opened:
        yield opened


@asynccontextmanager
async def listening(bus: Bus) -> AsyncIterator[Stream]:
    """A stream that is registered: its first resync is taken."""
    async with aclosing(bus.listen()) as stream:
        assert await next_of(stream) == RESYNC
        yield stream


async def next_of(stream: Stream) -> WakeUp:
    async with asyncio.timeout(20):
        return await anext(stream)


async def heard(stream: Stream, wanted: WakeUp) -> list[WakeUp]:
    """What the stream tells up to and with the wanted wake-up."""
    told = [await next_of(stream)]
    while told[-1] != wanted:
        told.append(await next_of(stream))
    return told


async def published_through(*buses: Bus) -> None:
    """Waits until what the first publishes is heard by all, and the resyncs of their connects are behind them."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(listening(bus)) for bus in buses]
        marker = uuid4()
        listeners = [asyncio.create_task(heard(stream, WakeUp(marker, 1))) for stream in streams]
        while not all(listener.done() for listener in listeners):
            buses[0].publish(marker, 1)
            await asyncio.wait(listeners, timeout=0.02)
        await asyncio.gather(*listeners)


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "enfilade.bus"]


async def test_every_publish_arrives(bus: Bus) -> None:
    galleries = {uuid4() for _ in range(LIMIT // 2)}
    async with listening(bus) as stream:
        for gallery_id in galleries:
            bus.publish(gallery_id, 7)
        bus.publish(GALLERY, 8)
        told = await heard(stream, WakeUp(GALLERY, 8))
    assert {wake_up.gallery_id for wake_up in told[:-1]} == galleries
    assert {wake_up.number for wake_up in told[:-1]} == {7}


async def test_each_publish_is_heard_by_a_listener_that_keeps_up(bus: Bus) -> None:
    async with listening(bus) as stream:
        for number in range(1, 200):
            bus.publish(GALLERY, number)
            assert await heard(stream, WakeUp(GALLERY, number)) == [WakeUp(GALLERY, number)]


async def test_concurrent_listeners_all_hear(bus: Bus) -> None:
    async def listen_once() -> list[WakeUp]:
        async with aclosing(bus.listen()) as stream:
            ready.release()
            return await heard(stream, WakeUp(GALLERY, 5))

    ready = asyncio.Semaphore(0)
    listeners = [asyncio.create_task(listen_once()) for _ in range(50)]
    for _ in listeners:
        await ready.acquire()
    bus.publish(GALLERY, 5)
    for told in await asyncio.gather(*listeners):
        assert told == [RESYNC, WakeUp(GALLERY, 5)]


async def test_a_listener_that_left_is_forgotten(bus: Bus) -> None:
    def mailboxes() -> int:
        return sum(isinstance(thing, Mailbox) for thing in gc.get_objects())

    before = mailboxes()
    async with listening(bus) as stream:
        async with listening(bus):
            assert mailboxes() == before + 2
        assert mailboxes() == before + 1
        bus.publish(GALLERY, 1)
        await heard(stream, WakeUp(GALLERY, 1))


async def test_a_bus_that_works_is_healthy(bus: Bus) -> None:
    assert await bus.healthy()


async def test_a_flood_waits_as_the_newest_number(bus: Bus) -> None:
    async with listening(bus) as slow, listening(bus) as quick:
        for number in range(1, 10_001):
            bus.publish(GALLERY, number)
            if number % 100 == 0:
                await heard(quick, WakeUp(GALLERY, number))
        assert await next_of(slow) == WakeUp(GALLERY, 10_000)
        bus.publish(GALLERY, 10_001)
        assert await heard(slow, WakeUp(GALLERY, 10_001)) == [WakeUp(GALLERY, 10_001)]


async def test_a_flood_of_galleries_waits_as_a_resync(bus: Bus) -> None:
    async with listening(bus) as slow, listening(bus) as quick:
        for number in range(1, 3_001):
            bus.publish(UUID(int=number), 1)
            if number % 100 == 0:
                await heard(quick, WakeUp(UUID(int=number), 1))
        told = await heard(slow, WakeUp(UUID(int=3_000), 1))
    assert told[0] == RESYNC
    assert len(told) <= LIMIT + 1


async def test_an_outbox_that_overflows_sends_a_resync(bus: Bus) -> None:
    async with listening(bus) as stream:
        for number in range(1, 3_001):
            bus.publish(UUID(int=number), 1)
        assert RESYNC in await heard(stream, WakeUp(UUID(int=3_000), 1))


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
            await heard(stream, WakeUp(GALLERY, 1))
        with pytest.raises(StopAsyncIteration):
            await next_of(stream)
        async with listening(bus) as late:
            with pytest.raises(StopAsyncIteration):
                await next_of(late)


async def test_two_buses_on_one_broker_hear_each_other(valkey: Valkey) -> None:
    async with bus_on(valkey) as one, bus_on(valkey) as other:
        await published_through(one, other)
        async with listening(one) as at_one, listening(other) as at_other:
            one.publish(GALLERY, 1)
            await heard(at_one, WakeUp(GALLERY, 1))
            await heard(at_other, WakeUp(GALLERY, 1))
            other.publish(GALLERY, 2)
            await heard(at_one, WakeUp(GALLERY, 2))
            await heard(at_other, WakeUp(GALLERY, 2))


async def test_closing_sends_what_was_just_published(valkey: Valkey) -> None:
    async with bus_on(valkey) as one:
        await published_through(one)
        async with listening(one) as stream:
            async with bus_on(valkey) as leaving:
                leaving.publish(GALLERY, 3)
            await heard(stream, WakeUp(GALLERY, 3))


async def test_a_broker_that_dies_and_returns(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with bus_on(fresh_valkey) as one, bus_on(fresh_valkey) as other:
        await published_through(one, other)
        async with listening(one) as at_one, listening(other) as at_other:
            fresh_valkey.kill()
            await until(lambda: len(messages(caplog)) == 2)
            assert not await one.healthy()
            fresh_valkey.start()
            await heard(at_one, RESYNC)
            await heard(at_other, RESYNC)
            one.publish(GALLERY, 1)
            await heard(at_other, WakeUp(GALLERY, 1))
            other.publish(GALLERY, 2)
            await heard(at_one, WakeUp(GALLERY, 2))
            assert await one.healthy()


async def test_a_loss_is_one_line_and_a_return_another(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with bus_on(fresh_valkey) as bus:
        await published_through(bus)
        fresh_valkey.kill()
        bus.publish(GALLERY, 1)
        await until(lambda: len(messages(caplog)) == 1)
        fresh_valkey.start()
        await published_through(bus)
        await until(lambda: len(messages(caplog)) == 2)
    lost, back = messages(caplog)
    assert lost.startswith("Lost the broker at 127.0.0.1:")
    assert back == f"The broker at 127.0.0.1:{fresh_valkey.port} is back."
    assert fresh_valkey.password not in caplog.text


async def test_a_broker_that_stalls_and_goes_on(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    async with bus_on(fresh_valkey) as bus:
        await published_through(bus)
        async with listening(bus) as stream:
            fresh_valkey.pause()
            assert not await bus.healthy()
            await until(lambda: len(messages(caplog)) == 1)
            fresh_valkey.resume()
            await heard(stream, RESYNC)
            await published_through(bus)
            assert await bus.healthy()


async def test_a_long_stall_leaves_no_connections_behind(fresh_valkey: Valkey) -> None:
    async with bus_on(fresh_valkey) as bus, Redis.from_url(fresh_valkey.url) as stranger:
        await published_through(bus)
        fresh_valkey.pause()
        for _ in range(3):
            assert not await bus.healthy()
        fresh_valkey.resume()
        await published_through(bus)
        assert await bus.healthy()
        async with asyncio.timeout(20):
            while len(await stranger.client_list()) > 4:  # listening, publishing, health and the stranger
                pass


async def test_what_is_published_while_the_broker_is_down_is_sent_once_it_is_up(fresh_valkey: Valkey) -> None:
    fresh_valkey.kill()
    async with bus_on(fresh_valkey) as bus:
        bus.publish(GALLERY, 1)
        assert not await bus.healthy()
        fresh_valkey.start()
        async with Redis.from_url(fresh_valkey.url) as stranger, asyncio.timeout(20):
            while "cmdstat_publish" not in await stranger.info("commandstats"):
                pass


async def test_a_bus_opens_while_the_broker_is_down(fresh_valkey: Valkey) -> None:
    fresh_valkey.kill()
    async with bus_on(fresh_valkey) as bus, listening(bus) as stream:
        assert not await bus.healthy()
        fresh_valkey.start()
        await heard(stream, RESYNC)
        await published_through(bus)


async def test_garbage_is_ignored(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    garbage = [b"", b"\xff\xfe", b"{}", b"resync 1", b"1 2", GALLERY.bytes, f"{GALLERY} x".encode(), b"x" * 9999]
    async with bus_on(valkey) as bus, Redis.from_url(valkey.url) as stranger:
        await published_through(bus)
        async with listening(bus) as stream:
            for message in garbage:
                await stranger.publish("enfilade:log", message)
            bus.publish(GALLERY, 1)
            assert await heard(stream, WakeUp(GALLERY, 1)) == [WakeUp(GALLERY, 1)]
        assert bus.undecodable == len(garbage)
    assert len(messages(caplog)) == 1


@pytest.mark.parametrize("state", ["up", "paused", "down", "memory"])
async def test_closing_leaves_nothing_behind(fresh_valkey: Valkey, state: str) -> None:
    before = asyncio.all_tasks()
    async with open_bus(None) if state == "memory" else bus_on(fresh_valkey) as bus:
        await published_through(bus)
        if state == "paused":
            fresh_valkey.pause()
        if state == "down":
            fresh_valkey.kill()
        bus.publish(GALLERY, 1)
    assert asyncio.all_tasks() == before
    gc.collect()  # an unclosed connection would warn, and warnings are errors
    if state == "up":
        async with Redis.from_url(fresh_valkey.url) as client:
            assert len(await client.client_list()) == 1


async def test_closing_at_once_leaves_nothing_behind(valkey: Valkey) -> None:
    before = asyncio.all_tasks()
    for turns in range(20):
        async with asyncio.timeout(20), bus_on(valkey):
            for _ in range(turns):  # so that each step of the connect is the one that is interrupted
                await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    gc.collect()


@pytest.mark.parametrize("url", ["http://secret@host", "redis://:secret/x@host:1"])
def test_an_address_that_cannot_be_read_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="no redis://") as refusal:
        open_bus(url)
    assert "secret" not in str(refusal.getrepr(style="native"))
