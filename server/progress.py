"""How far long work is: a line on a terminal that is drawn again and again, and nothing anywhere else.

The caller prints one line at the end, on a terminal and elsewhere.
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Self, TextIO

Tell = Callable[[int, int], None]
"""Told how much is done, and how much there is in all."""

SECONDS_BETWEEN = 0.1
ERASE = "\r\x1b[K"


def ignore(_done: int, _total: int) -> None:
    """Tells nobody."""


class Progress:
    """Shows how much of the work is done, and how much time is left, until the context ends."""

    def __init__(self, what: str, stream: TextIO | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._what = what
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_shown = self._stream.isatty()
        self._started = clock()
        self._drawn_at = -SECONDS_BETWEEN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._write(ERASE)

    def tell(self, done: int, total: int) -> None:
        """Draws the line, at most ten times a second."""
        now = self._clock()
        if not self._is_shown or now < self._drawn_at + SECONDS_BETWEEN:
            return
        self._drawn_at = now
        share = min(done / total, 1) if total else 0
        self._write(f"{ERASE}{self._what}  {share:4.0%}{self._left(share, now - self._started)}")

    def _left(self, share: float, elapsed: float) -> str:
        if not share:
            return ""
        return f"  {timedelta(seconds=round(elapsed / share * (1 - share)))} left"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def size(count: int) -> str:
    """Returns a number of bytes in words."""
    for unit, bytes_in_it in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= bytes_in_it:
            return f"{count / bytes_in_it:.1f} {unit}"
    return f"{count} bytes"
