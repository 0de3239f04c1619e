"""Signs of life: a stream that can tell nothing for too long ends, for any reason."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from models.errors import Unavailable
from models.permissions import Viewer
from models.seldom import Seldom
from subscriptions.crowds import Member
from subscriptions.reader import Pace, Reader
from subscriptions.readers import Readers
from subscriptions.sights import Sight

SILENT = Seldom(logging.getLogger(__name__), "streams could tell nothing for too many seconds, and were ended")

T = TypeVar("T")


class Alive:
    """The stream works, and has nothing to yield."""


ALIVE: Final = Alive()


@dataclass(frozen=True, slots=True)
class InCrowd:
    """The stream waits in a crowd, which keeps the time limit."""

    member: Member


def signs_in_time(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    signs: Callable[[Reader, Sight], AsyncGenerator[T | Alive | InCrowd, None]],
) -> AsyncGenerator[T, None]:
    """Yields the items of `signs`, which gets the gallery's reader and the viewer's sight.

    Raises UNAVAILABLE if no sign of life comes in time.
    """
    return _in_time(readers.pace, _opened(readers, viewer, gallery_id, signs))


async def _opened(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    signs: Callable[[Reader, Sight], AsyncGenerator[T | Alive | InCrowd, None]],
) -> AsyncGenerator[T | Alive | InCrowd, None]:
    async with readers.open(gallery_id) as reader:
        with reader.sights.of(viewer) as sight:
            async with aclosing(signs(reader, sight)) as opened:
                async for sign in opened:
                    yield sign


async def _in_time(pace: Pace, signs: AsyncGenerator[T | Alive | InCrowd, None]) -> AsyncGenerator[T, None]:
    loop = asyncio.get_running_loop()
    alive_at = loop.time()
    async with aclosing(signs):
        while True:
            try:
                async with asyncio.timeout_at(alive_at + pace.silence_seconds):
                    sign = await anext(signs)
            except StopAsyncIteration:
                return
            except TimeoutError:
                SILENT.warn(pace.silence_seconds)
                raise Unavailable from None
            if isinstance(sign, InCrowd):
                await sign.member.left
                alive_at = sign.member.alive_at  # A crowd that has hung has used up a part of the time.
                continue
            if not isinstance(sign, Alive):
                yield sign
            alive_at = loop.time()
