"""The checker is itself checked: it takes notice of each of these bugs, and of none without them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from tests.soak import faults_of_bus, faults_of_people, faults_of_stored, subscribers
from tests.soak.driver import Driver
from tests.soak.faults import Planned
from tests.soak.joined import PARTS
from tests.soak.load import populate
from tests.soak.profiles import SETTINGS
from tests.soak.running import run
from tests.soak.schedule import Schedule
from tests.soak.seeded_bugs import BUGS

pytestmark = pytest.mark.second_tier  # half a minute each

KINDS = {kind.name: kind for module in (faults_of_bus, faults_of_people, faults_of_stored) for kind in module.KINDS}
SECONDS, SEED = 15.0, 3
AIMED = {
    "page_past_the_reader": ["access revoked", "access revoked", "access revoked"],
    "plain_redis_backend": ["Valkey killed", "Valkey killed", "Valkey killed"],  # once the streams have begun
    "ignores_marks": ["backup restored"],
}
"""The faults that a bug needs to show. The others show in the load alone."""
CAUGHT_AS = {
    "page_past_the_reader": {"told after a revocation"},
    "auto_increment": {"lost", "out of order"},
    "wake_up_before_commit": {"lost", "late"},
    "from_the_cursor_on": {"repeated"},
    "reads_before_it_listens": {"lost"},
    "plain_redis_backend": {"lost", "late"},
    "ignores_marks": {"not reset"},
    "cursors_of_any_gallery": {"foreign cursor"},
    "shown_to_all": {"not for its viewer"},
    "tells_no_checkpoints": {"silent"},
    "expires_too_soon": {"without cause"},
    "results_to_all": {"shows too much"},
}


@dataclass
class Aimed:
    """A schedule of these faults, one after the other."""

    faults: list[str]
    seconds: float = SECONDS
    left_out: list[str] = field(default_factory=list)

    @property
    def parts(self) -> dict[str, list[Planned]]:
        return {
            "aimed": [
                Planned(2.0 + 2 * turn, KINDS[name], KINDS[name].targets[0], 1.0)
                for turn, name in enumerate(self.faults)
            ]
        }

    @property
    def kinds(self) -> set[str]:
        return set(self.faults)


@asynccontextmanager
async def unseen(_driver: Driver) -> AsyncIterator[None]:
    yield


async def wrong_with(bug: str | None, faults: list[str], folder: Path) -> tuple[set[str], list[str]]:
    """Runs servers with this bug. Returns the kinds of what the checker found, and all that is wrong in words."""
    parts = replace(PARTS, populate=partial(populate, galleries=3))
    aimed: Schedule = Aimed(faults)  # type: ignore[assignment]  # it has what the driver uses
    outcome = await run(parts, "postgresql", SECONDS, SEED, folder, unseen, older=False, bug=bug, aimed=aimed)
    kinds = set.union(*CAUGHT_AS.values()) | {"unknown to the log", "shows too little", "told otherwise"}
    return {kind for kind in kinds if outcome.counts.get(kind)}, outcome.wrong


def test_each_bug_is_aimed_at() -> None:
    assert CAUGHT_AS.keys() == BUGS.keys()


@pytest.mark.parametrize("bug", CAUGHT_AS)
async def test_the_checker_notices(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if bug in {"wake_up_before_commit", "plain_redis_backend"}:
        monkeypatch.setitem(SETTINGS, "stream_poll_seconds", 3600)
    if bug == "cursors_of_any_gallery":
        monkeypatch.setattr(subscribers, "INTRUDES", 0.5)
    found, wrong = await wrong_with(bug, AIMED.get(bug, []), tmp_path)
    assert found & CAUGHT_AS[bug], wrong


async def test_without_a_bug_nothing_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS, "stream_poll_seconds", 3600)
    found, wrong = await wrong_with(None, ["access revoked", "Valkey killed", "backup restored"], tmp_path)
    # Without the poll a quiet stream gets no Checkpoint: its server does not know that there is nothing to tell.
    assert found <= {"silent"}
    assert [each for each in wrong if not each.startswith(("silent", "not taken"))] == []
