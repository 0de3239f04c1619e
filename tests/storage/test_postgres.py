"""PostgreSQL: connections that are cancelled in the middle of something, and a server that comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from models.database.database import Database
from models.database.transaction import Transaction
from models.errors import Unavailable
from server.app import open_database
from server.prepare import prepare
from server.settings import Settings
from server.sockets import TRY_AGAIN_LATER
from tests.support.bare_database import CONNECTIONS, SOMEBODY, TITLES, all_can_read, rename
from tests.support.event_streams import STATUS, eventually
from tests.support.services import PostgreSQL
from tests.support.statement_log import heard
from tests.support.world import PATIENCE, SECONDS_TO_END, open_world

ENDLESS = text("SELECT pg_sleep(1000)")
STILL_RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE '%sleep(1000)' AND state = 'active'"
)
CANCELS = 15  # for each way: enough to run out of connections if one in three were lost


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    """A server for this file only, which tests stop and start."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="module")
async def settings(postgres: PostgreSQL) -> Settings:
    """Settings for a seeded database on this file's server."""
    url = postgres.create_database("enfilade")
    settings = Settings(dev=True, database_url=url, database_connections=CONNECTIONS)
    await asyncio.to_thread(prepare, settings)
    return settings


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


async def read_once(database: Database) -> Any:
    return await database.reads.value(ENDLESS)


async def read_in_a_snapshot(database: Database) -> Any:
    async with database.snapshot(SOMEBODY) as snapshot:
        return await snapshot.value(ENDLESS)


async def change(database: Database) -> Any:
    return await database.transact(SOMEBODY, "test", lambda tx: tx.value(ENDLESS))


Run = Callable[[Database], Awaitable[Any]]


@pytest.mark.parametrize(
    ("run", "at"),
    [
        (read_once, "SELECT"),
        (read_in_a_snapshot, "BEGIN"),
        (read_in_a_snapshot, "SELECT"),
        (change, "BEGIN"),
        (change, "SELECT"),
    ],
)
async def test_cancelled_statements_leave_every_connection_as_it_was(database: Database, run: Run, at: str) -> None:
    started: asyncio.Future[None]

    def starting(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(at) and not started.done():
            started.set_result(None)

    event.listen(Engine, "before_cursor_execute", starting)
    try:
        async with asyncio.timeout(PATIENCE):
            for _ in range(CANCELS):
                started = asyncio.get_running_loop().create_future()
                task = asyncio.ensure_future(run(database))
                await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
    finally:
        event.remove(Engine, "before_cursor_execute", starting)
    await all_can_read(database)
    async with asyncio.timeout(PATIENCE):
        while await database.reads.value(STILL_RUNNING):
            pass
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "afterwards"))
    assert await database.reads.value(TITLES) == "afterwards"


async def warm_up(database: Database) -> None:
    """Fills both pools with connections."""
    await all_can_read(database)
    await asyncio.gather(*(database.transact(SOMEBODY, "test", lambda tx: rename(tx, "before")) for _ in range(20)))


async def title_read_once(database: Database) -> Any:
    return await database.reads.value(TITLES)


async def title_in_a_snapshot(database: Database) -> Any:
    async with database.snapshot(SOMEBODY) as snapshot:
        return await snapshot.value(TITLES)


async def title_in_a_transaction(database: Database) -> Any:
    return await database.transact(SOMEBODY, "test", lambda tx: tx.value(TITLES))


each_way = pytest.mark.parametrize("title", [title_read_once, title_in_a_snapshot, title_in_a_transaction])


@each_way
async def test_after_a_restart_whatever_is_first_asked_for_is_answered(
    database: Database, postgres: PostgreSQL, title: Run
) -> None:
    await warm_up(database)
    await asyncio.to_thread(postgres.restart)
    assert await title(database) == "before"
    await all_can_read(database)


@each_way
async def test_while_the_server_is_away_it_is_an_error_and_once_it_is_back_all_is_well(
    database: Database, postgres: PostgreSQL, title: Run
) -> None:
    await warm_up(database)
    await asyncio.to_thread(postgres.kill)
    try:
        with pytest.raises(Unavailable):
            await title(database)
    finally:
        await asyncio.to_thread(postgres.start)
    assert await title(database) == "before"
    await all_can_read(database)


async def test_a_transaction_that_is_cancelled_between_its_statements_is_rolled_back(database: Database) -> None:
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "before"))
    renamed = asyncio.Event()

    async def work(tx: Transaction) -> None:
        await rename(tx, "never")
        renamed.set()
        await asyncio.Event().wait()

    for _ in range(2 * CONNECTIONS):
        renamed.clear()
        task = asyncio.create_task(database.transact(SOMEBODY, "test", work))
        async with asyncio.timeout(PATIENCE):
            await renamed.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await database.reads.value(TITLES) == "before"
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "afterwards"))


async def test_work_whose_connection_breaks_before_its_commit_is_run_again(
    database: Database, postgres: PostgreSQL
) -> None:
    ran = 0

    async def work(tx: Transaction) -> None:
        nonlocal ran
        ran += 1
        await rename(tx, f"try {ran}")
        if ran == 1:
            await asyncio.to_thread(postgres.restart)
        assert await tx.value(TITLES) == f"try {ran}"

    await database.transact(SOMEBODY, "test", work)
    assert (ran, await database.reads.value(TITLES)) == (2, "try 2")


async def test_a_snapshot_whose_connection_breaks_reads_no_more_and_what_it_has_read_is_good(
    database: Database, postgres: PostgreSQL
) -> None:
    async with database.snapshot(SOMEBODY) as done, database.snapshot(SOMEBODY) as going_on:
        assert await done.value(TITLES) == await going_on.value(TITLES)
        await asyncio.to_thread(postgres.restart)
        with pytest.raises(Unavailable):  # it must not return the title of another moment
            await going_on.value(TITLES)
    await all_can_read(database)


async def test_a_token_expires_while_the_server_answers_nothing(settings: Settings, postgres: PostgreSQL) -> None:
    """Rule 66: expiry is checked without the database, also while the query for suspended users waits."""
    async with open_world(settings) as world, world.socket("moderator") as busy, world.socket("student-001") as idle:
        await (await busy.subscribe(STATUS, room=world.room)).next()
        await asyncio.to_thread(postgres.pause)
        try:
            with heard(Engine, "before_cursor_execute") as asked:
                await eventually(lambda: any("suspended_at IS NOT NULL" in str(call[2]) for call in asked))
            world.clock.advance(hours=2)
            async with asyncio.timeout(SECONDS_TO_END):
                assert [await busy.closed(), await idle.closed()] == [4403, 4403]
        finally:
            await asyncio.to_thread(postgres.resume)


async def test_without_its_database_a_process_says_so_and_works_again_once_it_is_back(
    settings: Settings, postgres: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_world(settings) as world:
        await world.enter("moderator")
        await asyncio.to_thread(postgres.kill)
        try:
            probed = await world.http.get("/readyz")
            assert (probed.status_code, probed.json()["parts"]["database"]) == (503, "away")
            assert (await world.http.get("/healthz")).status_code == 200
            for who in ("moderator", "nobody yet"):
                answer = await world.ask(who, "{ site { name } }")
                assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
            assert await world.refusal_of_socket(world.credentials("nobody yet")) == TRY_AGAIN_LATER
        finally:
            await asyncio.to_thread(postgres.start)
        assert (await world.http.get("/readyz")).status_code == 200
        await world.post("moderator", "Here again.")
    assert postgres.password not in caplog.text
