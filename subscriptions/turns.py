"""Turns: of all streams that catch up, one at a time works for a few milliseconds, and other tasks run in between."""

import asyncio

SLICE_SECONDS = 0.003


class Turns:
    """The queue of the streams that catch up in this process."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def next(self) -> float:
        """Waits for the caller's turn. Returns the event loop's time when the turn is over."""
        async with self._one_at_a_time:
            await asyncio.sleep(0)  # Everything that is ready runs first.
        return asyncio.get_running_loop().time() + SLICE_SECONDS
