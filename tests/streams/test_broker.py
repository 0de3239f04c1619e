import asyncio
import gc
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis

from subscriptions.bus import Bus, WakeUp, open_bus
from subscriptions.redis import RedisBackend
from subscriptions.wakeup import RESYNC
from tests.support.bus import GALLERY, bus_on, listening, wait_for_delivery, wake_ups_until
from tests.support.services import Valkey, wait_until


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def fresh_valkey() -> Iterator[Valkey]:
    """A Valkey server that the test may kill."""
    with Valkey() as server:
        yield server


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition)


async def eventually(ask: Callable[[], Awaitable[Any]], satisfied: Callable[[Any], bool]) -> None:
    deadline = time.monotonic() + 20
    while not satisfied(answer := await ask()):
        assert time.monotonic() < deadline, answer


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "enfilade.bus"]


async def test_two_buses_on_one_broker_hear_each_other(valkey: Valkey) -> None:
    async with bus_on(valkey) as one, bus_on(valkey) as other:
        await wait_for_delivery(one, other)
        async with listening(one) as at_one, listening(other) as at_other:
            one.publish(GALLERY, 1)
            await wake_ups_until(at_one, WakeUp(GALLERY, 1))
            await wake_ups_until(at_other, WakeUp(GALLERY, 1))
            other.publish(GALLERY, 2)
            await wake_ups_until(at_one, WakeUp(GALLERY, 2))
            await wake_ups_until(at_other, WakeUp(GALLERY, 2))


async def test_closing_sends_what_was_just_published(valkey: Valkey) -> None:
    async with bus_on(valkey) as one:
        await wait_for_delivery(one)
        async with listening(one) as stream:
            async with bus_on(valkey) as leaving:
                leaving.publish(GALLERY, 3)
            await wake_ups_until(stream, WakeUp(GALLERY, 3))


async def test_a_broker_that_dies_and_returns(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with bus_on(fresh_valkey) as one, bus_on(fresh_valkey) as other:
        await wait_for_delivery(one, other)
        async with listening(one) as at_one, listening(other) as at_other:
            fresh_valkey.kill()
            await until(lambda: len(messages(caplog)) == 2)
            assert not await one.healthy()
            fresh_valkey.start()
            await wake_ups_until(at_one, RESYNC)
            await wake_ups_until(at_other, RESYNC)
            one.publish(GALLERY, 1)
            await wake_ups_until(at_other, WakeUp(GALLERY, 1))
            other.publish(GALLERY, 2)
            await wake_ups_until(at_one, WakeUp(GALLERY, 2))
            assert await one.healthy()


async def test_a_loss_is_one_line_and_a_return_another(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with bus_on(fresh_valkey) as bus:
        await wait_for_delivery(bus)
        fresh_valkey.kill()
        bus.publish(GALLERY, 1)
        await until(lambda: len(messages(caplog)) == 1)
        fresh_valkey.start()
        await wait_for_delivery(bus)
        await until(lambda: len(messages(caplog)) == 2)
    lost, back = messages(caplog)
    assert lost.startswith("Lost the broker at 127.0.0.1:")
    assert back == f"The broker at 127.0.0.1:{fresh_valkey.port} is back."
    assert fresh_valkey.password not in caplog.text


async def test_a_broker_that_stalls_and_goes_on(fresh_valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    async with bus_on(fresh_valkey) as bus:
        await wait_for_delivery(bus)
        async with listening(bus) as stream:
            fresh_valkey.pause()
            bus.publish(GALLERY, 1)
            assert not await bus.healthy()
            await until(lambda: len(messages(caplog)) == 1)
            fresh_valkey.resume()
            await wake_ups_until(stream, RESYNC)
            await wait_for_delivery(bus)
            assert await bus.healthy()


async def test_losing_the_broker_again_and_again_leaks_no_connection(valkey: Valkey) -> None:
    backend = RedisBackend(f"{valkey.url}?max_connections=2")
    async with Bus(backend) as bus, Redis.from_url(valkey.url) as stranger:
        await wait_for_delivery(bus)
        async with listening(bus) as stream:
            for _ in range(5):
                await stranger.client_kill_filter(_type="pubsub")
                await wake_ups_until(stream, RESYNC)


async def test_what_is_published_while_the_broker_is_down_is_sent_once_it_is_up(fresh_valkey: Valkey) -> None:
    fresh_valkey.kill()
    async with bus_on(fresh_valkey) as bus:
        bus.publish(GALLERY, 1)
        assert not await bus.healthy()
        fresh_valkey.start()
        async with Redis.from_url(fresh_valkey.url) as stranger:
            await eventually(lambda: stranger.info("commandstats"), lambda stats: "cmdstat_publish" in stats)


async def test_a_bus_opens_while_the_broker_is_down(fresh_valkey: Valkey) -> None:
    fresh_valkey.kill()
    async with bus_on(fresh_valkey) as bus, listening(bus) as stream:
        assert not await bus.healthy()
        fresh_valkey.start()
        await wake_ups_until(stream, RESYNC)
        await wait_for_delivery(bus)


async def test_garbage_is_ignored(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    garbage = [b"", b"\xff\xfe", b"{}", b"resync 1", b"1 2", GALLERY.bytes, f"{GALLERY} x".encode(), b"x" * 9999]
    async with bus_on(valkey) as bus, Redis.from_url(valkey.url) as stranger:
        await wait_for_delivery(bus)
        async with listening(bus) as stream:
            for message in garbage:
                await stranger.publish("enfilade:log", message)
            bus.publish(GALLERY, 1)
            assert await wake_ups_until(stream, WakeUp(GALLERY, 1)) == [WakeUp(GALLERY, 1)]
        assert bus.undecodable == len(garbage)
    assert len(messages(caplog)) == 1


@pytest.mark.parametrize("state", ["up", "paused", "down", "memory"])
async def test_closing_leaves_nothing_behind(fresh_valkey: Valkey, state: str) -> None:
    before = asyncio.all_tasks()
    async with open_bus(None) if state == "memory" else bus_on(fresh_valkey) as bus:
        await wait_for_delivery(bus)
        if state == "paused":
            fresh_valkey.pause()
        if state == "down":
            fresh_valkey.kill()
        bus.publish(GALLERY, 1)
    assert asyncio.all_tasks() == before
    gc.collect()  # an unclosed connection would warn here, and warnings are errors
    if state == "up":
        async with Redis.from_url(fresh_valkey.url) as client:
            await eventually(client.client_list, lambda clients: len(clients) == 1)


async def test_closing_at_once_leaves_nothing_behind(valkey: Valkey) -> None:
    before = asyncio.all_tasks()
    for turns in range(20):
        async with asyncio.timeout(20), bus_on(valkey):
            for _ in range(turns):  # so that each step of connecting is interrupted once
                await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    gc.collect()


@pytest.mark.parametrize("url", ["http://secret@host", "redis://:secret/x@host:1"])
def test_an_address_that_cannot_be_read_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="no redis://") as refusal:
        open_bus(url)
    assert "secret" not in str(refusal.getrepr(style="native"))
