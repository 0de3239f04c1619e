"""Fixtures: real databases and buses, and a world on each database."""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import update

from models.database import migrate
from models.tables.rates import RateLimit
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo import seed
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.kept_databases import CONNECTIONS, KEPT, PATIENCE, make_restorable
from tests.support.loop_beside import run_beside
from tests.support.services import PostgreSQL, Valkey
from tests.support.tiers import mark_repetitions
from tests.support.world import World, open_world

BACKENDS = ("sqlite", "postgresql")

# No example fails for its time, which depends on what else the machine does.
hypothesis_settings.register_profile("ordinary", hypothesis_settings(), deadline=None)
hypothesis_settings.register_profile("in-depth", deadline=None)  # `--hypothesis-profile=in-depth`
hypothesis_settings.load_profile("ordinary")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_repetitions(items)


def pytest_collection_finish() -> None:
    # Imported modules stay until the end, so the garbage collector need not check their objects again and again.
    gc.freeze()
    # With the default of 700 new objects, the collector would run tens of times in a short test.
    gc.set_threshold(20_000)


@pytest.fixture(scope="session")
def services() -> Iterator[ExitStack]:
    """The servers that tests have started. They are stopped at the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def postgres(services: ExitStack) -> Databases:
    """A PostgreSQL server, unless DATABASE_URL names another one."""
    given = os.environ.get("DATABASE_URL", "")
    return Databases(given) if given.startswith("postgres") else services.enter_context(PostgreSQL())


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
def postgres_template(postgres: Databases) -> Iterator[str]:
    """A migrated and seeded database, to be copied."""
    name = f"enfilade_{os.getpid()}_template"
    url = postgres.create_database(name)
    _prepare(url)
    run_beside(make_restorable(url))
    yield name
    postgres.drop_database(name)


# Tests do within a moment what people do in a day, so they get very high rate limits; test_rates.py sets its own.
UNHURRIED = update(RateLimit).values(burst=1_000_000)


def _prepare(url: str) -> None:
    async def work() -> None:
        settings = Settings(dev=True, database_url=url)
        await migrate.upgrade(url)
        database = open_database(settings)
        try:
            assert await seed(settings, database)
            await database.transact(THE_SERVER, "test", lambda tx: tx.execute(UNHURRIED))
        finally:
            await database.close()

    # This runs in a thread of its own because session fixtures may be created while the tests' loop runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work()).result()


_numbers = count(1)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The database that the test runs on. With PostgreSQL the bus is Valkey, with SQLite it is in memory."""
    return str(request.param)


@pytest.fixture(scope="session", autouse=True)
async def kept_databases(services: ExitStack) -> AsyncIterator[None]:
    """Closes the kept databases at the end."""
    yield
    await KEPT.close()


@contextmanager
def own_database(
    backend: str, request: pytest.FixtureRequest, folder: Path, *, keep: bool = True
) -> Iterator[Settings]:
    """Yields settings for a database that equals the template.

    With keep=False the database is new, and no other test uses it. Otherwise other tests may have used it before.
    """
    server = {"redis_url": request.getfixturevalue("redis_url")} if backend == "postgresql" else {}
    with (_kept if keep else _new)(backend, request, folder) as url:
        yield _quick_settings().model_copy(update={"database_url": url, **server})


@cache
def _quick_settings() -> Settings:
    # It takes longer to read the environment than to run a short test, so it is read once.
    return Settings(dev=True, **QUICK)


def _kept(backend: str, request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[str]:
    if backend == "sqlite":
        return KEPT.lend_sqlite(request.getfixturevalue("sqlite_template"))
    return KEPT.lend_postgres(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))


@contextmanager
def _new(backend: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if backend == "sqlite":
        path = folder / "enfilade.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    postgres: Databases = request.getfixturevalue("postgres")
    name = f"enfilade_{os.getpid()}_{next(_numbers)}"
    yield postgres.create_database(name, request.getfixturevalue("postgres_template"))
    postgres.drop_database(name)


@pytest.fixture
def settings(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for a seeded database that no other test uses at the same time. It is new if the test is marked so."""
    keep = request.node.get_closest_marker("new_database") is None
    with own_database(backend, request, tmp_path, keep=keep) as settings:
        yield settings


QUICK: dict[str, Any] = {
    "database_connections": CONNECTIONS,
    "stream_poll_seconds": 0.2,
    "stream_checkpoint_seconds": 0.3,
    "drain_seconds": 0,
    # Some tests select every field, so the limits are high here; test_cost.py and test_turns.py test real limits.
    "operation_cost": 50_000,
    "document_characters_per_minute": 100_000_000,
    "database_lock_seconds": PATIENCE.lock,
    "database_idle_seconds": PATIENCE.idle,
    # Tests move the clock and process due deadlines themselves, so the server does not look for them.
    "deadline_look_seconds": 3600,
    "webhook_look_seconds": 3600,
}


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server on the database of `settings`, with the demo's people."""
    async with open_world(settings) as world:
        yield world


@pytest.fixture(scope="module", params=BACKENDS)
async def lasting_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One world for all tests of a file, which only read, or attempt only changes that are refused."""
    with own_database(str(request.param), request, tmp_path_factory.mktemp("lasting")) as settings:
        async with open_world(settings) as world:
            yield world
