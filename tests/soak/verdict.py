"""What a checker found."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """`first` is the first thing that is wrong, in words; `counts` are the figures of the run."""

    counts: Counter[str] = field(default_factory=Counter)
    first: str | None = None

    @property
    def ok(self) -> bool:
        return self.first is None

    def blame(self, kind: str, what: str) -> None:
        """Notes something that is wrong. `kind` counts it: lost, repeated, out of order, ..."""
        self.counts[kind] += 1
        self.first = self.first or f"{kind}: {what}"
