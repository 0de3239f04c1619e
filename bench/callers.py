"""HTTP clients of the load generator: keep-alive connections that send requests of finished bytes."""

import re
import select
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson

from bench.load import Loop, connect, now, received

Answered = Callable[[float, bytes], None]
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


def request(token: str, body: dict[str, Any], path: str = "/graphql") -> bytes:
    """Returns a POST request with a JSON body as it goes over the wire."""
    text = orjson.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
    kind = f"accept: application/json\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    return head.encode() + kind.encode() + text


class Caller:
    """One connection, which has at most one request in flight.

    `answered` gets the seconds until the answer was complete and the body. The body is empty if the connection broke.
    """

    def __init__(self, loop: Loop, port: int) -> None:
        self._loop = loop
        self._port = port
        self._answered: Answered | None = None
        self._open()

    @property
    def idle(self) -> bool:
        return self._answered is None

    def send(self, data: bytes, answered: Answered) -> None:
        self._answered, self._asked, self._received = answered, now(), b""
        try:
            sent = self._connection.send(data)
        except OSError:  # not connected yet, or closed by the server while it was idle
            sent = 0
        self._unsent = data[sent:]
        if self._unsent:
            self._loop.change(self._connection, select.EPOLLIN | select.EPOLLOUT)

    def close(self) -> None:
        self._loop.close(self._connection)

    def _open(self) -> None:
        self._connection = connect(self._port)
        self._received = self._unsent = b""
        self._loop.watch(self._connection, self._ready)

    def _ready(self, events: int) -> None:
        if events & select.EPOLLOUT and self._unsent:
            self._send_rest()
        if events & ~select.EPOLLOUT:
            self._receive()

    def _send_rest(self) -> None:
        try:
            self._unsent = self._unsent[self._connection.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._broke()
            return
        if not self._unsent:
            self._loop.change(self._connection, select.EPOLLIN)

    def _receive(self) -> None:
        data = received(self._connection)
        if data is None:
            return
        if not data:
            self._broke()
            return
        self._received += data
        body = body_of(self._received)
        if body is not None and self._answered:
            answered, self._answered = self._answered, None
            answered(now() - self._asked, body)

    def _broke(self) -> None:
        self._loop.close(self._connection)
        self._open()
        answered, self._answered = self._answered, None
        if answered:
            answered(now() - self._asked, b"")


def body_of(received: bytes) -> bytes | None:
    """Returns the body of a complete HTTP response, or None if some of it has not arrived."""
    end = received.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    if length := _LENGTH.search(received, 0, end):
        return received[end:] if len(received) - end >= int(length[1]) else None
    if _CHUNKED.search(received, 0, end):
        return _joined(received[end:]) if received.endswith(b"0\r\n\r\n") else None
    return b""


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        body, chunks = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


class Callers:
    """Connections that take requests in turn. A request waits while all of them are busy."""

    def __init__(self, loop: Loop, port: int, count: int) -> None:
        self._callers = [Caller(loop, port) for _ in range(count)]
        self._waiting: deque[tuple[bytes, float, Answered]] = deque()

    def send(self, data: bytes, answered: Answered) -> None:
        """Sends the request on a free connection. The time counts from now, also if it has to wait for one."""
        self._waiting.append((data, now(), answered))
        self._hand_out()

    def close(self) -> None:
        for caller in self._callers:
            caller.close()

    def _hand_out(self) -> None:
        for caller in self._callers:
            if self._waiting and caller.idle:
                data, asked, answered = self._waiting.popleft()
                caller.send(data, self._relayed(asked, answered))

    def _relayed(self, asked: float, answered: Answered) -> Answered:
        def relay(_seconds: float, body: bytes) -> None:
            answered(now() - asked, body)
            self._hand_out()

        return relay
