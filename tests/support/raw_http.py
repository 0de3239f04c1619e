"""Connections on which a test sends what it likes, byte by byte."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.support.world import PATIENCE, Client


@dataclass
class Raw:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Sends bytes, unless the server has closed the connection."""
        with suppress(ConnectionError):
            self.writer.write(data)

    def reset(self) -> None:
        """Goes away without a word more, and takes nothing more."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def answer(self) -> "Answer":
        """Returns the next response."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split(" ")[1]), headers, body)

    async def begun(self) -> bytes:
        """Returns the beginning of what the server sends, or nothing if it closes the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read(65536)
            except ConnectionError:
                return b""

    async def rest(self) -> bytes:
        """Returns everything until the server closes the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@dataclass
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def error(self) -> dict[str, Any]:
        """Returns its only error."""
        (error,) = json.loads(self.body)["errors"]
        return dict(error)


@asynccontextmanager
async def raw(client: Client, *, narrow: bool = False) -> AsyncIterator[Raw]:
    """Opens a connection to the server. A narrow one takes little before the test reads."""
    own = socket.socket()
    if narrow:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", client.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=1024 if narrow else 2**16)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def request(path: str = "/healthz", *headers: str, body: bytes | None = None) -> bytes:
    """Returns a request as bytes."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost", *headers]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def handshake(*headers: str) -> bytes:
    """Returns the head of a WebSocket's handshake."""
    return request(
        "/graphql",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
        *headers,
    )
