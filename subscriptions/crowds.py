"""Crowds: the subscribers of one gallery who wait at the head of the log with the same operation.

An item is made once for the whole crowd, and goes to all of its members in one pass that wakes no task. Each member is
still a position in the log, and what they may see is decided for each of them and each item (rules 63, 65). A member
who cannot be served in this way goes on alone from their position: their client does not read fast enough, they see
another form of the item, or they have lost access.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from models.access.visibility import Visibility
from models.errors import Unavailable
from models.seldom import Seldom
from subscriptions.reader import Reader
from subscriptions.sights import Sight

logger = logging.getLogger(__name__)

SILENT = Seldom(logger, "the streams of a crowd could tell nothing for too many seconds, and were ended")
AT_ONCE = 500
"""How many members are served before other tasks run."""


class Member:
    """A subscriber in a crowd. `left` is done when the subscriber has to go on alone.

    `alive_at` is then the event loop's time when the crowd last worked.
    """

    __slots__ = ("alive_at", "for_members", "left", "sight")

    def __init__(self, sight: Sight, *, for_members: bool = False) -> None:
        self.alive_at = 0.0
        self.sight = sight
        self.for_members = for_members
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def visible(self) -> Visibility | None:
        """Returns what the member sees, as judged last, or None if the member has lost access."""
        visible = self.sight.visible
        return None if visible is None or (self.for_members and not visible.belongs) else visible


M = TypeVar("M", bound=Member)


class Crowd(ABC, Generic[M]):
    """Serves its members from the reader's log, in a task that runs as long as there are members.

    A second task does what is due from time to time. So members hear that their streams work also while an entry waits for
    the database.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.position = reader.position
        self.members: set[M] = set()
        self.loop = asyncio.get_running_loop()
        self._began_at = self.loop.time()
        self._tick_seconds = reader.pace.checkpoint_seconds / 10
        self._serving_since: float | None = None
        self.task: asyncio.Task[None] | None = None

    def add(self, member: M) -> None:
        """Adds a member who has come as far as the reader."""
        self.members.add(member)
        if self.task is None:
            self.position = self.reader.position
            self.task = asyncio.create_task(self._run(), name=f"crowd {self.reader.gallery_id}")

    def remove(self, member: M, error: Exception | None = None) -> None:
        """Ends a membership. The member's stream goes on alone, or raises the error."""
        self.members.discard(member)
        if not member.left.done():
            member.alive_at = self.loop.time() if self._serving_since is None else self._serving_since
            self.note_position(member)
            if error:
                member.left.set_exception(error)
            else:
                member.left.set_result(None)
        if not self.members:
            self._stop()

    @abstractmethod
    async def serve(self) -> None:
        """Serves all members with what follows the crowd's position, as far as it is known."""

    @abstractmethod
    async def tick(self, now: float) -> None:
        """Does what is due from time to time, also in the middle of `serve`. The times do not depend on the log."""

    def note_position(self, member: M) -> None:
        """Notes in the member how far they were served."""

    async def _run(self) -> None:
        task = asyncio.current_task()
        ticking = asyncio.create_task(self._tick_in_time(task), name=f"ticks of crowd {self.reader.gallery_id}")
        try:
            while self.task is task:
                self._serving_since = self.loop.time()
                async with asyncio.timeout(self.reader.pace.silence_seconds / 2):
                    await self.serve()
                self._serving_since = None
                if self.task is task:  # Otherwise the last member left meanwhile, and nobody would end this wait.
                    await self.reader.news(self.position)
        except Exception as trouble:  # noqa: BLE001  the members' own streams report it
            self._dissolve_for(trouble)
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _tick_in_time(self, task: asyncio.Task[None] | None) -> None:
        try:
            while self.task is task:
                now = self.loop.time()
                await asyncio.sleep((now // self._tick_seconds + 1) * self._tick_seconds - now)
                now = self.loop.time()
                self._end_if_silent(now)
                await self.tick(now)
        except Exception as trouble:  # noqa: BLE001  the members' own streams report it
            self._dissolve_for(trouble)

    def _dissolve_for(self, trouble: Exception) -> None:
        # Each member's own stream meets the same trouble, and reports it to its client.
        logger.debug("a crowd is dissolved", exc_info=trouble)
        self.dissolve()

    def dissolve(self, error: Exception | None = None) -> None:
        """Ends all memberships."""
        self._stop()
        for member in list(self.members):
            self.remove(member, error)

    def _stop(self) -> None:
        task, self.task = self.task, None
        # A task must not cancel itself: a timeout that it enters before its next await, and that is over at once, would
        # take the cancellation for its own. It ends by itself, because it is not the crowd's task any more.
        if task and task is not asyncio.current_task():
            task.cancel()

    def _end_if_silent(self, now: float) -> None:
        silence = self.reader.pace.silence_seconds
        if now - max(self.reader.verified_at, self._began_at) > silence:
            SILENT.warn(silence)
            self.dissolve(Unavailable())


class Crowds:
    """All crowds of this process."""

    def __init__(self) -> None:
        self._crowds: dict[tuple[Reader, Hashable], Crowd[Any]] = {}

    @contextmanager
    def joined(self, reader: Reader, key: Hashable, make: Callable[[], Crowd[M]], member: M) -> Iterator[None]:
        """Keeps the member in the crowd with this key while entered. The member has come as far as the reader."""
        crowd: Crowd[M] | None = self._crowds.get((reader, key))
        if crowd is None:
            crowd = self._crowds[reader, key] = make()
        crowd.add(member)
        try:
            yield
        finally:
            crowd.remove(member)
            # Another crowd may have taken the place of one that was empty for a moment.
            if not crowd.members and self._crowds.get((reader, key)) is crowd:
                del self._crowds[reader, key]

    async def close(self) -> None:
        """Ends all crowds, with all of their streams."""
        crowds = list(self._crowds.values())
        tasks = [crowd.task for crowd in crowds if crowd.task]
        for crowd in crowds:
            crowd.dissolve(Unavailable())
        await asyncio.gather(*tasks, return_exceptions=True)
