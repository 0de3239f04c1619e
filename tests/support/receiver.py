"""A receiver of webhooks: a real HTTP server that notes what it gets, and answers as it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.support.world import PATIENCE


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_by(self, secret: str) -> bool:
        """Returns whether the secret has signed it, whatever the time is."""
        at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        return Webhook(secret).sign(self.id, at, self.body.decode()) in self.headers["webhook-signature"].split()

    def verify(self, secret: str) -> object:
        """Checks the signature as receivers do. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """The server. `status` is what it answers, `more` further headers, `raw` other bytes; while `open` is not set it does not answer.

    `connections` counts those that were opened.
    """

    url: str = ""
    status: int = 204
    more: str = ""
    raw: bytes = b""
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait_for(self, count: int) -> list[Received]:
        """Waits until this many requests have arrived. Returns all."""
        async with asyncio.timeout(PATIENCE), self.arrived:
            await self.arrived.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def wait_for_type(self, kind: str) -> Received:
        """Waits for the last request with a payload of this type."""
        async with asyncio.timeout(PATIENCE), self.arrived:
            await self.arrived.wait_for(lambda: any(each.type == kind for each in self.received))
        return next(each for each in reversed(self.received) if each.type == kind)

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._serve_one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await asyncio.shield(writer.wait_closed())

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        request = Received(headers, await reader.readexactly(int(headers["content-length"])))
        async with self.arrived:
            self.received.append(request)
            self.arrived.notify_all()
        await self.open.wait()
        length = "" if "length" in self.more else "content-length: 0\r\n"
        writer.write(
            self.raw or f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n{length}{self.more}\r\n".encode()
        )
        await writer.drain()


@asynccontextmanager
async def receiving(*, is_open: bool = True, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Yields a receiver on a free port."""
    receiver = Receiver()
    if is_open:
        receiver.open.set()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # A task that is cancelled before it began closes nothing.
        task.add_done_callback(lambda _: writer.transport.abort())

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
