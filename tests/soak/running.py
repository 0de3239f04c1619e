"""A run: the load and the faults at the same time, then some quiet seconds, then the check."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.history import History
from tests.soak.profiles import PROFILES
from tests.soak.schedule import Schedule
from tests.soak.servers import Site
from tests.soak.verdict import Verdict

SETTLE = 8.0  # quiet seconds, in which every subscriber reaches the head


@dataclass
class Outcome:
    """`wrong` says what the checker or the driver found; it is empty if the run passed."""

    verdict: Verdict
    happened: dict[str, int]
    paths: dict[str, int]
    left_out: list[str]
    wrong: list[str] = field(default_factory=list)


async def run(profile: str, seconds: float, seed: int, folder: Path, *, older: bool = True) -> Outcome:
    """Runs one profile. The folder keeps the notes and the servers' logs."""
    history = History(folder / "driver.jsonl")
    try:
        async with Site(PROFILES[profile], history, older=older) as site:
            schedule = Schedule(seed, profile, seconds, older=bool(site.older))
            driver = await _load_and_break(site, schedule, seed)
        return _judge(folder, schedule, driver, history)
    finally:
        history.close()
