"""A stream that cannot continue without a gap ends with an error before any further event (rule 61)."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from models.cursors import CursorExpired, Position
from models.events import log
from models.events.log import Entry
from models.permissions import Viewer
from models.tables.people import User
from server.accounts import THE_SERVER
from server.requests import Form
from server.settings import Settings
from server.upkeep import once
from subscriptions import pages
from subscriptions.delivery import Checkpoint
from subscriptions.streams import follow
from tests.support.admin_mutations import UPDATE
from tests.support.databases import Databases
from tests.support.event_streams import (
    CHAT,
    EVENTS,
    beginning,
    ending,
    gallery_id,
    is_live,
    next_event,
    said,
    say,
    texts,
    until,
)
from tests.support.http_streams import download
from tests.support.world import POST, World, open_world

KEEP = 3


async def prune(world: World) -> None:
    """Prunes the log as upkeep does, with space for very few entries."""
    await once(world.settings.model_copy(update={"log_retention_entries": KEEP}), world.database)


async def cursors_of(world: World, first: int, last: int) -> list[str]:
    """Posts numbered messages. Returns their cursors."""
    answers = [
        await world.query("student-001", POST, room=world.room, text=f"message {number}")
        for number in range(first, last + 1)
    ]
    return [answer["postMessage"]["cursor"] for answer in answers]


async def test_a_cursor_below_the_retention_is_expired(world: World) -> None:
    await world.enter("moderator", "student-001")
    cursors = await cursors_of(world, 1, 6)
    await prune(world)
    async with world.socket("moderator") as socket:
        for document in (EVENTS, CHAT):
            for expired in (beginning(world), *cursors[:-KEEP]):
                stream = await socket.subscribe(document, room=world.room, after=expired)
                assert await ending(stream) == ([], "CURSOR_EXPIRED")
        for place, good in list(enumerate(cursors))[-KEEP:-1]:
            stream = await socket.subscribe(CHAT, room=world.room, after=good)
            assert texts(await until(stream, "message 6")) == [f"message {left}" for left in range(place + 2, 7)]


Expired = Callable[[World, str], Awaitable[dict[str, Any]]]


async def over_websocket(world: World, after: str) -> dict[str, Any]:
    async with world.socket("moderator") as socket:
        message = await (await socket.subscribe(CHAT, room=world.room, after=after)).message()
    (error,) = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    return dict(error)


def over(form: Form) -> Expired:
    async def expired(world: World, after: str) -> dict[str, Any]:
        async with download(world, form, "moderator", CHAT, after=after) as stream:
            result = await stream.result()
            assert result
            assert await stream.result() is None
        (error,) = result["errors"]
        return dict(error)

    return expired


@pytest.mark.parametrize(
    "expired", [over_websocket, over(Form.SSE), over(Form.MULTIPART)], ids=["websocket", "sse", "multipart"]
)
async def test_an_expired_cursor_is_answered_with_the_oldest_that_is_left(world: World, expired: Expired) -> None:
    """It is another one each time and no entry's own, so it does not tell what the viewer may not see (rule 48)."""
    await world.enter("moderator", "student-001")
    cursors = await cursors_of(world, 1, 6)
    await prune(world)
    error, again = [await expired(world, cursors[0]) for _ in range(2)]
    oldest = error["extensions"].pop("oldestCursor")
    assert error["extensions"] == {"code": "CURSOR_EXPIRED", "field": ["after"]}
    assert oldest not in (again["extensions"]["oldestCursor"], *cursors)
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room, after=oldest)
        left = [f"message {number}" for number in range(6 - KEEP + 2, 7)]
        assert texts(await until(stream, "message 6")) == left


async def test_pruning_disturbs_no_stream_that_keeps_up(world: World) -> None:
    await world.enter("moderator", "student-001")
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room)
        await is_live(stream)
        for number in range(1, 4):
            await say(world, number, number)
            assert said(await next_event(stream)) == f"message {number}"
            await prune(world)
        await world.database.transact(THE_SERVER, "upkeep", lambda tx: log.prune(tx, gallery_id(world), 1, tx.now))
        resumed = await socket.subscribe(CHAT, room=world.room, after=await is_live(stream))
        await say(world, 4, 4)
        assert said(await next_event(stream)) == said(await next_event(resumed)) == "message 4"


async def test_a_subscriber_who_falls_below_the_retention_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow subscriber has read its first page; the log is pruned before it reads the next."""
    monkeypatch.setattr(pages, "PAGE", 2)
    async with open_world(settings.model_copy(update={"stream_ring_entries": 2})) as world:
        await world.enter("moderator", "student-001")
        user = await world.database.reads.value(select(User.id).where(User.subject == "student-001"))
        start = await log.head(world.database.reads, gallery_id(world))
        slow = follow(
            world.process.services.readers, Viewer(user, "slow"), gallery_id(world), start, lambda _event: True
        )
        async with aclosing(slow):
            await say(world, 1, 1)
            first = await anext(slow)
            assert isinstance(first, Entry)
            assert first.number == start.number + 1
            # An event of the gallery: entries of a session are kept for its record, and streams may read across pruned
            # ones.
            await world.mutate("manager", UPDATE, input={"galleryId": world.gallery, "title": "Renamed"})
            await say(world, 2, 9)
            await prune(world)
            with pytest.raises(CursorExpired) as expired:
                await next_entry(slow)
        left = await log.after(world.database.reads, gallery_id(world), expired.value.oldest, KEEP)
        assert len(left) == KEEP - 1  # The oldest entry is the position.


async def next_entry(stream: AsyncGenerator[Entry | Checkpoint, None]) -> Entry:
    """Returns the next entry. On a slow machine, checkpoints may come before it."""
    while isinstance(item := await anext(stream), Checkpoint):
        pass
    return item


class Backup:
    """Saves and restores the database of a test, also while servers run."""

    def __init__(self, url: str, folder: Path, postgres: Databases | None) -> None:
        self._path = make_url(url).database or ""
        self._copy = str(folder / "backup.db") if postgres is None else f"{self._path}_backup"
        self._postgres = postgres

    async def save(self) -> None:
        """Saves the database. Requires that nobody is connected."""
        await asyncio.to_thread(self._replace, self._copy, self._path)

    async def restore(self) -> None:
        await asyncio.to_thread(self._replace, self._path, self._copy)

    def _replace(self, target: str, source: str) -> None:
        if self._postgres is None:
            with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
                old.backup(new)
            return
        if target == self._path:
            self._postgres.drop_database(target)
        self._postgres.create_database(target, source)

    def forget(self) -> None:
        if self._postgres is not None:
            self._postgres.drop_database(self._copy)


@pytest.fixture
def backup(settings: Settings, backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Backup]:
    postgres: Databases | None = request.getfixturevalue("postgres") if backend == "postgresql" else None
    kept = Backup(settings.database_url, tmp_path, postgres)
    yield kept
    kept.forget()


@pytest.mark.new_database
async def test_a_cursor_of_a_log_that_was_restored_from_a_backup_is_reset(settings: Settings, backup: Backup) -> None:
    """This holds even if the log has grown past the cursor again, because its entry there has another mark."""
    async with open_world(settings) as world:
        await world.enter("moderator", "student-001")
        (*_, kept) = await cursors_of(world, 1, 3)
    await backup.save()
    async with open_world(settings) as world:
        lost = await cursors_of(world, 4, 6)
    await backup.restore()
    async with open_world(settings) as world, world.socket("moderator") as socket:
        for last in (4, 5, 6, 9):
            for cursor in lost:
                stream = await socket.subscribe(EVENTS, room=world.room, after=cursor)
                assert await ending(stream) == ([], "STREAM_RESET")
            await say(world, last, last)
        resumed = await socket.subscribe(EVENTS, room=world.room, after=kept)
        assert texts(await until(resumed, "message 9")) == ["message 4", "message 5", "message 6", "message 9"]


@pytest.mark.new_database
async def test_a_live_stream_is_reset_when_its_database_is_restored_under_it(
    settings: Settings, backup: Backup
) -> None:
    async with open_world(settings) as world:
        await world.enter("moderator", "student-001")
        (*_, kept) = await cursors_of(world, 1, 3)
    await backup.save()
    async with open_world(settings) as world, world.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room, after=kept)
        await say(world, 4, 6)
        assert texts(await until(stream, "message 6")) == ["message 4", "message 5", "message 6"]
        await backup.restore()
        assert await ending(stream) == ([], "STREAM_RESET")
        resumed = await socket.subscribe(EVENTS, room=world.room, after=kept)
        await say(world, 7, 7)
        assert said(await next_event(resumed)) == "message 7"


async def test_a_position_is_refused_before_the_log_is_read(world: World) -> None:
    """Rule 61: a valid cursor is compared with the log, so that a number that was reached again is not enough."""
    await world.enter("moderator", "student-001")
    head = await log.head(world.database.reads, gallery_id(world))
    cursors = world.process.services.cursors
    elsewhere = [Position(head.number, head.mark ^ 1), Position(head.number + 1, head.mark), Position(1, 0)]
    async with world.socket("moderator") as socket:
        for position in elsewhere:
            after = cursors.of_entry(gallery_id(world), position)
            stream = await socket.subscribe(EVENTS, room=world.room, after=after)
            assert await ending(stream) == ([], "STREAM_RESET")
