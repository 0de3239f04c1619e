"""Shows how far a run is: a line that changes each second in a terminal, otherwise a line every ten seconds."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from tests.soak.driver import Driver
from tests.soak.running import Outcome

EVERY = 10.0  # seconds, where no one watches


@asynccontextmanager
async def shown(driver: Driver) -> AsyncIterator[None]:
    """Shows the progress on standard error until the block ends."""
    if driver.schedule.left_out:
        print(f"  too short for: {', '.join(driver.schedule.left_out)}", file=sys.stderr)
    task = asyncio.create_task(_show(driver, sys.stderr))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _show(driver: Driver, out: TextIO) -> None:
    began, is_watched = time.monotonic(), out.isatty()
    while True:
        await asyncio.sleep(1 if is_watched else EVERY)
        line = _line(driver, time.monotonic() - began)
        out.write(f"\r\033[K{line}" if is_watched else f"{line}\n")
        out.flush()


def _line(driver: Driver, seconds: float) -> str:
    faults = sum(driver.happened.values())
    return f"  {seconds:4.0f} of {driver.schedule.seconds:.0f} s, {faults} faults; now: {', '.join(driver.active) or 'calm'}"


def print_outcome(name: str, seed: int, outcome: Outcome) -> None:
    """Prints the figures of a run and, if it failed, its seed and the first thing that is wrong."""
    print(f"\n{name}, seed {seed}: {'failed' if outcome.wrong else 'passed'}")
    for title, figures in (("", outcome.counts), ("faults: ", outcome.happened), ("paths: ", outcome.paths)):
        print("  " + title + ", ".join(f"{what} {figure}" for what, figure in figures.items()))
    for wrong in outcome.wrong:
        print(f"  * {wrong}")
