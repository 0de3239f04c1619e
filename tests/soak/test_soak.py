"""Half a minute of `make soak`, with a seed that is always the same (docs/reliability.md)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.soak.driver import Driver
from tests.soak.joined import PARTS
from tests.soak.running import run

SECONDS, SEED = 30, 11


@asynccontextmanager
async def unseen(_driver: Driver) -> AsyncIterator[None]:
    yield


async def test_nothing_is_lost_while_everything_breaks(backend: str, tmp_path: Path) -> None:
    outcome = await run(PARTS, backend, SECONDS, SEED, tmp_path, unseen, older=False)
    # Half a minute beside other tests may be too short for a fault to be seen. `make soak` demands each of them.
    wrong = [each for each in outcome.wrong if not each.startswith("no fault of this kind")]
    assert wrong == [], f"seed {SEED}: {wrong[0]}"
    assert sum(outcome.happened.values()) > 10
