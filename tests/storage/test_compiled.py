"""Statements on the driver itself return what SQLAlchemy's own execution returns, and fail as it fails."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from models.access.rights import with_rights
from models.access.rooms import ROOM
from models.database import drivers
from models.database.database import Database
from models.database.transaction import Transaction
from models.storage import compiled
from models.storage.base import new_id
from models.storage.statements import among
from models.tables.galleries import Gallery
from models.tables.media import Media
from models.tables.people import Group, User
from models.tables.rates import RateLimit
from models.tables.rooms import FeatureSetting, Room
from server.app import open_database
from server.settings import Settings
from tests.support.bare_database import SOMEBODY
from tests.support.statement_log import statements

AGAIN = 3  # the first run is SQLAlchemy's, and the others are the driver's


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


@pytest.fixture
def by_sqlalchemy(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Returns the results of the statements that SQLAlchemy runs from now on."""
    results: list[object] = []

    def ran(result: Any) -> Any:
        results.append(result)
        return compiled.ran(result)

    monkeypatch.setattr(drivers, "ran", ran)
    return results


def reads(ids: list[Any], gallery: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Returns statements with each type of column, new ones at each call, and their parameters."""
    room = with_rights(ROOM.where(Room.gallery_id == bindparam("gallery")), bindparam("gallery"))
    tags = select(Media.id, Media.tags, Media.status, Media.duration_seconds).order_by(Media.id)
    return [
        (select(Gallery), {}),
        (select(User).where(among(User.id)).order_by(User.id), {"ids": ids}),
        (select(User).where(among(User.id)), {"ids": []}),
        (select(User.id, Gallery.id, Gallery.id.label("of it")).join(Gallery, Gallery.id == bindparam("at")), {"at": gallery}),
        (room, {"gallery": gallery, "viewer": ids[0]}),
        (tags, {}),
        (tags.where(Media.status.in_(["PENDING"])), {}),
        (select(RateLimit).order_by(RateLimit.kind), {}),
        (select(User.id).union(select(Group.id)).order_by("id"), {}),
        (select(Gallery.title).where(Gallery.id == new_id()), {}),
    ]  # fmt: skip


async def test_every_read_returns_the_same_rows_with_the_same_names(
    database: Database, by_sqlalchemy: list[object]
) -> None:
    ids = list(await database.reads.values(select(User.id).limit(3)))
    gallery = await database.reads.value(select(Gallery.id))
    for statement, given in reads(ids, gallery):
        by_sqlalchemy.clear()
        first, *later = [list(await database.reads.rows(statement, given)) for _ in range(AGAIN)]
        assert len(by_sqlalchemy) == 1, statement
        for rows in later:
            assert rows == first
            assert [*map(type, rows[0] if rows else ())] == [*map(type, first[0] if first else ())]
            if first and "of it" not in first[0]._fields:
                assert rows[0]._asdict() == first[0]._asdict()


async def test_lists_of_any_length_are_expanded(database: Database) -> None:
    ids = list(await database.reads.values(select(User.id).order_by(User.id)))
    statement = select(User.id).where(among(User.id)).order_by(User.id)
    for length in (0, 1, 2, 5, 1, 0, len(ids)):
        assert list(await database.reads.values(statement, {"ids": ids[:length]})) == ids[:length]


async def test_of_more_shapes_than_are_kept_all_are_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MANY", 2)
    ids = list(await database.reads.values(select(User.id).order_by(User.id)))
    statement = select(User.id).where(among(User.id)).order_by(User.id)
    for length in range(1, 6):
        assert list(await database.reads.values(statement, {"ids": ids[:length]})) == ids[:length]


async def test_changes_store_return_and_count_the_same(database: Database) -> None:
    """A row with UUIDs, an enum, JSON, times, numbers and nulls."""
    adding = insert(Group).returning(Group)
    renaming = update(Group).where(Group.name == bindparam("old")).values(name=bindparam("new"))
    removing = delete(Group).where(Group.name == bindparam("old"))
    stored = select(Group).where(Group.id == bindparam("id"))
    at = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

    async def work(tx: Transaction) -> None:
        for _ in range(AGAIN):
            values = {"id": new_id(), "name": "one", "name_key": "one", "created_at": at}
            row = await tx.row(adding, values)
            assert row is not None
            assert row._asdict().items() >= values.items()
            assert row == await tx.row(stored, {"id": values["id"]})
            assert await tx.execute(renaming, {"old": "one", "new": "two"}) == 1
            assert await tx.execute(renaming, {"old": "one", "new": "two"}) == 0
            assert await tx.execute(removing, {"old": "two"}) == 1

    await database.transact(SOMEBODY, "test", work)


async def test_a_statement_for_one_call_and_a_list_of_rows_are_left_to_sqlalchemy(
    database: Database, by_sqlalchemy: list[object]
) -> None:
    adding = insert(Group)

    async def work(tx: Transaction) -> None:
        for turn in range(AGAIN):
            names = [f"{turn} {number}" for number in range(2)]
            rows = [{"id": new_id(), "name": name, "name_key": name, "created_at": tx.now} for name in names]
            assert await tx.execute(adding, rows) in (2, -1)
            assert await tx.value(select(Group.name).where(Group.id == rows[1]["id"])) == names[1]
            assert await tx.value(text("SELECT 1")) == 1

    await database.transact(SOMEBODY, "test", work)
    assert len(by_sqlalchemy) == 3 * AGAIN


async def test_errors_are_wrapped_alike_and_leave_the_connection_usable(database: Database) -> None:
    adding = insert(Group)
    taken = await database.reads.value(select(Group.id))
    nonsense = select(Gallery.id).where(Gallery.log_head / bindparam("zero") == bindparam("zero"), text("no_such = 1"))
    found = []
    row = {"id": taken, "name": "x", "name_key": "x", "created_at": datetime.now(UTC)}
    for _ in range(AGAIN):
        with pytest.raises(IntegrityError) as double:
            await database.transact(SOMEBODY, "test", lambda tx: tx.execute(adding, row))
        with pytest.raises(DBAPIError) as wrong:
            await database.reads.rows(nonsense, {"zero": 1})
        for error in (double.value, wrong.value):
            assert not error.connection_invalidated
            assert error.statement
            found.append((type(error), type(error.orig), getattr(error.orig, "sqlstate", None)))
    assert len(set(found)) == 2
    assert await database.reads.value(select(Gallery.id))


async def test_a_missing_parameter_is_an_error(database: Database) -> None:
    statement = select(User).where(User.id == bindparam("id"))
    for _ in range(AGAIN):
        with pytest.raises((DBAPIError, KeyError, Exception), match="id"):
            await database.reads.rows(statement, {})


async def test_listeners_hear_every_statement(database: Database) -> None:
    statement = select(Gallery.id).where(Gallery.title == bindparam("title"))
    with statements() as heard:
        for _ in range(AGAIN):
            await database.reads.rows(statement, {"title": "x"})
    assert len(heard) == AGAIN
    assert len(set(heard)) == 1


async def test_a_statement_is_compiled_for_its_dialect_only_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for several engines and threads: a transaction, a snapshot and a single read."""
    made: list[object] = []
    compile_once = compiled.Compiled.__init__

    def note(self: Any, *given: Any) -> None:
        made.append(self)
        compile_once(self, *given)

    monkeypatch.setattr(compiled.Compiled, "__init__", note)
    statement = select(Room.mode).where(Room.qna == FeatureSetting.SITE_DEFAULT)
    for _ in range(AGAIN):
        await database.reads.rows(statement)
        await database.transact(SOMEBODY, "test", lambda tx: tx.rows(statement))
        async with database.snapshot(SOMEBODY) as snapshot:
            await asyncio.gather(*(snapshot.rows(statement) for _ in range(3)))
    assert len(made) == 1
