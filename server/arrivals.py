"""Arrivals: how many new connections each address may open, all at once or within a second."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

BURST_SECONDS = 10
"""An address may open at once what it may open in this time."""
ADDRESSES = 10_000
"""How many addresses are remembered. The one that opened nothing for the longest time is forgotten first."""


class Arrivals:
    """A bucket of tokens for each address. A new connection takes one."""

    def __init__(self, per_second: int, clock: Callable[[], float] = monotonic) -> None:
        self.per_second = per_second
        self._most = per_second * BURST_SECONDS
        self._clock = clock
        self._taken: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, address: str) -> bool:
        """Counts a new connection of the address. Returns False if it has opened too many; then it counts nothing."""
        now = self._clock()
        taken, since = self._taken.get(address, (0.0, now))
        taken = max(0.0, taken - (now - since) * self.per_second)
        if taken + 1 > self._most:
            return False
        self._taken[address] = taken + 1, now
        self._taken.move_to_end(address)
        if len(self._taken) > ADDRESSES:
            self._taken.popitem(last=False)
        return True
