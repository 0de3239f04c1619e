"""A run: the load and the faults at the same time, then some quiet seconds, then the check."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.soak import counting, logged, paths
from tests.soak.driver import Driver
from tests.soak.faults_of_stored import put_pruned_back
from tests.soak.history import Counted, History, Quiet
from tests.soak.profiles import PROFILES
from tests.soak.schedule import Schedule
from tests.soak.servers import Site

SETTLE = 8.0  # quiet seconds, in which every subscriber reaches the head
MORE = 5.0  # seconds by which the load is prolonged while there are faults to come


class Load(Protocol):
    """Writers and subscribers."""

    async def run(self, until: float) -> None: ...
    async def settle(self, seconds: float) -> None: ...
    async def close(self) -> None: ...


class Verdict(Protocol):
    """What a checker found: whether all is well, and if not, the first thing that is not."""

    @property
    def ok(self) -> bool: ...
    @property
    def first(self) -> str | None: ...
    @property
    def counts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Parts:
    """What a run is made of besides the servers and their faults. `Any` is what `populate` makes: the ground."""

    populate: Callable[[Mapping[str, str], Callable[..., str]], Awaitable[Any]]
    managers: Callable[[Any], dict[str, str]]  # by the id of their gallery
    load: Callable[[Any, Site, int], Load]
    dump: Callable[[str, Any, Path], Awaitable[None]]
    check: Callable[[Path], Verdict]


@dataclass
class Outcome:
    """`wrong` says what was found; it is empty if the run passed."""

    counts: Mapping[str, Any]
    happened: Mapping[str, int]
    paths: Mapping[str, int]
    left_out: list[str]
    wrong: list[str] = field(default_factory=list)


Watch = Callable[[Driver], AbstractAsyncContextManager[None]]


async def run(
    parts: Parts,
    profile: str,
    seconds: float,
    seed: int,
    folder: Path,
    watch: Watch,
    *,
    older: bool,
    bug: str | None = None,
    aimed: Schedule | None = None,
) -> Outcome:
    """Runs one profile. The folder keeps the notes and the servers' logs.

    `bug` is put into the servers, and `aimed` replaces the schedule, to see whether the check notices.
    """
    history = History(folder / "driver.jsonl")
    try:
        unstarted = Site(PROFILES[profile], history, older=older)
        unstarted.bug = bug
        async with unstarted as site:
            driver = Driver(site, aimed or Schedule(seed, profile, seconds, older=bool(site.older)))
            ground = await _load_and_break(parts, site, driver, seed, watch)
            await site.stop_servers()
            await put_pruned_back(site)
            await parts.dump(site.database_url, ground, folder)
        return await asyncio.to_thread(_judge, parts, driver, history)
    finally:
        history.close()


async def _load_and_break(parts: Parts, site: Site, driver: Driver, seed: int, watch: Watch) -> Any:
    ground = await parts.populate(site.servers, site.token)
    site.managers = parts.managers(ground)
    await counting.count(site, "start")
    load = parts.load(ground, site, seed)
    try:
        async with watch(driver):
            await _both(load, driver)
            site.history.note(Quiet(time.time()))
            await load.settle(SETTLE)
    finally:
        await load.close()
    await counting.until_released(site)
    await counting.count(site, "end")
    return ground


async def _both(load: Load, driver: Driver) -> None:
    async with asyncio.TaskGroup() as tasks:
        breaking = tasks.create_task(driver.run())
        await load.run(time.time() + driver.schedule.seconds)
        while not breaking.done():
            await load.run(time.time() + MORE)


def _judge(parts: Parts, driver: Driver, history: History) -> Outcome:
    history.flush()
    folder = history.path.parent
    taken = paths.taken(folder)
    for name, value in taken.items():
        history.note(Counted(time.time(), "all", "end", f"path: {name}", value))
    history.flush()
    verdict = parts.check(folder)
    outcome = Outcome(verdict.counts, driver.happened, taken, driver.schedule.left_out, list(driver.failures))
    if not verdict.ok:
        outcome.wrong.insert(0, str(verdict.first))
    outcome.wrong += logged.failures(folder)
    outcome.wrong += [f"no fault of this kind had an effect: {kind}" for kind in driver.missing]
    outcome.wrong += [f"not taken: {path}" for path in sorted(paths.expected(driver.schedule) - taken.keys())]
    return outcome
