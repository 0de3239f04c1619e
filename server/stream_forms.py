"""How streams are written over HTTP: server-sent events as graphql-sse reads them, and multipart as Apollo's clients do.

docs/subscriptions.md describes both for clients.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from secrets import randbelow
from typing import Any, ClassVar

import orjson

from models.errors import ErrorCode
from server.requests import Form

LEAST_RETRY_MS, MOST_RETRY_MS = 1_000, 3_000
UNBUFFERED = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
"""Headers that keep caches and nginx from holding back what a stream sends."""
BOUNDARY = b"\r\n--graphql"
STOPPING = "This process stops. Resume at another one."


class StreamForm(ABC):
    """One way to write a stream.

    A stream is the `opening`, then parts and heartbeats, and then `complete`, or the `farewell` if the process stops.
    """

    headers: ClassVar[Mapping[str, str]]
    heartbeat_seconds: float
    heartbeat: ClassVar[bytes]
    complete: ClassVar[bytes]

    @abstractmethod
    def opening(self) -> bytes: ...

    @abstractmethod
    def part(self, response: bytes, cursor: str | None = None) -> bytes:
        """Returns a response, which is JSON. A client that has it resumes after the cursor."""

    @abstractmethod
    def refusal(self, error: Mapping[str, Any]) -> bytes:
        """Returns an error of the connection, which is none of the operation's."""

    @abstractmethod
    def farewell(self) -> bytes:
        """Returns what a client is sent when this process stops. The connection is closed after it."""


class ServerSentEvents(StreamForm):
    """graphql-sse's distinct connections mode, with cursors as ids, so that a plain EventSource resumes by itself.

    Lines end with line feeds alone: urql splits at nothing else. There are no other kinds of events than `next` and
    `complete`, because graphql-sse's client fails at any other.
    """

    headers: ClassVar = {"content-type": "text/event-stream", **UNBUFFERED}
    heartbeat_seconds = 12.0
    heartbeat = b": ping\n\n"
    complete = b"event: complete\ndata: \n\n"

    def opening(self) -> bytes:
        return _retry()

    def part(self, response: bytes, cursor: str | None = None) -> bytes:
        place = b"id: %b\n" % cursor.encode() if cursor else b""
        return b"%bevent: next\ndata: %b\n\n" % (place, response)

    def refusal(self, error: Mapping[str, Any]) -> bytes:
        return self.part(orjson.dumps({"errors": [error]}))

    def farewell(self) -> bytes:
        # No `complete`: graphql-sse's client would take the stream to be over, and lose all that follows.
        return b": %b\n%b" % (STOPPING.encode(), _retry())


def _retry() -> bytes:
    # The times differ, so that the clients of a process that stops do not come back all at once.
    return b"retry: %d\n\n" % (LEAST_RETRY_MS + randbelow(MOST_RETRY_MS - LEAST_RETRY_MS))


class Multipart(StreamForm):
    """Apollo's protocol for subscriptions over multipart, written as Apollo Router writes it.

    Apollo iOS compares the parameters of the media type as text, and knows a delimiter only by the line break before it,
    also the first one. Each part ends with the next delimiter, because clients wait for it before they read a part.
    """

    headers: ClassVar = {"content-type": 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0', **UNBUFFERED}
    heartbeat_seconds = 5.0
    heartbeat = b"\r\ncontent-type: application/json\r\n\r\n{}" + BOUNDARY
    complete = b"--\r\n"

    def opening(self) -> bytes:
        return BOUNDARY + self.heartbeat

    def part(self, response: bytes, cursor: str | None = None) -> bytes:
        return self._part(b'{"payload":%b}' % response)

    def refusal(self, error: Mapping[str, Any]) -> bytes:
        return self._part(orjson.dumps({"payload": None, "errors": [error]}))

    def farewell(self) -> bytes:
        stopping = {"message": STOPPING, "extensions": {"code": ErrorCode.UNAVAILABLE.value}}
        return self.refusal(stopping) + self.complete

    def _part(self, body: bytes) -> bytes:
        return b"\r\ncontent-type: application/json\r\n\r\n%b%b" % (body, BOUNDARY)


STREAM_FORMS: Mapping[Form, StreamForm] = {Form.SSE: ServerSentEvents(), Form.MULTIPART: Multipart()}
