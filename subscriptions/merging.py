"""Several generators as one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def merged(parts: Sequence[AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """Yields the items of endless generators as they come. Each is asked for its next item when its last one was taken.

    Raises what one of them raises.
    """
    items: asyncio.Queue[T | Exception] = asyncio.Queue(1)
    tasks = [asyncio.create_task(_put_all(part, items)) for part in parts]
    try:
        while True:
            item = await items.get()
            if isinstance(item, Exception):
                raise item
            yield item
            items.task_done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _put_all(part: AsyncGenerator[T, None], items: asyncio.Queue[T | Exception]) -> None:
    try:
        async with aclosing(part):
            async for item in part:
                await items.put(item)
                await items.join()
    except Exception as error:  # noqa: BLE001  the consumer raises it
        await items.put(error)
