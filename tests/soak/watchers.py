"""A subscriber over WebSocket, who goes on from its cursor whenever its stream ends, until the server refuses it."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from tests.soak.history import Deviated, History, Opened, Told

REFUSED = {"FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED", "close 4403"}
BEGINS_ANEW = {"STREAM_RESET", "CURSOR_EXPIRED"}
AGAIN = 0.2  # seconds until it opens its stream again


@dataclass(frozen=True)
class Shape:
    """A subscription: its field, and its document, which has the variables `id` and `after`."""

    name: str
    field: str
    document: str


@dataclass
class Watcher:
    name: str
    token: str
    gallery: str
    subject: str  # the id of what it subscribes to
    shape: Shape
    servers: Mapping[str, str]  # the addresses, of which it takes one after the other
    history: History
    is_patient: bool = False  # goes on after a refusal too, as a server with a wrong clock refuses good tokens
    attempt: int = -1
    cursor: str | None = None

    async def watch(self) -> str:
        """Follows until the server refuses it. Returns the code of the refusal."""
        while True:
            self.attempt += 1
            self.history.note(self._opened())
            code = await self._watch_once()
            self.history.note(Deviated(time.time(), self.name, self.attempt, code))
            if code in REFUSED and not self.is_patient:
                return code
            if code in BEGINS_ANEW:
                self.cursor = None
            await asyncio.sleep(AGAIN)

    def _opened(self) -> Opened:
        return Opened(
            time.time(),
            self.name,
            self.attempt,
            self._server,
            "websocket",
            self.shape.field,
            self.shape.name,
            self.gallery,
            self.name,
            self.cursor,
        )

    @property
    def _server(self) -> str:
        return list(self.servers)[self.attempt % len(self.servers)]

    async def _watch_once(self) -> str:
        address = self.servers[self._server].replace("http", "ws", 1) + "/graphql"
        protocols = [Subprotocol("graphql-transport-ws")]
        try:
            async with connect(address, subprotocols=protocols, proxy=None, close_timeout=0.1) as wire:
                return await self._follow(wire)
        except ConnectionClosed as closed:
            return f"close {closed.rcvd.code}" if closed.rcvd else "cut"
        except (OSError, TimeoutError, WebSocketException):
            return "no answer"

    async def _follow(self, wire: ClientConnection) -> str:
        await _send(wire, type="connection_init", payload={"Authorization": f"Bearer {self.token}"})
        await wire.recv()
        which = {"id": self.subject, "after": self.cursor}
        await _send(wire, id="1", type="subscribe", payload={"query": self.shape.document, "variables": which})
        while True:
            message = json.loads(await wire.recv())
            if code := _refusal(message):
                return code
            if message["type"] == "ping":
                await _send(wire, type="pong")
            if message["type"] == "next":
                self._note(message["payload"]["data"][self.shape.field])

    def _note(self, event: dict[str, Any]) -> None:
        self.cursor = event["cursor"]
        body = hashlib.sha256(json.dumps(event).encode()).hexdigest()[:16]
        kind = event["__typename"]
        self.history.note(Told(time.time(), self.name, self.attempt, event["cursor"], kind, "", body))


def _refusal(message: dict[str, Any]) -> str | None:
    """Returns the code of an error, or None for any other message."""
    payload = message.get("payload")
    errors = payload if message["type"] == "error" else isinstance(payload, dict) and payload.get("errors")
    with suppress(KeyError, IndexError, TypeError):
        return str(errors[0]["extensions"]["code"])  # type: ignore[index]  # False where there is none
    return None


async def _send(wire: ClientConnection, **message: object) -> None:
    await wire.send(json.dumps(message))
