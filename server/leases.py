"""Streams that end with their lease (rule 66)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from server.accounts import Lease

T = TypeVar("T")


async def while_leased(lease: Lease, items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The items, until they or the lease end."""
    ended = asyncio.ensure_future(lease.ended.wait())
    async with aclosing(items):
        try:
            while True:
                item = asyncio.ensure_future(anext(items))
                try:
                    await asyncio.wait({item, ended}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not item.done():
                        item.cancel()
                        await asyncio.wait({item})
                if item.cancelled():
                    return
                try:
                    yield item.result()
                except StopAsyncIteration:
                    return
        finally:
            ended.cancel()
