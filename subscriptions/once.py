"""What is made once for all who ask for the same."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Once(Generic[K, T]):
    """What was made for each key, kept as long as this is.

    Whoever asks first makes it, and those who ask meanwhile wait. If it fails it fails for them too, and is made anew for whoever
    asks next; if the maker is cancelled, the next of them makes it.
    """

    def __init__(self) -> None:
        self._makings: dict[K, _Making[T]] = {}

    async def of(self, key: K, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` gives. All who ask with the same key would make the same."""
        while making := self._makings.get(key):
            if not making.ended.is_set():
                await making.ended.wait()
            if making.error:
                raise making.error.with_traceback(making.traceback)
            if making.made:
                return making.made[0]
        return await self._make(key, make)

    async def _make(self, key: K, make: Callable[[], Awaitable[T]]) -> T:
        making = self._makings[key] = _Making[T]()
        try:
            making.made = (await make(),)
            return making.made[0]
        except Exception as error:
            making.error, making.traceback = error, error.__traceback__
            raise
        finally:
            if not making.made:
                del self._makings[key]
            making.ended.set()


class _Making(Generic[T]):
    __slots__ = ("ended", "error", "made", "traceback")

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.made: tuple[T] | None = None
        self.error: Exception | None = None
        self.traceback: TracebackType | None = None
