"""WebSocket frames as bytes, for tests that send what no client library would."""

import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.raw_http import Raw, handshake, raw
from tests.support.world import Client

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, data: bytes | str = b"", *, fin: bool = True) -> bytes:
    """Returns a client's frame. It is masked with zeros, so its data is readable."""
    data = data.encode() if isinstance(data, str) else data
    head = bytes([0x80 * fin | opcode])
    if len(data) < 126:
        head += bytes([0x80 | len(data)])
    elif len(data) < 65536:
        head += bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + len(data).to_bytes(8, "big")
    return head + bytes(4) + data


def message(content: object) -> bytes:
    """Returns a text message in JSON, in one frame."""
    return frame(TEXT, json.dumps(content))


@dataclass
class Frames:
    """A socket on which a test sends bytes."""

    connection: Raw

    def send(self, data: bytes) -> None:
        self.connection.send(data)

    async def receive(self) -> tuple[int, bytes]:
        """Returns the opcode and the data of the next frame; of CLOSE without one if the connection ends without one."""
        read = self.connection.reader.readexactly
        try:
            first, length = await read(2)
            if length >= 126:
                length = int.from_bytes(await read(2 if length == 126 else 8), "big")
            return first & 15, await read(length)
        except (EOFError, ConnectionError):
            return CLOSE, b""

    async def until_close(self) -> tuple[list[tuple[int, bytes]], int, str]:
        """Returns the frames before the server's close frame, and its code and reason. The code is 1006 without one."""
        before = []
        while (received := await self.receive())[0] != CLOSE:
            before.append(received)
        data = received[1]
        return before, struct.unpack("!H", data[:2])[0] if data else 1006, data[2:].decode()


@asynccontextmanager
async def frames(client: Client, who: str | None = None) -> AsyncIterator[Frames]:
    """Opens a socket. With `who` it is acknowledged."""
    async with raw(client) as connection:
        connection.send(handshake())
        assert (await connection.answer()).status == 101
        socket = Frames(connection)
        if who:
            socket.send(message({"type": "connection_init", "payload": client.credentials(who)}))
            assert b"connection_ack" in (await socket.receive())[1]
        yield socket
