"""A fault counts only if its effect was seen, and a fault that fails fails the run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.soak.driver import Driver
from tests.soak.faults import Kind, Planned
from tests.soak.history import Counted, Fault, History, read
from tests.soak.schedule import Schedule
from tests.soak.servers import Site


class Ran:
    """Faults that only say that they run."""

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.met: list[set[str]] = []

    async def effect(self, _site: Site, target: str, _seconds: float) -> int:
        self.now.add(target)
        await asyncio.sleep(0)
        self.met.append(set(self.now))
        self.now.discard(target)
        return 2

    async def nothing(self, _site: Site, _target: str, _seconds: float) -> int:
        return 0

    async def failure(self, _site: Site, _target: str, _seconds: float) -> int:
        raise ConnectionRefusedError("nobody listens")


@pytest.fixture(autouse=True)
def without_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.soak.driver.LEAST_CALM", 0)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    notes = History(tmp_path / "driver.jsonl")
    yield notes
    notes.close()


def driver(history: History, *kinds: Kind, seconds: float = 60) -> Driver:
    """Returns a driver with one fault of each kind. A kind is its own part and target."""
    planned = {kind.part: [Planned(0, kind, kind.name, 0)] for kind in kinds}
    schedule: Any = SimpleNamespace(parts=planned, kinds={kind.name for kind in kinds}, seconds=seconds)
    site: Any = SimpleNamespace(history=history)
    return Driver(cast("Site", site), cast("Schedule", schedule))


async def test_only_effects_count(history: History) -> None:
    ran = Ran()
    one = driver(history, *(Kind(name, name, (name,), getattr(ran, name)) for name in ("effect", "nothing", "failure")))
    await one.run()
    assert one.happened == {"effect": 1}
    assert one.missing == ["failure", "nothing"]
    assert ["failure of failure" in failure and "nobody listens" in failure for failure in one.failures] == [True]


async def test_each_fault_is_noted_with_its_effect(history: History) -> None:
    one = driver(history, Kind("cut", "cut", ("cut",), Ran().effect))
    await one.run()
    history.flush()
    begin, end, seen = read(history.path.parent)
    assert isinstance(begin, Fault) and isinstance(end, Fault) and isinstance(seen, Counted)  # noqa: PT018  for the types
    assert [begin.phase, end.phase, begin.kind, begin.target] == ["begin", "end", "cut", "cut"]
    assert [seen.name, seen.value] == ["seen: cut", 2]


async def test_a_fault_that_is_alone_meets_no_other(history: History) -> None:
    ran = Ran()
    kinds = [
        Kind(name, name, (name,), ran.effect, is_alone=name == "alone") for name in ("one", "alone", "two", "three")
    ]
    await driver(history, *kinds).run()
    assert {"alone"} in ran.met
    assert [met for met in ran.met if "alone" in met and len(met) > 1] == []
    assert max(map(len, ran.met)) > 1


async def test_a_run_that_is_late_still_breaks_each_kind_once(history: History) -> None:
    kind = Kind("cut", "cut", ("cut",), Ran().effect)
    one = driver(history, kind, seconds=-1)
    one.schedule.parts["cut"] *= 3
    await one.run()
    assert one.happened == {"cut": 1}
