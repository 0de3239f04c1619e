"""An attacker: sends what no honest client would send, from an address of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.support.world import Client

ADDRESS = "127.0.0.2"
AT_MOST = 3.0
"""Seconds after which an attack goes no further, however much of it is left."""
GONE = (
    OSError,
    EOFError,
    asyncio.IncompleteReadError,
    ConnectionClosed,
    InvalidHandshake,
    TimeoutError,
    AttributeError,
)
"""What an attacker meets when the server refuses to go on.

AttributeError is what asyncio's transport raises if websockets aborts one that is closed already.
"""


@dataclass
class Attacker:
    """Attacks the server of `client` as `who`. `inputs` counts what was sent to it."""

    client: Client
    who: str = "student-001"
    inputs: int = 0
    answers: list[bytes] = field(default_factory=list)

    @property
    def token(self) -> str:
        return self.client.token(self.who)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Opens a TCP connection."""
        opening = asyncio.open_connection("127.0.0.1", self.client.port, local_addr=(ADDRESS, 0))
        reader, writer = await asyncio.wait_for(opening, AT_MOST)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def send(self, *parts: bytes, wait: float = AT_MOST) -> bytes:
        """Sends these bytes over a new connection. Returns the first bytes of the answer, at most 64 KiB."""
        self.inputs += 1
        with suppress(*GONE):
            async with self.connection() as (reader, writer), asyncio.timeout(wait):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                answer = await reader.read(65536)
                self.answers.append(answer)
                return answer
        return b""

    def head(self, length: int, *more: str, method: str = "POST", path: str = "/graphql") -> bytes:
        """Returns the head of a request whose body has this length."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.client.port}",
            f"Authorization: Bearer {self.token}",
        ]
        lines += ["Content-Type: application/json", f"Content-Length: {length}", "Connection: close", *more]
        return "\r\n".join([*lines, "", ""]).encode()

    async def post(self, body: bytes, *more: str) -> bytes:
        return await self.send(self.head(len(body), *more), body)

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> bytes:
        """Sends an operation over HTTP."""
        return await self.post(json.dumps({"query": document, "variables": variables}).encode())

    async def ask_each(self, documents: Iterable[str]) -> None:
        """Sends the operations over HTTP at the same time."""
        await asyncio.gather(*(self.ask(document) for document in documents))

    @asynccontextmanager
    async def socket(self, *, init: bool = True) -> AsyncIterator[ClientConnection]:
        """Opens a WebSocket, with or without connection_init."""
        url = f"ws://127.0.0.1:{self.client.port}/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        options: dict[str, Any] = {"local_addr": (ADDRESS, 0), "proxy": None, "close_timeout": 0.1, "max_size": None}
        async with connect(url, subprotocols=protocols, **options) as wire:
            if init:
                payload = {"Authorization": f"Bearer {self.token}"}
                await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
                await wire.recv()
            yield wire

    async def flood(self, messages: Iterable[str | bytes], *, init: bool = True) -> int | None:
        """Sends the messages over one WebSocket until all are sent or the server closes it. Returns the close code."""
        with suppress(*GONE):
            async with self.socket(init=init) as wire:
                reading = asyncio.create_task(_read_on(wire))
                with suppress(*GONE):
                    async with asyncio.timeout(AT_MOST):
                        for message in messages:
                            self.inputs += 1
                            await wire.send(message)
                        await reading
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                return wire.close_code
        return None


async def _read_on(wire: ClientConnection) -> None:
    with suppress(*GONE):
        while True:
            await wire.recv()


def subscribe(number: object, document: str, variables: Any = None) -> str:
    """Returns a `subscribe` message of graphql-transport-ws."""
    payload = {"query": document} | ({} if variables is None else {"variables": variables})
    return json.dumps({"id": str(number), "type": "subscribe", "payload": payload})
