"""Pages of the log from before a reader's ring, which clients that catch up at the same time share."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from models.cursors import Position
from models.events.log import Entry
from subscriptions.once import Once

PAGE = 200
REMEMBERED = 24
SECONDS = 5.0


def page_end(position: Position) -> int:
    """Returns the number at which the page after a position ends. So clients soon read the same pages."""
    return (position.number // PAGE + 1) * PAGE


class Pages:
    """Remembers the last pages for a few seconds."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[Position, int], Once[None, Sequence[Entry]]] = OrderedDict()
        self._forgetting: asyncio.TimerHandle | None = None

    async def of(
        self, position: Position, count: int, read: Callable[[], Awaitable[Sequence[Entry]]]
    ) -> Sequence[Entry]:
        """Returns the page of `count` entries after a position, which is read once for concurrent callers."""
        page = self._pages.setdefault((position, count), Once())
        self._pages.move_to_end((position, count))
        if len(self._pages) > REMEMBERED:
            self._pages.popitem(last=False)
        self._forgetting = self._forgetting or asyncio.get_running_loop().call_later(SECONDS, self.forget)
        return await page.of(None, read)

    def forget(self) -> None:
        """Forgets all pages. Readings that are under way go on for their callers alone."""
        self._pages.clear()
        if self._forgetting:
            self._forgetting.cancel()
            self._forgetting = None
