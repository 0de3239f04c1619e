"""SQLite's writer commits the transactions together that wait for it, and each of them succeeds or fails alone."""

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import IntegrityError, OperationalError

from models.database import writer
from models.database.database import Database
from models.database.sqlite import SQLiteDatabase
from models.database.transaction import Transaction
from models.database.writer import MOST
from models.errors import Conflict, Unavailable
from models.events.galleries import GalleryChanged
from models.storage.base import new_id
from models.tables.galleries import Gallery
from models.tables.people import Group
from server.app import open_database
from server.settings import Settings
from tests.support.bare_database import SOMEBODY, TITLES, rename
from tests.support.statement_log import heard
from tests.support.world import PATIENCE

RENAMED = GalleryChanged(title="", description="", moderate_media=False)
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


@contextmanager
def busy(database: Database) -> Iterator[asyncio.Task[None]]:
    """Keeps the writer in a transaction while entered, so that others wait for it."""
    go_on, begun = Event(), Event()

    async def hold(tx: Transaction) -> None:
        await tx.value(TITLES)
        begun.set()
        go_on.wait(PATIENCE)

    holding = asyncio.create_task(database.transact(SOMEBODY, "test", hold))
    try:
        yield holding
    finally:
        go_on.set()


async def add(tx: Transaction, name: str) -> str:
    await tx.add(Group, id=new_id(), name=name, name_key=name, created_at=tx.now)
    return name


async def names(database: Database) -> list[str]:
    return list(await database.reads.values(select(Group.name).where(Group.name.like("n%")).order_by(Group.name)))


async def test_those_that_wait_are_committed_together_and_in_order(database: Database) -> None:
    gallery = await database.reads.value(select(Gallery.id))
    told: list[int] = []
    database.on_commit = lambda recorded: told.extend(each.position.number for each in recorded)

    async def record(tx: Transaction) -> int:
        return await tx.record(gallery, RENAMED)

    with heard(Engine, "commit") as commits:
        with busy(database):
            waiting = [asyncio.create_task(database.transact(SOMEBODY, "test", record)) for _ in range(20)]
            await asyncio.sleep(0)
            assert not any(task.done() for task in waiting)
        numbers = await asyncio.gather(*waiting)
    assert numbers == sorted(numbers) == told
    assert len(commits) < 5


async def test_one_that_fails_is_rolled_back_alone(database: Database) -> None:
    taken = await database.reads.value(select(Group.id))

    async def refused(tx: Transaction) -> None:
        await add(tx, "never")
        raise Conflict("No.")

    async def twice(tx: Transaction) -> None:
        await add(tx, "never, too")
        await tx.add(Group, id=taken, name="n", name_key="n", created_at=tx.now)

    works = [lambda tx: add(tx, "n1"), refused, lambda tx: add(tx, "n2"), twice, lambda tx: add(tx, "n3")]
    with heard(Engine, "commit") as commits:
        with busy(database):
            waiting = [asyncio.create_task(database.transact(SOMEBODY, "test", work)) for work in works]
            await asyncio.sleep(0)
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in results] == [str, Conflict, str, IntegrityError, str]
    assert await names(database) == ["n1", "n2", "n3"]
    assert len(commits) < 2 + 4  # the one that lost the race was run again


async def test_a_commit_that_fails_fails_all_and_nothing_is_told(database: Database) -> None:
    gallery = await database.reads.value(select(Gallery.id))
    told: list[object] = []
    database.on_commit = told.append

    async def record(tx: Transaction, name: str) -> None:
        await add(tx, name)
        await tx.record(gallery, RENAMED)

    def breaks(_connection: Connection) -> None:
        raise OperationalError("COMMIT", {}, OSError("disk full"))

    with busy(database):
        waiting = [
            asyncio.create_task(database.transact(SOMEBODY, "test", lambda tx, n=number: record(tx, f"n{n}")))  # type: ignore[misc]  # the default argument binds the loop variable
            for number in range(3)
        ]
        await asyncio.sleep(0)
        event.listen(Engine, "commit", breaks)
    try:
        results = await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        event.remove(Engine, "commit", breaks)
    assert set(map(type, results)) == {OperationalError}
    assert (told, await names(database)) == ([], [])
    await database.transact(SOMEBODY, "test", lambda tx: add(tx, "n, afterwards"))
    assert await names(database) == ["n, afterwards"]


async def test_one_that_is_stopped_while_it_waits_never_begins(database: Database) -> None:
    began: list[str] = []

    async def note(tx: Transaction, name: str) -> None:
        began.append(name)
        await add(tx, name)

    with busy(database):
        stopped = asyncio.create_task(database.transact(SOMEBODY, "test", lambda tx: note(tx, "n1")))
        stays = asyncio.create_task(database.transact(SOMEBODY, "test", lambda tx: note(tx, "n2")))
        await asyncio.sleep(0)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
    await stays
    assert (began, await names(database)) == (["n2"], ["n2"])


async def test_one_that_waits_for_the_commit_of_others_can_no_longer_be_stopped(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its statements have run. It is committed with the others, and the caller is cancelled only afterwards."""
    monkeypatch.setattr(writer, "LONGEST", PATIENCE)
    ready, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    async def last(tx: Transaction) -> None:
        await tx.value(TITLES)
        loop.call_soon_threadsafe(ready.set)
        go_on.wait(PATIENCE)

    with busy(database):
        early = asyncio.create_task(database.transact(SOMEBODY, "test", lambda tx: add(tx, "n1")))
        late = asyncio.create_task(database.transact(SOMEBODY, "test", last))
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await ready.wait()
        early.cancel()
        await asyncio.wait({early}, timeout=0)
        assert not early.done()
        assert await names(database) == []
        go_on.set()
        await late
        with pytest.raises(asyncio.CancelledError):
            await early
    assert await names(database) == ["n1"]


async def test_a_long_queue_takes_several_commits(database: Database) -> None:
    with heard(Engine, "commit") as commits:
        with busy(database):
            works = [asyncio.create_task(database.transact(SOMEBODY, "test", lambda tx: rename(tx, "on"))) for _ in range(3 * MOST)]  # fmt: skip
            await asyncio.sleep(0)
        await asyncio.gather(*works)
    assert 3 <= len(commits) < 3 * MOST


async def test_all_that_wait_for_a_lock_in_vain_are_told_at_once(settings: Settings) -> None:
    database = open_database(settings.model_copy(update={"database_lock_seconds": 0.1}))
    path = settings.database_url.removeprefix("sqlite:///")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            posts = [database.transact(SOMEBODY, "test", lambda tx: rename(tx, "in vain")) for _ in range(50)]
            async with asyncio.timeout(PATIENCE / 10):
                results = await asyncio.gather(*posts, return_exceptions=True)
        assert set(map(type, results)) == {Unavailable}
        await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "at last"))
    finally:
        await database.close()


async def test_nobody_is_asked_for_the_error_of_one_that_was_stopped(settings: Settings) -> None:
    """asyncio would report, with a traceback, that its exception was never retrieved (found by make soak)."""
    database = open_database(settings.model_copy(update={"database_lock_seconds": 0.1}))
    assert isinstance(database, SQLiteDatabase)
    reported: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context["message"]))
    try:
        await stop_one_that_fails(database, settings.database_url.removeprefix("sqlite:///"))
        await database.transact(
            SOMEBODY, "test", lambda tx: add(tx, "afterwards")
        )  # The thread holds the others no more.
        gc.collect()
        assert reported == []
    finally:
        await database.close()


async def stop_one_that_fails(database: SQLiteDatabase, path: str) -> None:
    """Stops a transaction that waits for a lock, and returns once another one has failed that waits behind it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        stopped, waits = (asyncio.create_task(database._writer.run(lambda _, decision: decision.take())) for _ in "ab")
        while not database._writer._waiting:  # noqa: ASYNC110  a queue of the thread, which has no event
            await asyncio.sleep(0)
        stopped.cancel()
        await asyncio.wait({stopped, waits})
        assert (stopped.cancelled(), type(waits.exception())) == (True, OperationalError)
