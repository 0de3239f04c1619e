"""How far a run is, and how much time is left, as far as an earlier run tells."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


class Pace:
    """The parts of a run. `earlier` has the seconds that each part took in the last run of the same form."""

    def __init__(self, parts: Sequence[str], earlier: dict[str, float]) -> None:
        self._parts = parts
        self._earlier = earlier
        self.seconds: dict[str, float] = {}

    def next(self) -> str:
        """Returns a line about the part that comes."""
        told = f"part {len(self.seconds) + 1} of {len(self._parts)}, {sum(self.seconds.values()):.0f} s so far"
        left = [name for name in self._parts if name not in self.seconds]
        if self._earlier.keys() >= set(left):
            told += f", about {sum(self._earlier[name] for name in left):.0f} s left"
        return f"   … {told}"


def seconds_in(results: Path, *, quick: bool) -> dict[str, float]:
    """Returns how long the parts of the last run took, or nothing if it had another form."""
    with suppress(OSError, ValueError):
        last: dict[str, Any] = json.loads(results.read_text())
        return dict(last.get("seconds", {})) if last["quick"] == quick else {}
    return {}
