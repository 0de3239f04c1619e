"""A proxy that simulates a network failure: its connections stay open, but no more data comes through them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

CHUNK = 64 * 1024


class Proxy:
    """Forwards TCP connections to the host and port of a URL."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._swallowed: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The same URL with the address of the proxy."""
        port = self._server.sockets[0].getsockname()[1]
        account, _, _ = self._target.netloc.rpartition("@")
        return self._target._replace(netloc=f"{account}@127.0.0.1:{port}").geturl()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

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

    async def _pass_on(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if task not in self._swallowed:
                    writer.write(data)
                    await writer.drain()
        if task not in self._swallowed:
            writer.close()
