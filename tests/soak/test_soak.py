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
    assert outcome.wrong == [], f"seed {SEED}: {outcome.wrong[0]}"
