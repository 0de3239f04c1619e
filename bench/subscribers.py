"""WebSocket clients of the load generator, which speak graphql-transport-ws."""

import select
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import orjson

from bench.load import Loop, connect, now, received

Heard = Callable[["Subscriber", bytes], None]
Operations = Sequence[tuple[str, Mapping[str, Any]]]
"""Documents with their variables."""
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)


class Subscriber:
    """One socket: it connects, sends connection_init, and subscribes to all operations once that is acknowledged.

    `heard` gets each message of type `next` as it arrived. `ended` gets the message that ended a subscription, or an
    empty one if the connection broke. `after` is sent as the variable `after` if it is set. `subscribed` is the time
    at which the socket was acknowledged.
    """

    __slots__ = (
        "_connection", "_ended", "_greeted", "_heard", "_ids", "_loop", "_operations", "_port", "_rest", "_token", "after",
        "name", "subscribed",
    )  # fmt: skip

    def __init__(
        self,
        loop: Loop,
        port: int,
        token: str,
        operations: Operations,
        heard: Heard,
        ended: Heard,
        name: int = 0,
    ) -> None:
        self._loop, self._port, self._token = loop, port, token
        self._operations = operations
        self._heard, self._ended = heard, ended
        self.name = name
        self._ids = [str(uuid4()) for _ in operations]  # as long as the ids that graphql-ws makes
        self.after: str | None = None

    def open(self) -> None:
        """Begins to connect."""
        self._rest = b""
        self._greeted, self.subscribed = False, 0.0
        self._connection = connect(self._port)
        self._loop.watch(self._connection, self._connected, select.EPOLLOUT)

    def close(self) -> None:
        self._loop.close(self._connection)

    def _connected(self, events: int) -> None:
        if events & (select.EPOLLERR | select.EPOLLHUP):
            self._lost()
            return
        try:
            self._connection.send(_UPGRADE)
        except OSError:
            self._lost()
            return
        self._loop.change(self._connection, select.EPOLLIN, self._ready)

    def _ready(self, _events: int) -> None:
        data = received(self._connection)
        if data is None:
            return
        if not data:
            self._lost()
            return
        self._read_frames(self._rest + data if self._rest else data) if self._greeted else self._greet(data)

    def _lost(self) -> None:
        self._loop.close(self._connection)
        self._ended(self, b"")

    def _greet(self, data: bytes) -> None:
        head, end, self._rest = (self._rest + data).partition(b"\r\n\r\n")
        if not end:
            self._rest = head
        elif not head.startswith(b"HTTP/1.1 101"):
            self._lost()
        else:
            self._greeted = True
            self._say({"type": "connection_init", "payload": {"Authorization": f"Bearer {self._token}"}})
            self._read_frames(self._rest)

    def _read_frames(self, data: bytes) -> None:
        start, size = 0, len(data)
        while size - start >= 2:
            length, body = data[start + 1], start + 2
            if length >= 126:
                body += 2 if length == 126 else 8
                length = int.from_bytes(data[start + 2 : body])
            if size < body + length:
                break
            self._read(data[start] & 15, data[body : body + length])
            start = body + length
        self._rest = data[start:] if start < size else b""

    def _read(self, kind: int, content: bytes) -> None:
        if kind == _TEXT and content.find(b'"next"', 0, 100) > 0:
            self._heard(self, content)
        elif kind == _TEXT:
            self._react(content)
        elif kind == _PING:
            with suppress(OSError):
                self._connection.send(_frame(_PONG, content))
        elif kind == _CLOSE:
            self._lost()

    def _react(self, content: bytes) -> None:
        match orjson.loads(content)["type"]:
            case "connection_ack":
                self._subscribe()
            case "ping":
                self._say({"type": "pong"})
            case "error" | "complete":
                self._ended(self, content)

    def _subscribe(self) -> None:
        after = {"after": self.after} if self.after else {}
        for name, (document, variables) in zip(self._ids, self._operations, strict=True):
            payload = {"query": document, "variables": {**variables, **after}}
            self._say({"id": name, "type": "subscribe", "payload": payload})
        self.subscribed = now()

    def _say(self, message: dict[str, Any]) -> None:
        with suppress(OSError):  # a broken connection is noticed by reading
            self._connection.send(_frame(_TEXT, orjson.dumps(message)))


def _frame(kind: int, content: bytes) -> bytes:
    # The mask is four zeros, so that masking changes nothing and costs nothing.
    size = len(content)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return bytes([0x80 | kind]) + length + b"\0\0\0\0" + content
