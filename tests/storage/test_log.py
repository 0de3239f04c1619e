"""The log's numbers, gaps and retention (rules 59, 61), tested on the tables."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from models.cursors import BEGINNING, CursorExpired, Position
from models.database.database import Database
from models.database.transaction import Transaction
from models.errors import CorruptLog, Forbidden, StreamReset
from models.events import log
from models.events.galleries import GalleryChanged
from models.events.log import LogEntry
from models.permissions import Role, Viewer
from models.tables.galleries import Gallery
from models.tables.people import User
from models.tables.principals import Principal, PrincipalKind
from resolvers import chat
from resolvers.galleries import create_gallery
from server.app import open_database
from server.settings import Settings
from tests.support.event_streams import CHAT, code, gallery_id, is_live, next_event, said
from tests.support.stored_state import read_state
from tests.support.world import PATIENCE, POST, Clock, World

ADMIN = Viewer(UUID(int=0), "a site admin", frozenset({Role.SITE_ADMIN}))
WRITERS, COMMITS = 16, 12
FOREVER = timedelta(days=10_000)
BORN = 2  # entries of a new gallery: its creation, and its first managers


class ChangedTheirMindError(Exception):
    """Raised in a transaction to roll it back."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(settings: Settings, clock: Clock) -> AsyncIterator[Database]:
    opened = open_database(settings, clock)
    yield opened
    await opened.close()


async def new_gallery(database: Database) -> UUID:
    manager = Principal(PrincipalKind.USER, await database.reads.value(select(User.id).limit(1)))
    about: dict[str, Any] = {"title": "Prints", "description": "", "external_id": None, "moderate_media": False}
    return await database.transact(ADMIN, "createGallery", lambda tx: create_gallery(tx, managers=[manager], **about))


def renamed(title: str) -> GalleryChanged:
    return GalleryChanged(title=title, description="", moderate_media=False)


async def record(database: Database, gallery_id: UUID, title: str = "Prints", *, fails: bool = False) -> int:
    """Makes a change and records its event in one transaction, which may fail. Returns the event's number."""

    async def work(tx: Transaction) -> int:
        number = await tx.record(gallery_id, renamed(title))
        await tx.execute(update(Gallery).where(Gallery.id == gallery_id).values(title=title))
        if fails:
            raise ChangedTheirMindError
        return number

    return await database.transact(ADMIN, "rename", work)


@dataclass
class Crowd:
    """Writers on one gallery, and a reader that polls meanwhile."""

    database: Database
    gallery_id: UUID
    committed: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    polled: list[int] = field(default_factory=list)

    async def write(self, writer: int) -> None:
        for turn in range(COMMITS):
            title = f"{writer}.{turn}"
            before = max(self.committed.values(), default=0)
            if (writer + turn) % 4 == 0:
                with pytest.raises(ChangedTheirMindError):
                    await record(self.database, self.gallery_id, title, fails=True)
                self.failed.add(title)
            else:
                self.committed[title] = number = await record(self.database, self.gallery_id, title)
                assert number > before, "it was numbered before an entry that had been committed when it began"

    async def poll(self, writers: "asyncio.Task[object]") -> None:
        position = BEGINNING
        while True:
            last_time = writers.done()
            acknowledged = max(self.committed.values(), default=0)
            entries = await log.after(self.database.reads, self.gallery_id, position, 1000)
            self.polled += [entry.number for entry in entries]
            position = entries[-1].position if entries else position
            assert position.number >= acknowledged, "an entry that had been committed was not there to read"
            if last_time:
                return
            await asyncio.sleep(0)


async def test_concurrent_writers_leave_no_hole_and_are_read_in_the_order_of_their_commits(database: Database) -> None:
    """Rule 59: with rolled-back transactions in between; the reader never sees a gap."""
    crowds = [Crowd(database, await new_gallery(database)) for _ in range(3)]
    everybody = [crowd.write(writer) for crowd in crowds for writer in range(WRITERS)]
    writing = asyncio.gather(*everybody)
    async with asyncio.timeout(3 * PATIENCE):
        await asyncio.gather(writing, *(crowd.poll(asyncio.ensure_future(writing)) for crowd in crowds))
    for crowd in crowds:
        entries = await log.after(database.reads, crowd.gallery_id, BEGINNING, 10_000)
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1)) == crowd.polled
        told = {entry.event.title: entry.number for entry in entries[1:] if isinstance(entry.event, GalleryChanged)}
        assert told == crowd.committed
        assert len(crowd.failed) == WRITERS * COMMITS / 4
        assert await log.head(database.reads, crowd.gallery_id) == entries[-1].position


async def test_each_entry_has_a_mark_of_its_own(database: Database) -> None:
    """Rule 61: after a restore, the mark distinguishes an entry from the former one with its number."""
    for _ in range(20):
        await record(database, gallery := await new_gallery(database))
    entries = await log.after(database.reads, gallery, BEGINNING, 100)
    marks = Counter(await database.reads.values(select(LogEntry.mark)))
    assert len(entries) == BORN + 1
    assert marks.most_common(1)[0][1] == 1


async def test_a_failure_after_recording_leaves_neither_change_nor_event(database: Database) -> None:
    """Rule 59: a change and its event are one transaction."""
    gallery = await new_gallery(database)
    head = await log.head(database.reads, gallery)
    heard: list[object] = []
    database.on_commit = heard.append
    with pytest.raises(ChangedTheirMindError):
        await record(database, gallery, "Drawings", fails=True)
    assert await log.head(database.reads, gallery) == head
    assert await log.after(database.reads, gallery, head, 10) == []
    assert await database.reads.value(select(Gallery.title).where(Gallery.id == gallery)) == "Prints"
    assert heard == []


async def test_a_mutation_that_fails_after_recording_is_not_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 59, for clients: no change, no event, and no gap in the numbers."""

    def fails(*_: object) -> None:
        raise RuntimeError("after the entry and the message")

    await world.enter("moderator")
    before = await read_state(world.database)
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room)
        await is_live(stream)
        with monkeypatch.context() as broken:
            broken.setattr(chat, "_known", fails)
            failed = await world.ask("moderator", POST, room=world.room, text="lost")
        assert code(failed["errors"]) == "INTERNAL"
        assert await read_state(world.database) == before
        await world.post("moderator", "kept")
        assert said(await next_event(stream)) == "kept"
    (entry,) = await log.after(world.database.reads, gallery_id(world), before[gallery_id(world)].position, 10)
    assert entry.spoken
    assert entry.spoken.text == "kept"


async def test_the_log_is_read_page_by_page_without_a_gap(database: Database) -> None:
    gallery = await new_gallery(database)
    for turn in range(10):
        await record(database, gallery, str(turn))
    position, read = BEGINNING, [0]
    while entries := await log.after(database.reads, gallery, position, 3):
        assert len(entries) <= 3
        read += [entry.number for entry in entries]
        position = entries[-1].position
    assert all(after - before == 1 for before, after in pairwise(read))
    assert read[-1] == BORN + 10


async def remove(database: Database, gallery_id: UUID, number: int) -> None:
    hole = delete(LogEntry).where(LogEntry.gallery_id == gallery_id, LogEntry.number == number)
    await database.transact(ADMIN, "vandalism", lambda tx: tx.execute(hole))


async def test_a_hole_in_the_log_is_never_read_over(database: Database) -> None:
    """Rule 60: reading fails rather than skip a number."""
    gallery = await new_gallery(database)
    for turn in range(6 - BORN):
        await record(database, gallery, str(turn))
    positions = [BEGINNING, *(entry.position for entry in await log.after(database.reads, gallery, BEGINNING, 10))]
    await remove(database, gallery, 4)
    for number in (0, 1, 2, 3):
        with pytest.raises(CorruptLog):
            await log.after(database.reads, gallery, positions[number], 10)
    assert [entry.number for entry in await log.after(database.reads, gallery, positions[1], 2)] == [2, 3]
    with pytest.raises(StreamReset):
        await log.after(database.reads, gallery, positions[4], 10)
    assert [entry.number for entry in await log.after(database.reads, gallery, positions[5], 10)] == [6]


async def test_a_position_that_is_not_of_this_log_is_refused(database: Database) -> None:
    """Rule 61: before any entry is read."""
    gallery = await new_gallery(database)
    head = await log.head(database.reads, gallery)
    for elsewhere in (Position(head.number, head.mark ^ 1), Position(head.number + 1, head.mark)):
        with pytest.raises(StreamReset):
            await log.after(database.reads, gallery, elsewhere, 10)
        with pytest.raises(StreamReset):
            await log.check(database.reads, gallery, elsewhere)
    with pytest.raises(Forbidden):
        await log.head(database.reads, UUID(int=1))


async def prune(database: Database, gallery_id: UUID, keep: int, age: timedelta = FOREVER) -> int:
    """Prunes as upkeep does, which looks only at long logs. Returns the number of the oldest remaining entry."""
    oldest = database.clock() - age
    due = await database.reads.values(log.overgrown(keep, oldest))
    before = await kept(database, gallery_id)
    floor = await database.transact(ADMIN, "upkeep", lambda tx: log.prune(tx, gallery_id, keep, oldest))
    assert (await kept(database, gallery_id) != before) == (gallery_id in due)
    return floor


async def kept(database: Database, gallery_id: UUID) -> list[int]:
    numbers = select(LogEntry.number).where(LogEntry.gallery_id == gallery_id).order_by(LogEntry.number)
    return list(await database.reads.values(numbers))


async def grown(database: Database, entries: int) -> tuple[UUID, list[Position]]:
    """Creates a gallery with so many log entries. Returns it, and the position of each entry."""
    gallery = await new_gallery(database)
    for turn in range(entries - BORN):
        await record(database, gallery, str(turn))
    read = await log.after(database.reads, gallery, BEGINNING, 1000)
    return gallery, [BEGINNING, *(entry.position for entry in read)]


async def test_pruning_by_count_keeps_that_many(database: Database) -> None:
    other, _ = await grown(database, BORN)
    for keep, floor in ((1, 8), (3, 6), (7, 2), (8, 0), (9, 0), (100, 0)):
        gallery, positions = await grown(database, 8)
        assert await prune(database, gallery, keep) == floor
        assert await kept(database, gallery) == list(range(max(floor, 1), 9))
        assert await prune(database, gallery, keep) == floor
        await assert_readable_from(database, gallery, positions, floor)
    assert await kept(database, other) == [1, 2]


async def assert_readable_from(database: Database, gallery: UUID, positions: list[Position], floor: int) -> None:
    """Checks that positions below the floor are refused, and that all later entries can be read."""
    for number, position in enumerate(positions):
        if number < floor:
            with pytest.raises(CursorExpired):
                await log.check(database.reads, gallery, position)
            with pytest.raises(CursorExpired):
                await log.after(database.reads, gallery, position, 100)
        else:
            await log.check(database.reads, gallery, position)
            assert len(await log.after(database.reads, gallery, position, 100)) == len(positions) - 1 - number


async def test_pruning_by_age_keeps_what_is_young(database: Database, clock: Clock) -> None:
    gallery, _ = await grown(database, 3)
    clock.advance(days=2)
    await record(database, gallery, "young")
    await record(database, gallery, "younger")
    assert await prune(database, gallery, 100, timedelta(days=3)) == 0
    assert await prune(database, gallery, 100, timedelta(days=1)) == 4
    assert await kept(database, gallery) == [4, 5]
    assert await prune(database, gallery, 1, timedelta(days=1)) == 5


async def test_the_last_entry_outlives_its_age_so_that_a_cursor_at_the_head_stays_good(
    database: Database, clock: Clock
) -> None:
    gallery, positions = await grown(database, 3)
    clock.advance(days=365)
    assert await prune(database, gallery, 100, timedelta(days=1)) == 3
    assert await kept(database, gallery) == [3]
    assert await log.after(database.reads, gallery, positions[3], 10) == []
    number = await record(database, gallery)
    assert [entry.number for entry in await log.after(database.reads, gallery, positions[3], 10)] == [number]


async def test_pruning_a_gallery_that_is_gone_does_nothing(database: Database) -> None:
    assert await database.transact(ADMIN, "upkeep", lambda tx: log.prune(tx, UUID(int=1), 1, tx.now)) == 0
