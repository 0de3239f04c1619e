"""A change that is cut when the process ends is no change that took too long."""

import asyncio

import pytest

from schema.execution.time_limits import TimedOut, run_to_its_end

SOON = 0.05  # seconds


async def change() -> None:
    await asyncio.sleep(10)


async def test_a_change_that_is_cut_in_the_moment_of_its_deadline_is_cut() -> None:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + SOON
    before = asyncio.all_tasks()
    running = asyncio.create_task(run_to_its_end(change(), ends_at, lambda: False))
    while len(begun := asyncio.all_tasks() - before) < 2:  # noqa: ASYNC110  the loop has no event for it
        await asyncio.sleep(0)
    (inner,) = begun - {running}
    await asyncio.sleep(0)  # It has set its deadline.
    loop.call_at(ends_at, inner.cancel)  # as for each task that is left when the loop ends
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_change_that_took_too_long_is_said_to_have() -> None:
    with pytest.raises(TimedOut):
        await run_to_its_end(change(), asyncio.get_running_loop().time() + SOON, lambda: False)
