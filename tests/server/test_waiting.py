"""The small queue and event of a WebSocket do what uvicorn expects of asyncio's."""

import asyncio

import pytest

from server.waiting import Gate, Inbox
from tests.support.world import PATIENCE


async def has_begun(*tasks: asyncio.Task[None]) -> None:
    """Lets tasks run until they wait."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_an_inbox_keeps_the_order_and_wakes_its_reader() -> None:
    inbox = Inbox()
    assert inbox.empty()
    reading = asyncio.create_task(inbox.get())
    await has_begun(reading)
    for message in ("a", "b", "c"):
        inbox.put_nowait(message)
    assert not inbox.empty()
    async with asyncio.timeout(PATIENCE):
        assert [await reading, await inbox.get(), await inbox.get()] == ["a", "b", "c"]
    assert inbox.empty()


async def test_a_reader_who_is_cancelled_takes_no_message_along() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await has_begun(reading)
    inbox.put_nowait("a")  # It has woken the reader, who has not run yet.
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    inbox.put_nowait("b")
    async with asyncio.timeout(PATIENCE):
        assert [await inbox.get(), await inbox.get()] == ["a", "b"]


async def test_a_gate_stops_those_who_come_while_it_is_closed() -> None:
    gate = Gate()
    assert gate.is_set()
    await gate.wait()
    gate.clear()
    gate.clear()
    assert not gate.is_set()
    waiting = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await has_begun(*waiting)
    waiting[0].cancel()
    await has_begun(*waiting[1:])
    gate.set()
    gate.set()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*waiting[1:])
        await gate.wait()
    assert waiting[0].cancelled()


async def test_a_gate_that_closes_again_at_once_keeps_them() -> None:
    gate = Gate()
    gate.clear()
    waiting = asyncio.create_task(gate.wait())
    await has_begun(waiting)
    gate.set()
    gate.clear()
    await has_begun(waiting)
    gate.set()
    async with asyncio.timeout(PATIENCE):
        await waiting
