"""When which fault happens: the same for the same seed, profile and length of the run."""

import random
from collections.abc import Iterator

from tests.soak import (
    faults_of_bus,
    faults_of_databases,
    faults_of_files,
    faults_of_links,
    faults_of_people,
    faults_of_servers,
    faults_of_stored,
)
from tests.soak.faults import Kind, Planned
from tests.soak.faults_of_servers import UPGRADE

MODULES = (
    faults_of_servers,
    faults_of_databases,
    faults_of_files,
    faults_of_bus,
    faults_of_links,
    faults_of_people,
    faults_of_stored,
)
KINDS = [kind for module in MODULES for kind in module.KINDS]
LEAST_CALM, MOST_CALM = 1.0, 8.0  # seconds between two faults of the same part
FIRST = 1.0
ENDS_BEFORE = 2.0  # seconds before the end of the load in which no fault begins


class Schedule:
    """The faults of each part of the site. The parts break independently of each other.

    With `older`, servers of an older version are upgraded first. Each part goes through all its kinds before one comes again. A run that is too short for this leaves some out:
    `left_out` names them.
    """

    def __init__(self, seed: int, profile: str, seconds: float, *, older: bool = False) -> None:
        self._chance = random.Random(f"{seed} {profile}")
        self.seconds = seconds
        kinds = [kind for kind in KINDS if profile in kind.profiles] + [UPGRADE] * older
        parts = {kind.part: [each for each in kinds if each.part == kind.part] for kind in kinds}
        self.parts: dict[str, list[Planned]] = {part: list(self._plan(each)) for part, each in parts.items()}
        planned = {fault.kind.name for faults in self.parts.values() for fault in faults}
        self.kinds = {kind.name for kind in kinds if kind.name in planned}
        self.left_out = [kind.name for kind in kinds if kind.name not in planned]

    def _plan(self, kinds: list[Kind]) -> Iterator[Planned]:
        """Yields the faults of a part."""
        at, last = FIRST, self.seconds - ENDS_BEFORE
        calm = self._calm(kinds)
        for kind in self._rounds(kinds):
            at += self._chance.uniform(0.5, 1.5) * calm
            fault = kind.drawn(at, self._chance)
            if at + fault.seconds > last:
                return
            yield fault
            at += fault.seconds + kind.takes

    def _calm(self, kinds: list[Kind]) -> float:
        """Returns the pause between two faults with which one round fits into the run."""
        broken = sum(sum(kind.seconds) / 2 + kind.takes for kind in kinds)
        return min(MOST_CALM, max(LEAST_CALM, (self.seconds - ENDS_BEFORE - FIRST - broken) / (len(kinds) + 1)))

    def _rounds(self, kinds: list[Kind]) -> Iterator[Kind]:
        left = list(kinds)
        while left:
            self._chance.shuffle(left)
            # What needs the servers' first moments comes first.
            yield from sorted(left, key=lambda kind: not kind.is_first)
            left = [kind for kind in left if not kind.is_once]
