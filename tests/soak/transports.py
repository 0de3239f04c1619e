"""How subscribers reach a server: a stream that yields its items, and that can be broken off in several ways."""

import asyncio
import json
import socket
import struct
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection
OPENED_WITHIN = 15.0  # seconds; a stream that cannot start ends with TIMEOUT after 10


@dataclass(frozen=True)
class Ended(Exception):
    """The stream is over. `code` is an error's code, "close 1013", "status 503", "complete", "cut" or "no answer"."""

    code: str


@dataclass(frozen=True)
class Request:
    address: str
    token: str
    document: str
    variables: dict[str, Any]
    last_event_id: str | None = None


class Connection(ABC):
    """One stream. Raises Ended from `open` and `item`."""

    @abstractmethod
    async def open(self, request: Request) -> None: ...

    @abstractmethod
    async def item(self) -> dict[str, Any]:
        """Returns the data of the next item."""

    @abstractmethod
    def abort(self) -> None:
        """Resets the connection."""

    @abstractmethod
    async def close(self) -> None:
        """Ends the stream as the protocol says."""


class OverWebSocket(Connection):
    wire: ClientConnection

    async def open(self, request: Request) -> None:
        address = request.address.replace("http", "ws", 1) + "/graphql"
        try:
            async with asyncio.timeout(OPENED_WITHIN):
                self.wire = await connect(
                    address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None, close_timeout=0.5
                )
                await self._send(type="connection_init", payload={"Authorization": f"Bearer {request.token}"})
                await self.wire.recv()
                payload = {"query": request.document, "variables": request.variables}
                await self._send(id="1", type="subscribe", payload=payload)
        except ConnectionClosed as closed:
            raise _closed(closed) from None
        except (OSError, TimeoutError, WebSocketException):
            raise Ended("no answer") from None

    async def item(self) -> dict[str, Any]:
        while True:
            try:
                message = json.loads(await self.wire.recv())
                if message["type"] == "ping":
                    await self._send(type="pong")
            except ConnectionClosed as closed:
                raise _closed(closed) from None
            match message["type"]:
                case "next":
                    return data_of(message["payload"])
                case "error":
                    raise Ended(message["payload"][0]["extensions"]["code"])
                case "complete":
                    raise Ended("complete")

    def abort(self) -> None:
        if hasattr(self, "wire"):
            self.wire.transport.abort()

    async def close(self) -> None:
        if hasattr(self, "wire"):
            with suppress(ConnectionClosed):
                await self._send(id="1", type="complete")
            await self.wire.close()

    async def _send(self, **message: object) -> None:
        await self.wire.send(json.dumps(message))


class OverHttp(Connection):
    """Reads a chunked answer, with or without `POST`."""

    accept = "text/event-stream"
    method = "POST"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter | None = None

    def __init__(self) -> None:
        self.last_event_id: str | None = None
        self._rest = b""

    async def open(self, request: Request) -> None:
        parts = urlsplit(request.address)
        try:
            async with asyncio.timeout(OPENED_WITHIN):
                self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
                self.writer.write(self._request(request, parts.netloc))
                status = int((await self.reader.readline()).split()[1])
                while await self.reader.readline() not in {b"\r\n", b""}:
                    pass
        except (OSError, TimeoutError, IndexError, ValueError, asyncio.IncompleteReadError):
            raise Ended("no answer") from None
        if status != 200:
            raise Ended(f"status {status}")

    def _request(self, request: Request, host: str) -> bytes:
        fields = {"query": request.document, "variables": request.variables}
        target, body = "/graphql", json.dumps(fields).encode()
        if self.method == "GET":
            target += "?" + urlencode({"query": request.document, "variables": json.dumps(request.variables)})
            body = b""
        head = [
            f"{self.method} {target} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {request.token}",
            f"Accept: {self.accept}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *([f"Last-Event-ID: {request.last_event_id}"] if request.last_event_id else []),
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    async def _part(self, end: bytes) -> bytes:
        """Returns what comes before the next `end`."""
        while end not in self._rest:
            try:
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                chunk = await self.reader.readexactly(size + 2)
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                raise Ended("cut") from None
            if not size:
                raise Ended("complete")
            self._rest += chunk[:-2]
        part, _, self._rest = self._rest.partition(end)
        return part

    async def item(self) -> dict[str, Any]:
        while True:
            fields = dict(
                line.split(": ", 1) for line in (await self._part(b"\n\n")).decode().split("\n") if ": " in line
            )
            if fields.get("event") == "complete":
                raise Ended("complete")
            if fields.get("event") == "next":
                data = data_of(json.loads(fields["data"]))
                self.last_event_id = fields.get("id", self.last_event_id)
                return data

    def abort(self) -> None:
        if self.writer:
            wire = self.writer.get_extra_info("socket")
            with suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.writer.transport.abort()

    async def close(self) -> None:
        if self.writer:
            self.writer.close()
            with suppress(OSError):
                await self.writer.wait_closed()


class OverEventSource(OverHttp):
    """As a browser's EventSource asks: with GET, and the last id as `Last-Event-ID`."""

    method = "GET"


class OverMultipart(OverHttp):
    accept = "multipart/mixed;subscriptionSpec=1.0"

    async def item(self) -> dict[str, Any]:
        while True:
            _, _, body = (await self._part(b"\r\n--graphql")).partition(b"\r\n\r\n")
            message = json.loads(body) if body.strip() else {}
            if message.get("errors"):
                raise Ended(message["errors"][0]["extensions"]["code"])
            if message.get("payload"):
                return data_of(message["payload"])


CONNECTIONS: dict[str, type[Connection]] = {
    "websocket": OverWebSocket,
    "sse": OverHttp,
    "eventsource": OverEventSource,
    "multipart": OverMultipart,
}


def data_of(result: dict[str, Any]) -> dict[str, Any]:
    if result.get("errors"):
        raise Ended(result["errors"][0]["extensions"]["code"])
    return dict(result["data"])


def _closed(closed: ConnectionClosed) -> Ended:
    return Ended(f"close {closed.rcvd.code}" if closed.rcvd else "cut")
