"""python -m tests.soak.seeded_bugs BUG: a server with one bug in it, of which the checker has to take notice.

Each function breaks the code of this process in one way in which a server of events can be wrong.
"""

# mypy: disable-error-code="assignment, method-assign, attr-defined"
# pyright: basic
# Of both checkers: each function puts something else where the type says what is right.

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from broadcaster import BroadcastBackend
from broadcaster._backends.redis import RedisBackend  # the one that the product does not use

from models.access.visibility import Visibility
from models.cursors import CursorExpired, CursorInvalid, Cursors, Position
from models.database.database import Database
from models.events import log
from models.events.log import Entry
from resolvers.interactions import ReadInteraction
from server import app
from server.__main__ import main
from subscriptions import pages, streams
from subscriptions.bus import Bus
from subscriptions.event_crowds import EventCrowd
from subscriptions.reader import Reader
from subscriptions.readers import Readers


def page_past_the_reader() -> None:
    """A page may be longer than what the reader knows, so it is judged by rights that no longer hold."""
    page = Reader._page

    async def one_by_one(reader: Reader) -> Any:
        entries = await page(reader)
        await asyncio.sleep(1)  # so that it is behind, also where the removal and what follows it come slowly
        return entries[:1]

    async def after(reader: Reader, position: Position) -> list[Entry]:
        return await log.after(reader._database.reads, reader.gallery_id, position, pages.PAGE)

    Reader._page = one_by_one
    Reader.after = after


def auto_increment() -> None:
    """Entries become visible in another order than that of their numbers, as with a plain auto-increment column."""
    original, seen = log.after, dict[tuple[UUID, int], float]()

    async def after(run: Any, gallery: UUID, position: Position, limit: int) -> list[Entry]:
        entries = await original(run, gallery, position, limit)
        now = time.monotonic()
        late = [
            each for each in entries if each.number % 5 == 3 and now - seen.setdefault((gallery, each.number), now) < 3
        ]
        return [each for each in entries if each not in late]

    log.after = after


def wake_up_before_commit() -> None:
    """Readers are told before there is something to read. It needs a poll that comes too late to help."""
    tell, transact = Readers._committed, Database.transact

    async def early(database: Database, viewer: Any, action: str, work: Any, *rest: Any, **named: Any) -> Any:
        async def told_first(tx: Any) -> Any:
            result = await work(tx)
            if tx.recorded and _readers:
                tell(_readers[0], tx.recorded)
                await asyncio.sleep(0.5)
            return result

        return await transact(database, viewer, action, told_first, *rest, **named)

    begin = Readers.__aenter__

    async def noted(readers: Readers) -> Readers:
        _readers.append(readers)
        return await begin(readers)

    Readers.__aenter__ = noted
    Readers._committed = lambda *_: None
    Database.transact = early


_readers: list[Readers] = []


def from_the_cursor_on() -> None:
    """The entry at the cursor is told again: `>=` where `>` is meant."""
    original = Reader.after

    async def after(reader: Reader, position: Position) -> Any:
        entries = list(await original(reader, position))
        return [each for each in reader._ring if entries and each.number == position.number] + entries

    Reader.after = after


def reads_before_it_listens() -> None:
    """What is committed between the first read and the registration is never told."""
    begin = streams._Following._begin

    async def late(following: Any, after: Position | None) -> None:
        await begin(following, after)
        reads, gallery = following._readers.database.reads, following._reader.gallery_id
        if after and not await log.after(reads, gallery, after, 1):
            await asyncio.sleep(2)
            following._position = await log.head(reads, gallery)

    streams._Following._begin = late


def plain_redis_backend() -> None:
    """broadcaster's own backend listens once, and never again after its connection broke."""

    def open_bus(url: str | None) -> Bus:
        assert url
        backend: BroadcastBackend = RedisBackend(url)
        backend.healthy = lambda: asyncio.sleep(0, True)
        return Bus(backend)  # type: ignore[arg-type]  # the bug

    app.open_bus = open_bus


def ignores_marks() -> None:
    """A cursor from before a restored backup is accepted by its number alone."""

    async def check(*_: Any) -> None:
        pass

    async def after(run: Any, gallery: UUID, position: Position, limit: int) -> list[Entry]:
        rows = await run.rows(log._AFTER, {"gallery": gallery, "number": position.number + 1, "limit": limit})
        return [log._read(gallery, row) for row in rows]

    log.check = check
    log.after = after


def cursors_of_any_gallery() -> None:
    """A cursor is accepted by the streams of every gallery."""
    seal, read, galleries = Cursors._seal, Cursors.read, set[UUID]()

    def noted(cursors: Cursors, gallery: UUID, position: Position, salt: int) -> str:
        galleries.add(gallery)
        return seal(cursors, gallery, position, salt)

    def anybodys(cursors: Cursors, gallery: UUID, cursor: str) -> Position:
        for each in (gallery, *galleries):
            try:
                found = read(cursors, each, cursor)
            except CursorInvalid:
                continue
            return found if each == gallery else Position(0, 0)
        return read(cursors, gallery, cursor)

    Cursors._seal = noted
    Cursors.read = anybodys


def shown_to_all() -> None:
    """What some of a crowd may see is sent to all of it."""
    Visibility.sees = lambda *_: True


def tells_no_checkpoints() -> None:
    """A quiet stream tells nothing, as a dead one does."""

    async def tick(*_: Any) -> None:
        pass

    streams._Following._checkpoint = lambda *_: None
    EventCrowd.tick = tick


def expires_too_soon() -> None:
    """A cursor that is some entries behind the head is refused, though the log has all that follows it."""
    check = log.check

    async def early(run: Any, gallery: UUID, position: Position) -> None:
        await check(run, gallery, position)
        if position.number < (await log.head(run, gallery)).number - 2:
            raise CursorExpired(position)

    log.check = early


def results_to_all() -> None:
    """Those who may not see the results of an interaction get the rendering with them."""
    ReadInteraction.shows_results = property(lambda _: True)


BUGS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        page_past_the_reader, auto_increment, wake_up_before_commit, from_the_cursor_on, reads_before_it_listens,
        plain_redis_backend, ignores_marks, cursors_of_any_gallery, shown_to_all,
        tells_no_checkpoints, expires_too_soon, results_to_all,
    )
}  # fmt: skip

if __name__ == "__main__":
    BUGS[sys.argv[1]]()
    sys.argv[1:] = ["run"]
    sys.exit(main())
