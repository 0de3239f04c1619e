"""Transactions and snapshots: one consistent state, atomic, announced after the commit, without leaked connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, Pool, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from strawberry.types.execution import ExecutionResult

from models.access.rooms import access_room_of
from models.database.away import OutcomeUnknown
from models.database.database import ATTEMPTS, Database
from models.database.transaction import Transaction
from models.errors import Conflict
from models.events.galleries import GalleryChanged
from models.events.log import LogEntry, Recorded
from models.permissions import Permission, Viewer
from models.storage.base import new_id
from models.tables.galleries import Gallery
from models.tables.people import Group, User
from models.tables.rooms import Room
from schema.context import Context
from schema.root import schema
from server.app import open_database
from server.settings import Settings
from tests.support.bare_database import CONNECTIONS, SOMEBODY, TITLES, all_can_read, rename
from tests.support.statement_log import heard
from tests.support.world import PATIENCE, World

RENAMED = GalleryChanged(title="", description="", moderate_media=False)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


async def add_group(tx: Transaction, group_id: UUID) -> None:
    await tx.execute(insert(Group).values(id=group_id, name="group", name_key="group", created_at=tx.now))


async def test_a_snapshot_sees_one_moment_while_others_commit(database: Database) -> None:
    async with database.snapshot(SOMEBODY) as snapshot:
        before = await snapshot.value(TITLES)
        groups = await snapshot.value(text("SELECT count(*) FROM groups"))
        for number in range(3):
            await database.transact(SOMEBODY, "test", lambda tx, n=number: rename(tx, f"later {n}"))  # type: ignore[misc]  # the default argument binds the loop variable
            await database.transact(SOMEBODY, "test", lambda tx: add_group(tx, new_id()))
            assert await snapshot.value(TITLES) == before
            assert await snapshot.value(text("SELECT count(*) FROM groups")) == groups
    async with database.snapshot(SOMEBODY) as snapshot:
        assert await snapshot.value(TITLES) == "later 2"
        assert await snapshot.value(text("SELECT count(*) FROM groups")) == groups + 3


async def test_a_transactions_own_reads_see_its_own_changes_and_nobody_elses_do(database: Database) -> None:
    async def work(tx: Transaction) -> Any:
        await rename(tx, "not yet")
        return await tx.value(TITLES)

    before = await database.reads.value(TITLES)
    with heard(Engine, "commit") as commits:
        assert await database.transact(SOMEBODY, "test", work) == "not yet" != before
    assert len(commits) == 1


async def test_of_200_read_modify_writes_at_once_by_two_processes_none_is_lost(
    database: Database, settings: Settings
) -> None:
    gallery_id = await database.reads.value(select(Gallery.id))
    manager = Viewer(await database.reads.value(select(User.id).where(User.subject == "manager")), "Mara")

    async def work(tx: Transaction) -> None:
        access = await access_room_of(tx, gallery_id, Permission.CONFIGURE)  # takes the gallery's lock
        await tx.execute(update(Room).values(version=access.room.version + 1))

    before = await database.reads.value(select(Room.version))
    other = open_database(settings)
    try:
        await asyncio.gather(*(each.transact(manager, "test", work) for _ in range(100) for each in (database, other)))
    finally:
        await other.close()
    assert await database.reads.value(select(Room.version)) == before + 200


@pytest.mark.parametrize("failure", [Conflict("No."), RuntimeError("No."), asyncio.CancelledError()], ids=repr)
async def test_work_that_raises_leaves_nothing_and_tells_nothing(database: Database, failure: BaseException) -> None:
    gallery_id, before = (await database.reads.rows(select(Gallery.id, Gallery.title)))[0]
    entries = await database.reads.value(text("SELECT count(*) FROM log_entries"))
    told: list[object] = []
    database.on_commit = told.append

    async def work(tx: Transaction) -> None:
        await rename(tx, "never")
        await tx.record(gallery_id, RENAMED)
        raise failure

    with pytest.raises(type(failure)):
        await database.transact(SOMEBODY, "test", work)
    assert await database.reads.value(TITLES) == before
    assert await database.reads.value(text("SELECT count(*) FROM log_entries")) == entries
    assert told == []
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "afterwards"))


async def test_work_that_lost_a_race_is_run_again_from_the_beginning(database: Database) -> None:
    taken = await database.reads.value(select(Group.id))
    fresh, ran = new_id(), 0

    async def work(tx: Transaction) -> int:
        nonlocal ran
        ran += 1
        await add_group(tx, fresh)
        if ran < 3:
            await add_group(tx, taken)  # as if another transaction had taken it meanwhile
        return ran

    assert await database.transact(SOMEBODY, "test", work) == 3
    assert await database.reads.value(select(Group.id).where(Group.id == fresh)) == fresh


async def test_work_that_loses_every_race_fails_in_the_end(database: Database) -> None:
    taken = await database.reads.value(select(Group.id))
    ran = 0

    async def work(tx: Transaction) -> None:
        nonlocal ran
        ran += 1
        await add_group(tx, taken)

    with pytest.raises(IntegrityError):
        await database.transact(SOMEBODY, "test", work)
    assert ran == ATTEMPTS


async def test_what_was_recorded_is_told_after_the_commit_and_only_then(database: Database) -> None:
    gallery_id = await database.reads.value(select(Gallery.id))
    story: list[object] = []
    database.on_commit = lambda recorded: story.append([each.position.number for each in recorded])

    async def work(tx: Transaction) -> list[Recorded]:
        await tx.record(gallery_id, RENAMED)
        await tx.record(gallery_id, RENAMED)
        story.append("recorded")
        return tx.recorded

    def committing(_connection: Connection) -> None:
        story.append("committed")

    event.listen(Engine, "commit", committing)
    try:
        recorded = await database.transact(SOMEBODY, "test", work)
        await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "nothing to tell"))
    finally:
        event.remove(Engine, "commit", committing)
    numbers = [each.position.number for each in recorded]
    assert story == ["recorded", "committed", numbers, "committed"]
    assert (
        numbers[1]
        == await database.reads.value(select(LogEntry.number).order_by(LogEntry.number.desc()))
        == numbers[0] + 1
    )


async def test_a_commit_that_nobody_knows_the_fate_of_is_neither_run_again_nor_told(database: Database) -> None:
    gallery_id = await database.reads.value(select(Gallery.id))
    told: list[object] = []
    database.on_commit = told.append
    ran = 0

    async def work(tx: Transaction) -> None:
        nonlocal ran
        ran += 1
        await tx.record(gallery_id, RENAMED)

    def breaks(_connection: Connection) -> None:
        raise OperationalError("COMMIT", {}, OSError("gone"), connection_invalidated=True)

    event.listen(Engine, "commit", breaks)
    try:
        with pytest.raises(OutcomeUnknown):
            await database.transact(SOMEBODY, "test", work)
    finally:
        event.remove(Engine, "commit", breaks)
    assert (ran, told) == (1, [])
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "afterwards"))
    assert await database.reads.value(TITLES) == "afterwards"


async def test_a_snapshot_without_statements_takes_no_connection(database: Database) -> None:
    with heard(Pool, "checkout") as taken:
        async with database.snapshot(SOMEBODY):
            pass
        assert taken == []
        async with database.snapshot(SOMEBODY) as snapshot:
            assert await snapshot.value(TITLES)
            assert await snapshot.value(TITLES)
        assert len(taken) == 1


async def test_more_snapshots_than_connections_wait_their_turn_without_holding_up_the_loop(database: Database) -> None:
    inside, full, may_go = 0, asyncio.Event(), asyncio.Event()

    async def read() -> None:
        nonlocal inside
        async with database.snapshot(SOMEBODY) as snapshot:
            assert await snapshot.value(TITLES)
            inside += 1
            if inside == CONNECTIONS:
                full.set()
            await may_go.wait()

    async with asyncio.timeout(PATIENCE):
        reading = [asyncio.create_task(read()) for _ in range(5 * CONNECTIONS)]
        await full.wait()
        assert inside == CONNECTIONS
        may_go.set()
        await asyncio.gather(*reading)
    assert inside == 5 * CONNECTIONS


async def test_the_fields_of_one_query_share_its_connection_also_when_they_have_to_wait_for_it(
    database: Database,
) -> None:
    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            await (await stack.enter_async_context(database.snapshot(SOMEBODY))).value(TITLES)
        async with database.snapshot(SOMEBODY) as snapshot:
            fields = [asyncio.create_task(snapshot.value(TITLES)) for _ in range(3)]
            await asyncio.wait(fields, timeout=0)
            with heard(Pool, "checkout") as taken:
                await stack.aclose()
                await asyncio.gather(*fields)
            assert len(taken) == 1
    await all_can_read(database)


async def test_whoever_stops_waiting_for_a_connection_takes_none(database: Database) -> None:
    async def read() -> None:
        async with database.snapshot(SOMEBODY) as snapshot:
            await snapshot.value(TITLES)

    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            await (await stack.enter_async_context(database.snapshot(SOMEBODY))).value(TITLES)
        waiting = [asyncio.create_task(read()) for _ in range(50)]
        await asyncio.wait(waiting, timeout=0)
        for task in waiting:
            task.cancel()
        assert set(map(type, await asyncio.gather(*waiting, return_exceptions=True))) == {asyncio.CancelledError}
    await all_can_read(database)


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_work_on_sqlite_that_awaits_something_else_is_refused_and_leaves_nothing(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await rename(tx, "never")
        await asyncio.sleep(0)  # would hold the lock of SQLite's only writer

    before = await database.reads.value(TITLES)
    with pytest.raises(RuntimeError, match="a transaction may await only its own statements"):
        await database.transact(SOMEBODY, "test", work)
    assert await database.reads.value(TITLES) == before
    await database.transact(SOMEBODY, "test", lambda tx: rename(tx, "afterwards"))
    assert await database.reads.value(TITLES) == "afterwards"


@pytest.mark.parametrize("field", ["roomStatus", "roomEvents", "chat"])
async def test_rule_65_streams_whose_readers_are_slow_hold_no_connections(world: World, field: str) -> None:
    viewer = Viewer(await world.database.reads.value(select(User.id).where(User.subject == "manager")), "Mara")
    text = f"subscription ($room: ID!) {{ {field}(roomId: $room) {{ __typename }} }}"

    async def slow(stack: AsyncExitStack) -> None:
        context = Context(world.process.services, viewer)
        results = await schema.stream(text, variable_values={"room": world.room}, context_value=context)
        first = await anext(await stack.enter_async_context(aclosing(results)))
        assert isinstance(first, ExecutionResult)
        assert first.data

    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        await asyncio.gather(*(slow(stack) for _ in range(2 * CONNECTIONS)))
        await all_can_read(world.database)
