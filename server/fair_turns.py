"""Fair turns: what arrives is parsed, and its requests begin, for a few milliseconds in each turn of the event loop.

Otherwise a thousand connections that send together would hold the loop for a second. Addresses take turns, so that one
that sends little waits for no queue of others.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from time import perf_counter

Work = Callable[[], None]

BUDGET_SECONDS = 0.004
"""How long this may hold the loop in one turn of it. The work that is begun is finished."""


class FairTurns:
    """Runs work at once while there is time in this turn of the loop, and otherwise in one of the next."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._queues: dict[Hashable, deque[Work]] = {}
        self._order: deque[Hashable] = deque()
        self._scheduled = False
        self._running = False

    def take(self, whose: Hashable, work: Work, seconds: float = 0.0) -> None:
        """Runs the work, now or after earlier work of the same holder. It counts at least as so many seconds.

        Work that is a part of running work has its turn already.
        """
        if self._running or (self._spent < BUDGET_SECONDS and whose not in self._queues):
            self._run(work, seconds)
            return
        if whose not in self._queues:
            self._queues[whose] = deque()
            self._order.append(whose)
        self._queues[whose].append(partial(self._run, work, seconds))

    def _run(self, work: Work, seconds: float) -> None:
        outermost, self._running = not self._running, True
        began = perf_counter()
        try:
            work()
        finally:
            # What is a part of other work is measured with it.
            self._spent += max(seconds, perf_counter() - began) if outermost else seconds
            self._running = self._running and not outermost
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._scheduled, self._spent = False, 0.0
        while self._order and self._spent < BUDGET_SECONDS:
            whose = self._order.popleft()
            queue = self._queues[whose]
            work = queue.popleft()
            if queue:
                self._order.append(whose)
            else:
                del self._queues[whose]
            work()
