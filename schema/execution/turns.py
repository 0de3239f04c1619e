"""Turns: new documents are parsed and validated in one thread, one at a time, and so are those of each caller.

The event loop continues meanwhile. A caller's documents wait for each other, and between two of them everyone else has
a turn. A document that is known needs no turn.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from math import ceil
from time import monotonic
from typing import TypeVar
from weakref import WeakValueDictionary

from graphql import GraphQLError

from schema.execution.codes import RequestErrorCode

T = TypeVar("T")

EVERYONE = "everyone"
MINUTE = 60.0
CALLERS = 10_000
"""How many callers are remembered. The one who sent nothing new for the longest time is forgotten first."""

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="documents")
_locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()


@asynccontextmanager
async def turn_of(caller: Hashable) -> AsyncIterator[None]:
    """Waits until it is the caller's turn. What was unknown before may be known then."""
    async with _lock(caller), _lock(EVERYONE):
        yield


async def beside_the_loop(work: Callable[..., T], *arguments: object) -> T:
    """Returns the result of work that was done in the thread. If the caller is cancelled, work that runs is finished."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, work, *arguments)


def _lock(of: Hashable) -> asyncio.Lock:
    return _locks.setdefault(of, asyncio.Lock())


class Allowance:
    """How many characters of new documents each caller may send, all at once or within a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._used: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def use(self, caller: Hashable, characters: int) -> None:
        """Counts a new document of this length. Raises GraphQLError if the caller has sent too many."""
        now = self._clock()
        used, since = self._used.get(caller, (0.0, now))
        used = max(0.0, used - (now - since) * self.per_minute / MINUTE)
        if used and used + characters > self.per_minute:
            raise self._refusal(used + characters)
        self._used[caller] = used + characters, now
        self._used.move_to_end(caller)
        if len(self._used) > CALLERS:
            self._used.popitem(last=False)

    def _refusal(self, wanted: float) -> GraphQLError:
        seconds = (wanted - self.per_minute) * MINUTE / self.per_minute
        return GraphQLError(
            f"You sent {wanted:,.0f} characters of documents that are new here; the limit is {self.per_minute:,} in a"
            " minute. Send the same documents again, with other variables.",
            extensions={
                "code": RequestErrorCode.RATE_LIMITED.value,
                "retryAfterSeconds": min(ceil(seconds), round(MINUTE)),
                "limit": self.per_minute,
            },
        )
