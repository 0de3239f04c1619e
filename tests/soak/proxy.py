"""A TCP proxy that breaks a link in the ways in which networks do: late, cut, silent, a byte at a time."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

CHUNK = 64 * 1024
BUFFER = 64 * 1024  # small, so that a client that stops reading is felt by the server within seconds
SLICED = 200  # bytes of each chunk that travel alone
BEGIN, COMMIT = b"BEGIN\x00", b"COMMIT\x00"  # a transaction that only reads begins with more words


@dataclass(eq=False)
class Connection:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    writes: bool = False  # the database's client has begun a transaction that writes
    answer_lost: bool = False  # what comes back next answers a COMMIT and is dropped
    holed: bool = False  # some of its data were swallowed, so it is of no use any more

    def cut(self) -> None:
        for writer in (self.near, self.far):
            writer.transport.abort()


@dataclass
class Link:
    """Forwards connections from its own port to another one. `counts` says what the link did to them."""

    name: str
    port: int
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._delay = 0.0
        self._slices = self._swallows = self._cuts_frames = self._loses_answers = False

    @property
    def near_port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0), backlog=200)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)  # accepted sockets inherit it
        self._server = await asyncio.start_server(self._accept, sock=listening)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> int:
        """Ends all connections at once. Returns their number."""
        for connection in (present := list(self.connections)):
            connection.cut()
        self.counts["cut"] += len(present)
        return len(present)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps all data back, and passes them on at the end."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    @contextmanager
    def sliced(self) -> Iterator[None]:
        """Sends the first bytes of each chunk one by one."""
        self._slices = True
        try:
            yield
        finally:
            self._slices = False

    @contextmanager
    def cutting_frames(self) -> Iterator[None]:
        """Sends half of a chunk, and cuts its connection."""
        self._cuts_frames = True
        try:
            yield
        finally:
            self._cuts_frames = False

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        """Is a black hole: connections stay open, and their data are lost. They are cut at the end."""
        self._swallows = True
        try:
            yield
        finally:
            self._swallows = False
            for connection in [each for each in self.connections if each.holed]:
                connection.cut()

    @contextmanager
    def losing_answers_of_commits(self) -> Iterator[None]:
        """Drops what the database answers to COMMIT of transactions that write, and cuts their connections."""
        self._loses_answers = True
        try:
            yield
        finally:
            self._loses_answers = False

    async def _accept(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._serve(near_reader, near)
        except (OSError, asyncio.CancelledError):
            pass  # asyncio would log both
        finally:
            near.close()
            self._tasks.discard(task)

    async def _serve(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        wire.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self.port))
            far_reader, far = await asyncio.open_connection(sock=wire)
        except BaseException:
            wire.close()
            raise
        connection = Connection(near, far)
        self.connections.add(connection)
        self.counts["connections"] += 1
        try:
            await self._forward(connection, near_reader, far_reader)
        finally:
            self.connections.discard(connection)
            far.close()

    async def _forward(self, connection: Connection, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        ways = [asyncio.create_task(self._there(connection, near)), asyncio.create_task(self._back(connection, far))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _there(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if self._loses_answers:
                    self._look_for_commit(connection, data)
                await self._pass_on(connection, connection.far, data)

    async def _back(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if connection.answer_lost:
                    self.counts["commit answers"] += 1
                    connection.cut()
                    return
                await self._pass_on(connection, connection.near, data)

    def _look_for_commit(self, connection: Connection, data: bytes) -> None:
        connection.writes = connection.writes or BEGIN in data
        if COMMIT in data:
            connection.answer_lost, connection.writes = connection.writes, False

    async def _pass_on(self, connection: Connection, writer: asyncio.StreamWriter, data: bytes) -> None:
        if not self._open.is_set():
            self.counts["held"] += 1
            await self._open.wait()
        if self._delay:
            self.counts["delayed"] += 1
            await asyncio.sleep(self._delay)
        if self._swallows or connection.holed:
            connection.holed = True
            self.counts["swallowed"] += 1
            return
        if self._cuts_frames and len(data) > 1:
            self._cut_inside(connection, writer, data)
            return
        if self._slices:
            data = await self._by_bytes(writer, data)
        writer.write(data)
        await writer.drain()

    def _cut_inside(self, connection: Connection, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data[: len(data) // 2])
        self.counts["frames cut"] += 1
        connection.cut()

    async def _by_bytes(self, writer: asyncio.StreamWriter, data: bytes) -> bytes:
        for number in range(min(SLICED, len(data) - 1)):
            writer.write(data[number : number + 1])
            self.counts["sliced"] += 1
            await asyncio.sleep(0)
        return data[min(SLICED, len(data) - 1) :]
