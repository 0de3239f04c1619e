"""What the viewers of one gallery's streams may see, as new as what this process knows of the log (rule 63).

A change of access is judged once, in bulk, for all viewers whom it concerns, however many streams they have.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from models.access.visibility import Visibility, visibilities_of
from models.cursors import Position
from models.database.database import Database
from models.errors import access_lost
from models.permissions import Viewer

# Reads what others may see. Its own rights are never asked for.
_THE_JUDGE = Viewer(UUID(int=0), "the judge")


class Changes(Protocol):
    """The changes of access in a log, as far as this process has read it."""

    @property
    def position(self) -> Position: ...

    @property
    def access_changed_at(self) -> int: ...

    def access_changed(self, user_id: UUID, *, inside: bool) -> int: ...


class Sight:
    """What one viewer may see. `visible` is None before it was first read, and when access is lost."""

    __slots__ = ("holders", "judged_at", "viewer", "visible")

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.visible: Visibility | None = None
        self.judged_at = -1  # the log's number up to which all changes of access are considered
        self.holders = 0


class Sights:
    """The sights of all viewers who have streams of one gallery in this process."""

    def __init__(self, database: Database, gallery_id: UUID, changes: Changes) -> None:
        self._database = database
        self._gallery_id = gallery_id
        self._changes = changes
        self._sights: dict[Viewer, Sight] = {}
        self._judging: asyncio.Task[None] | None = None
        # The sights that may be out of date by the changes up to `_considered_at`. So asking for one costs the same
        # however many there are.
        self._stale: set[Sight] = set()
        self._considered_at = -1

    @contextmanager
    def of(self, viewer: Viewer) -> Iterator[Sight]:
        """Yields the viewer's sight, which all of the viewer's streams share."""
        sight = self._sights.get(viewer)
        if sight is None:
            sight = self._sights[viewer] = Sight(viewer)
            self._stale.add(sight)
        sight.holders += 1
        try:
            yield sight
        finally:
            sight.holders -= 1
            if not sight.holders:
                del self._sights[viewer]
                self._stale.discard(sight)

    async def current(self, sight: Sight) -> Visibility:
        """Returns what the viewer sees now. Raises FORBIDDEN if the viewer no longer sees anything."""
        await self.settle((sight,))
        if sight.visible is None:
            raise access_lost()
        return sight.visible

    def settled(self) -> bool:
        """Returns whether all viewers are judged by all changes of access that are known."""
        return not self._known_stale()

    async def settle(self, sights: Iterable[Sight]) -> None:
        """Makes sure that these viewers are judged by all changes of access that are known."""
        if self.settled():
            return
        sights = list(sights)
        # A viewer who has gone meanwhile is not judged any more.
        while not self._known_stale().isdisjoint(sights):
            await self._judge()

    def _known_stale(self) -> set[Sight]:
        """Returns the sights that are out of date by the changes that are known now."""
        changed_at = self._changes.access_changed_at
        if changed_at > self._considered_at:
            self._stale.update(filter(self._is_stale, self._sights.values()))
            self._considered_at = changed_at
        return self._stale

    def _is_stale(self, sight: Sight) -> bool:
        """Returns whether the viewer's access may have changed since it was judged."""
        inside = sight.visible is not None and sight.visible.inside
        return self._changes.access_changed(sight.viewer.id, inside=inside) > sight.judged_at

    async def _judge(self) -> None:
        """Judges all viewers whose access may have changed. Concurrent callers share one reading."""
        if self._judging is None or self._judging.done():
            self._judging = asyncio.create_task(self._judge_all())
            self._judging.add_done_callback(_retrieve)
        await asyncio.shield(self._judging)

    async def _judge_all(self) -> None:
        # The position is taken before the rights are read. All entries up to it are committed, so the rights include
        # them.
        judged_at = self._changes.position.number
        stale = list(self._known_stale())
        async with self._database.snapshot(_THE_JUDGE) as snapshot:
            found = await visibilities_of(snapshot, self._gallery_id, [sight.viewer for sight in stale])
        for sight in stale:
            sight.visible, sight.judged_at = found.get(sight.viewer.id), judged_at
        self._stale.difference_update([sight for sight in stale if not self._is_stale(sight)])

    def close(self) -> None:
        """Stops a reading that is under way."""
        if self._judging:
            self._judging.cancel()


def _retrieve(task: asyncio.Task[None]) -> None:
    # The callers raise the exception. It is retrieved here in case all of them have gone.
    if not task.cancelled():
        task.exception()
