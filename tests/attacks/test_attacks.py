"""Whatever is sent, the process lives, others are answered within 250 ms, and memory is bounded.

Each attack runs against a server in a process of its own, in development mode and as in production. `make
test-everything` runs this file alone, because it measures how long another caller waits.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest
from pydantic import SecretStr

from server.prepare import prepare
from server.settings import Settings
from tests.support.attacks import connections, documents, frames
from tests.support.attacks.attacker import Attacker
from tests.support.attacks.neighbour import Neighbour
from tests.support.processes import ServerProcess, client_of
from tests.support.production import production
from tests.support.world import Client

pytestmark = pytest.mark.attacks

Attack = Callable[[Attacker], Awaitable[None]]
ATTACKS: list[Attack] = [
    each
    for module in (documents, connections, frames)
    for name, each in vars(module).items()
    if inspect.iscoroutinefunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
]
LONGEST = 0.25
LONGEST_ATTACK = 5
ROUNDS = 3
"""A server that is held is held in each round; a machine that is busy for a moment is not."""
MOST_MEMORY = 96 * 2**20
"""Bytes by which the process may grow in all attacks together: its caches are bounded by far less."""
OWN: dict[str, Any] = {"jwt_issuer": "https://id.example", "jwt_audience": "enfilade", "drain_seconds": 0}
OWN |= {"jwt_secret": SecretStr("s" * 40), "cursor_secret": SecretStr("c" * 40)}


@pytest.fixture(scope="module", params=["development", "production"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    path: Path = tmp_path_factory.mktemp("attacked") / "enfilade.db"
    development = Settings(dev=True, database_url=f"sqlite:///{path}", **OWN)
    prepare(development)
    with ServerProcess(
        development
        if request.param == "development"
        else production(development, allowed_hosts=("127.0.0.1", "localhost"))
    ) as started:
        yield started


@pytest.fixture(scope="module")
async def client(server: ServerProcess) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        await client.query("moderator", "{ viewer { id } }")
        yield client


@pytest.fixture(scope="module")
def first_memory(client: Client, server: ServerProcess) -> int:
    """The resident bytes of the server before the first attack."""
    return int(process_of(server).memory_info().rss)


def process_of(server: ServerProcess) -> psutil.Process:
    assert server._process
    return psutil.Process(server._process.pid)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_others_are_answered_during(
    attack: Attack, server: ServerProcess, client: Client, first_memory: int
) -> None:
    attacker, waits, logged_before = Attacker(client), [], len(server.logged())
    for _ in range(ROUNDS):
        with Neighbour(client.port, client.token("manager"), process_of(server)) as neighbour, suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_ATTACK):
                await attack(attacker)
        assert neighbour.failures == 0
        assert neighbour.most_memory - first_memory < MOST_MEMORY
        waits.append(neighbour.longest)
        if waits[-1] < LONGEST:
            break
    assert min(waits) < LONGEST, waits
    assert attacker.inputs > 0
    logged = server.logged()[logged_before:]
    assert "Traceback" not in logged
    assert '"ERROR"' not in logged
