"""What a subscriber receives: the log after a position, without a gap, as far as the viewer sees it (rules 60, 61, 63)."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from models.access.visibility import Visibility, visibility
from models.cursors import Position
from models.errors import Unavailable, access_lost
from models.events import log
from models.events.every import Event
from models.events.log import Entry
from models.permissions import Viewer
from subscriptions.readers import Pace, Reader, Readers

logger = logging.getLogger(__name__)


class State(Protocol):
    """A state that is derived from the log, with the log's position at which it was derived."""

    @property
    def position(self) -> Position: ...


T = TypeVar("T")
S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tells the client that all entries up to this position were considered and that the stream still works."""

    gallery_id: UUID
    position: Position
    occurred_at: datetime


def follow(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    after: Position | None,
    wanted: Callable[[Event], bool],
    *,
    for_members: bool = False,
) -> AsyncGenerator[Entry | Checkpoint, None]:
    """Yields the wanted entries after `after` that the viewer may see, each once, in order.

    `after` None means after the log's head now. A quiet stream yields a Checkpoint every `checkpoint_seconds`. The
    stream ends by raising CURSOR_EXPIRED, STREAM_RESET or FORBIDDEN before any further entry, or UNAVAILABLE if it
    cannot go on. FORBIDDEN means that the viewer has lost access to the gallery and its room. With `for_members`, it
    means that the viewer has lost access to the gallery, even if the viewer still has access to the room.
    """
    return _in_time(readers.pace, _follow(readers, viewer, gallery_id, after, wanted, for_members=for_members))


async def _in_time(pace: Pace, signs: AsyncGenerator[T | None, None]) -> AsyncGenerator[T, None]:
    """Yields all signs of life except None. Raises UNAVAILABLE if no sign comes in time, for any reason."""
    async with aclosing(signs):
        while True:
            try:
                async with asyncio.timeout(pace.silence_seconds):
                    sign = await anext(signs)
            except StopAsyncIteration:
                return
            except TimeoutError:
                logger.warning("a stream could tell nothing for %s s, and was ended", pace.silence_seconds)
                raise Unavailable from None
            if sign is not None:
                yield sign


async def _follow(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    after: Position | None,
    wanted: Callable[[Event], bool],
    *,
    for_members: bool,
) -> AsyncGenerator[Entry | Checkpoint | None, None]:
    loop = asyncio.get_running_loop()
    async with readers.open(gallery_id) as reader:
        if after is None:
            position = await log.head(readers.database.reads, gallery_id)
        else:
            await log.check(readers.database.reads, gallery_id, after)
            position = after
        reader.wake()  # The reader may not know of either position yet.
        judge = _Judge(readers, reader, viewer, for_members=for_members)
        due = loop.time() + readers.pace.checkpoint_seconds
        while True:
            redacted_at = reader.redacted_at  # This is read before the page, because reading the page may take time.
            for entry in await reader.after(position):
                sees = await judge.sees(entry)
                if reader.redacted_at != redacted_at:
                    # The text of an entry on this page changed while it was read or delivered, so the page is read
                    # again (rule 46).
                    break
                position = entry.position
                if sees and wanted(entry.event):
                    yield entry
                    due = loop.time() + readers.pace.checkpoint_seconds
            await judge.current()
            # The time of a checkpoint depends only on what was delivered, so a client cannot infer hidden entries from
            # it (rule 48).
            if loop.time() >= due:
                if reader.verified_at >= due - readers.pace.checkpoint_seconds:
                    yield Checkpoint(gallery_id, position, readers.database.clock())
                    due = loop.time() + readers.pace.checkpoint_seconds
                else:
                    due += readers.pace.checkpoint_seconds / 4
            await reader.news(position, due - loop.time())


def latest(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    wanted: Callable[[Event], bool],
    read: Callable[[], Awaitable[S]],
) -> AsyncGenerator[tuple[S, Visibility], None]:
    """Yields the result of `read` at the start, and again after each batch with a wanted entry.

    Adds what the viewer sees. This is for a state that is derived from the log, such as a room's. The state is read
    once for all subscribers in this process, which pass the same `read`. A slow subscriber receives only the latest
    state. Raises FORBIDDEN and UNAVAILABLE as `follow` does.
    """
    return _in_time(readers.pace, _latest(readers, viewer, gallery_id, wanted, read))


async def _latest(
    readers: Readers,
    viewer: Viewer,
    gallery_id: UUID,
    wanted: Callable[[Event], bool],
    read: Callable[[], Awaitable[S]],
) -> AsyncGenerator[tuple[S, Visibility] | None, None]:
    loop, seconds = asyncio.get_running_loop(), readers.pace.checkpoint_seconds
    async with readers.open(gallery_id) as reader:
        position = await log.head(readers.database.reads, gallery_id)
        reader.wake()
        judge = _Judge(readers, reader, viewer)
        # Until the reader has reached this position, the state that it shares may be older.
        state = await (reader.shared(read) if reader.position == position else read())
        await reader.reaches(state.position)
        yield state, await judge.current()
        while True:
            await reader.news(position, seconds)
            due = False
            while entries := await reader.after(position):
                due = due or any(wanted(entry.event) for entry in entries)
                position = entries[-1].position
            state = await reader.shared(read) if due else state
            # Access is judged last, with all changes of access up to the state. So a state is never newer than the
            # judgement.
            await reader.reaches(state.position)
            visible = await judge.current()
            if due:
                yield state, visible
            elif reader.verified_at >= loop.time() - seconds:
                yield None


class _Judge:
    """Decides what one viewer sees, always with rights as new as what this process knows of the log (rule 63)."""

    def __init__(self, readers: Readers, reader: Reader, viewer: Viewer, *, for_members: bool = False) -> None:
        self._database = readers.database
        self._reader = reader
        self._viewer = viewer
        self._for_members = for_members
        self._visible: Visibility | None = None
        self._judged_at = -1

    async def sees(self, entry: Entry) -> bool:
        return (await self.current()).sees(entry.event.audience)

    async def current(self) -> Visibility:
        """Returns what the viewer sees now. Raises FORBIDDEN if the viewer no longer sees anything."""
        if self._visible is None or self._changed_since(self._visible):
            # The position is taken before the rights are read. All entries up to it are committed, so the rights
            # include them.
            judged_at = self._reader.position.number
            async with self._database.snapshot(self._viewer) as snapshot:
                self._visible = await visibility(snapshot, self._reader.gallery_id)
            self._judged_at = judged_at
        if self._for_members and not self._visible.belongs:
            raise access_lost()
        return self._visible

    def _changed_since(self, judged: Visibility) -> bool:
        return self._reader.access_changed(self._viewer.id, inside=judged.inside) > self._judged_at
