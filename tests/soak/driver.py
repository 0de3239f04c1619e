"""Carries out a schedule: breaks and mends the parts of a site, and notes what happened."""

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.soak.faults import Planned
from tests.soak.history import Counted, Fault
from tests.soak.schedule import LEAST_CALM, Schedule
from tests.soak.servers import Site


class Driver:
    """`happened` counts, for each kind of fault, those whose effect was seen; `failures` says what could not be done."""

    def __init__(self, site: Site, schedule: Schedule) -> None:
        self.happened: Counter[str] = Counter()
        self.failures: list[str] = []
        self.active: list[str] = []
        self.site = site
        self.schedule = schedule
        self._turns = Turns()

    @property
    def missing(self) -> list[str]:
        """The scheduled kinds of which no fault had an effect."""
        return sorted(self.schedule.kinds - self.happened.keys())

    async def run(self) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as parts:
            for faults in self.schedule.parts.values():
                parts.create_task(self._go_through(faults, began))

    async def _go_through(self, faults: list[Planned], began: float) -> None:
        for fault in faults:
            late = time.monotonic() - began > self.schedule.seconds
            if late and self.happened[fault.kind.name]:
                continue  # on a slow machine, a part may not get through all its faults
            # Also a part that is late leaves its users some calm.
            await asyncio.sleep(max(LEAST_CALM, began + fault.at - time.monotonic()))
            async with self._turns.taken(alone=fault.kind.is_alone):
                await self._break(fault)

    async def _break(self, fault: Planned) -> None:
        name = fault.kind.name
        self.active.append(name)
        self.site.history.note(Fault(time.time(), name, fault.target, "begin"))
        try:
            seen = await fault.kind.work(self.site, fault.target, fault.seconds)
        except Exception as failure:  # noqa: BLE001  the other faults go on, and the run fails at its end
            self.failures.append(f"{name} of {fault.target}: {failure!r} (see failures.log)")
            with (self.site.history.path.parent / "failures.log").open("a") as log:
                log.write(f"{name} of {fault.target}\n{traceback.format_exc()}\n")
            seen = 0
        self.site.history.note(Fault(time.time(), name, fault.target, "end"))
        self.site.history.note(Counted(time.time(), fault.target, "during", f"seen: {name}", seen))
        self.active.remove(name)
        if seen:
            self.happened[name] += 1


class Turns:
    """Lets many go on at the same time, or one alone."""

    def __init__(self) -> None:
        self._together = 0
        self._alone = asyncio.Lock()
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, *, alone: bool) -> AsyncIterator[None]:
        if alone:
            async with self._alone, self._free:
                await self._free.wait_for(lambda: not self._together)
                yield
            return
        async with self._alone, self._free:
            self._together += 1
        try:
            yield
        finally:
            async with self._free:
                self._together -= 1
                self._free.notify_all()
