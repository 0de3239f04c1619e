"""A proxy that simulates network failures: lost data, refused connections, and answers that are lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

CHUNK = 64 * 1024


@dataclass
class Cutting:
    """Cuts connections that send `at` after they sent `after`.

    `arrives` says whether the target gets it, so that only its answer is lost.
    """

    at: bytes
    after: bytes
    arrives: bool
    left: int


class Proxy:
    """Forwards TCP connections to the host and port of a URL."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._swallowed: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._chosen: set[asyncio.Task[None]] = set()
        self._unanswered: set[asyncio.Task[None]] = set()
        self._cutting: Cutting | None = None

    @property
    def url(self) -> str:
        """The same URL with the address of the proxy."""
        port = self._server.sockets[0].getsockname()[1]
        account, _, _ = self._target.netloc.rpartition("@")
        return self._target._replace(netloc=f"{account}@127.0.0.1:{port}").geturl()

    async def __aenter__(self) -> Self:
        await self._listen(0)
        return self

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)

    async def __aexit__(self, *_exc: object) -> None:
        await self._close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Cuts all connections, and refuses new ones while entered."""
        port = self._server.sockets[0].getsockname()[1]
        await self._close()
        try:
            yield
        finally:
            await self._listen(port)

    @contextmanager
    def cutting(self, at: bytes, *, after: bytes, arrives: bool, times: int = 1) -> Iterator[Cutting]:
        """Cuts the next connections that send `at` after they sent `after`. Yields how many are `left` to be cut."""
        self._cutting = Cutting(at, after, arrives, times)
        try:
            yield self._cutting
        finally:
            self._cutting = None

    @contextmanager
    def swallowing(self) -> Iterator[int]:
        """Discards all data sent on the present connections, and closes them at the end. Yields their number.

        New connections work.
        """
        swallowed = frozenset(self._connections)
        self._swallowed |= swallowed
        try:
            yield len(swallowed)
        finally:
            for task in swallowed:
                task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            there, back = self._pass_on(task, reader, far_writer), self._pass_on(task, far_reader, writer)
            await asyncio.gather(there, back)
        except asyncio.CancelledError:
            pass  # otherwise asyncio would report an error
        finally:
            writer.close()
            far_writer.close()
            self._connections.discard(task)
            self._chosen.discard(task)
            self._unanswered.discard(task)

    async def _pass_on(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if task in self._unanswered or not self._is_let_through(task, data):
                    task.cancel()
                elif task not in self._swallowed:
                    writer.write(data)
                    await writer.drain()
        if task not in self._swallowed:
            writer.close()

    def _is_let_through(self, task: asyncio.Task[None], data: bytes) -> bool:
        cutting = self._cutting
        if not cutting or not cutting.left:
            return True
        if cutting.after in data:
            self._chosen.add(task)
        if cutting.at not in data or task not in self._chosen:
            return True
        cutting.left -= 1
        if cutting.arrives:
            self._unanswered.add(task)
        return cutting.arrives
