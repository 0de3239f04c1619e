"""Streams that end with their lease (rule 66), and send heartbeats while quiet."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, TypeVar

from server.accounts import Lease

T = TypeVar("T")


async def while_leased(
    lease: Lease, items: AsyncGenerator[T, None], beat_seconds: float
) -> AsyncGenerator[T | None, None]:
    """Yields the items until they or the lease end.

    After each `beat_seconds` without an item, yields None as a heartbeat.
    """
    async with aclosing(items):
        item = asyncio.ensure_future(anext(items))
        try:
            while not lease.ended.done():
                either: set[asyncio.Future[Any]] = {item, lease.ended}
                await asyncio.wait(either, timeout=beat_seconds, return_when=asyncio.FIRST_COMPLETED)
                if item.done() and isinstance(item.exception(), StopAsyncIteration):
                    return
                if item.done():
                    yield item.result()
                    item = asyncio.ensure_future(anext(items))
                elif not lease.ended.done():
                    yield None
        finally:
            await stop(item)


async def stop(*tasks: asyncio.Future[Any]) -> None:
    """Cancels tasks, and waits until they have cleaned up. Their results and exceptions are dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
