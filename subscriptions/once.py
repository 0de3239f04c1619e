"""A cache of values that are computed once for all concurrent callers."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Once(Generic[K, T]):
    """Keeps one value for each key, as long as this object lives, but at most `limit` values.

    The first caller computes the value; concurrent callers wait for it. If the computation fails, it fails for all
    callers that waited, and the next caller tries again. If the first caller is cancelled, one of the waiting callers
    takes over.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._makings: dict[K, _Making[T]] = {}

    async def of(self, key: K, make: Callable[[], Awaitable[T]]) -> T:
        """Returns the value of the key. `make` computes the value if it is missing.

        All callers of a key pass an equivalent `make`.
        """
        while making := self._makings.get(key):
            if not making.ended.is_set():
                await making.ended.wait()
            if making.error:
                raise making.error.with_traceback(making.traceback)
            if making.made:
                return making.made[0]
        return await self._make(key, make)

    async def _make(self, key: K, make: Callable[[], Awaitable[T]]) -> T:
        if self._limit is not None and len(self._makings) >= self._limit:
            # The oldest value goes. Those who still wait for it hold it themselves.
            del self._makings[next(iter(self._makings))]
        making = self._makings[key] = _Making[T]()
        try:
            making.made = (await make(),)
            return making.made[0]
        except Exception as error:
            making.error, making.traceback = error, error.__traceback__
            raise
        finally:
            if not making.made and self._makings.get(key) is making:
                del self._makings[key]
            making.ended.set()


class _Making(Generic[T]):
    __slots__ = ("ended", "error", "made", "traceback")

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.made: tuple[T] | None = None
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None
