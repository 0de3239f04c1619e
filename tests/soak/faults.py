"""The kinds of fault. Each breaks something for some seconds, mends it, and returns how often its effect was seen."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.soak.servers import Site

Break = Callable[[Site, str, float], Awaitable[int]]
LOOK_EVERY = 0.1  # seconds
SEEN_WITHIN = 20.0  # seconds that a fault goes on beyond its time, until its effect was seen


@dataclass(frozen=True)
class Kind:
    name: str
    part: str  # faults of the same part come one after the other
    targets: tuple[str, ...]
    work: Break
    seconds: tuple[float, float] = (0.5, 2.5)
    profiles: tuple[str, ...] = ("postgresql", "sqlite")
    takes: float = 0  # seconds that breaking and mending take besides, roughly
    is_alone: bool = False  # no other fault is active meanwhile
    is_once: bool = False
    is_first: bool = False

    def drawn(self, at: float, chance: random.Random) -> "Planned":
        return Planned(at, self, chance.choice(self.targets), round(chance.uniform(*self.seconds), 2))


@dataclass(frozen=True)
class Planned:
    """A fault of a schedule. `at` is in seconds after the run's start."""

    at: float
    kind: Kind
    target: str
    seconds: float


async def seen(count: Callable[[], int], seconds: float) -> int:
    """Waits for these seconds, and longer until something is counted. Returns what was counted meanwhile."""
    before = count()

    async def look() -> int:
        return count() - before

    return await looked(look, seconds)


async def looked(look: Callable[[], Awaitable[int]], seconds: float) -> int:
    """Looks for these seconds, and longer until something is seen. Returns the most that was seen at once."""
    began, most = time.monotonic(), 0
    while True:
        most = max(most, await look())
        passed = time.monotonic() - began
        if passed >= seconds and (most or passed >= seconds + SEEN_WITHIN):
            return most
        await asyncio.sleep(LOOK_EVERY)
