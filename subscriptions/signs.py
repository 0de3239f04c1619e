"""Signs of life: a stream that can tell nothing for too long ends, for any reason."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeVar

from models.errors import Unavailable
from subscriptions.crowds import Member
from subscriptions.reader import Pace

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Alive:
    """The stream works, and has nothing to yield."""


ALIVE: Final = Alive()


@dataclass(frozen=True, slots=True)
class InCrowd:
    """The stream waits in a crowd, which keeps the time limit."""

    member: Member


async def in_time(pace: Pace, signs: AsyncGenerator[T | Alive | InCrowd, None]) -> AsyncGenerator[T, None]:
    """Yields all items. Raises UNAVAILABLE if no sign of life comes in time."""
    async with aclosing(signs):
        while True:
            try:
                async with asyncio.timeout(pace.silence_seconds):
                    sign = await anext(signs)
            except StopAsyncIteration:
                return
            except TimeoutError:
                logger.warning("a stream could tell nothing for %s s, and was ended", pace.silence_seconds)
                raise Unavailable from None
            if isinstance(sign, InCrowd):
                await sign.member.left
            elif not isinstance(sign, Alive):
                yield sign
