"""The load of a run: 16 writers and 64 subscribers in eight galleries."""

import asyncio
import time

from tests.soak.dump import dump
from tests.soak.ground import SEATS, Ground, Place, populate
from tests.soak.history import History, Stalled
from tests.soak.servers import Site
from tests.soak.subscribers import Subscriber
from tests.soak.writers import Writer

__all__ = ["Load", "dump", "populate"]

LOOK_EVERY, STALL = 0.25, 1.0  # seconds
CALM = 2.0  # seconds until hardly anybody opens a stream any more
LAST = 0.2  # seconds in which the last acts begin


class Load:
    def __init__(self, ground: Ground, site: Site, seed: int) -> None:
        self._history = History(site.folder / "load.jsonl")
        shared = site.servers, site.token, self._history
        self._writers = [
            Writer(name, place, *shared, f"{seed} {name}")
            for place in ground.places
            for name in (place.manager, place.student)
        ]
        self._subscribers = [
            Subscriber(place, seat, *shared, f"{seed} {place.number} {seat}", site, _other(ground, place))
            for place in ground.places
            for seat in range(len(SEATS))
        ]
        self._following = [asyncio.create_task(each.follow()) for each in self._subscribers]
        self._following.append(asyncio.create_task(self._look_at_the_clock()))

    async def run(self, until: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            for writer in self._writers:
                tasks.create_task(writer.write(until))

    async def _look_at_the_clock(self) -> None:
        """Notes when the run itself gets no processor: what its clients see late then says nothing of the servers."""
        while True:
            before = time.time()
            await asyncio.sleep(LOOK_EVERY)
            if (late := time.time() - before - LOOK_EVERY) > STALL:
                self._history.note(Stalled(time.time(), late))

    async def settle(self, seconds: float) -> None:
        """Lets subscribers stay on their streams, and each writer act once more when they do.

        A stream that begins wakes its server, which would hide that wake-ups of other servers are lost.
        """
        for each in self._subscribers:
            each.is_calm = True
        await asyncio.sleep(CALM)
        await self.run(time.time() + LAST)
        await asyncio.sleep(seconds - CALM - LAST)

    async def close(self) -> None:
        broken = [task.exception() for task in self._following if task.done()]
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        for subscriber in self._subscribers:
            subscriber.close()
        for writer in self._writers:
            await writer.close()
        self._history.close()
        if broken:
            raise RuntimeError(f"a subscriber of the load failed at {time.time()}") from broken[0]


def _other(ground: Ground, place: Place) -> Place:
    """Returns another gallery than this one, if there is one."""
    return ground.places[(place.number + 1) % len(ground.places)]
