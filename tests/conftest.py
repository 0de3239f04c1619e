"""Fixtures: real databases and buses, and a world on each."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from models import migrate
from server.app import open_database
from server.demo import seed
from server.settings import Settings
from tests.services import PostgreSQL, Valkey
from tests.world import World, open_world

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def services() -> Iterator[ExitStack]:
    """What tests have started; stopped at the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def postgres(services: ExitStack) -> PostgreSQL:
    """A PostgreSQL server."""
    return services.enter_context(PostgreSQL())


@pytest.fixture(scope="session")
def redis_url(services: ExitStack) -> str:
    """A Valkey, unless REDIS_URL names another server."""
    return os.environ.get("REDIS_URL") or services.enter_context(Valkey()).url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgreSQL) -> str:
    """A migrated and seeded database, to be copied."""
    _prepare(postgres.create_database("template"))
    return "template"


def _prepare(url: str) -> None:
    async def work() -> None:
        settings = Settings(dev=True, database_url=url)
        await migrate.upgrade(url)
        database = open_database(settings)
        try:
            assert await seed(settings, database)
        finally:
            await database.close()

    # In a thread of its own: session fixtures are also asked for while the tests' loop runs.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work()).result()


_numbers = count(1)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; PostgreSQL comes with Valkey as its bus, SQLite with memory."""
    return str(request.param)


@pytest.fixture
def settings(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings for a seeded database of the test's own."""
    if backend == "sqlite":
        path = tmp_path / "enfilade.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return Settings(dev=True, database_url=f"sqlite:///{path}", **QUICK)
    template = request.getfixturevalue("postgres_template")
    url = request.getfixturevalue("postgres").create_database(f"test_{next(_numbers)}", template)
    return Settings(dev=True, database_url=url, redis_url=request.getfixturevalue("redis_url"), **QUICK)


QUICK = {"database_connections": 4, "stream_poll_seconds": 0.2, "stream_checkpoint_seconds": 0.3, "drain_seconds": 0}


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server on that database, with the demo's people."""
    async with open_world(settings) as world:
        yield world
