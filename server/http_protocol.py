"""uvicorn's HTTP protocol, with bounds on what a client sends, and on the time that it takes to send it.

uvicorn keeps a connection that sends half a request for ever, and holds headers of any size. A connection takes finished
bytes directly, if its client reads fast enough.
"""

import asyncio
from collections.abc import Hashable
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from schema.execution.codes import RequestErrorCode
from server.fair_turns import FairTurns
from server.places import PROBES
from server.shares import RETRY_AFTER_SECONDS
from server.transports import CONNECTION, STREAM, Bounded

PIECE = 8 * 1024  # bytes that arrive and are parsed at once, so that too large headers are seen in time
HEADERS = 200  # of one request; each takes some 200 bytes, however small it is
PIPELINED = 8  # requests of one connection that wait for the answer to an earlier one
CHUNKS = 512  # of one body; each costs some microseconds, however small it is
REQUEST_SECONDS = 0.0005  # what the smallest request costs after its head is parsed


class Refused(Exception):
    """A request is refused while it is parsed, with this status and message."""


class Cycle(RequestResponseCycle):
    async def send(self, message: ASGISendEvent) -> None:
        # uvicorn learns a moment later than the transport that the client has gone, and uvloop's transport raises meanwhile.
        if self.transport.is_closing():
            self.disconnected = True
        await super().send(message)


class Http(Bounded, HttpToolsProtocol):
    turns: FairTurns
    receive_seconds: float
    header_bytes: int
    _whose: Hashable = None
    _held: tuple[bytes, ...] = ()
    """What has arrived and waits for its turn. Nothing more is read meanwhile."""
    _deadline: asyncio.TimerHandle | None = None
    _receiving = False
    _piece = 0
    _unfinished = 0
    """How many bytes have arrived that are neither part of a body nor of a head that is complete."""
    _chunks = 0
    _refusal: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # Behind a proxy the client's address is not known yet, so each of its connections has turns of its own.
        self._whose = self.places.holder(self.client[0] if self.client else None) or self
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn forgets this when the client has reset the connection.
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        """Takes at most PIECE bytes, which are parsed when it is this address's turn."""
        self._held += (data,)
        if len(self._held) == 1:
            self.turns.take(self._whose, self._parse_held)
        if self._held:
            self._unset_keepalive_if_required()
            self.transport.pause_reading()

    def _parse_held(self) -> None:
        pieces, self._held = self._held, ()
        for piece in pieces:
            if not (self.over or self.transport.is_closing()):
                self._parse(piece)
        if not self.flow.read_paused:
            self.transport.resume_reading()

    def _parse(self, piece: bytes) -> None:
        self._piece = len(piece)
        self._unfinished += self._piece
        super().data_received(piece)
        if not self.over and self._unfinished > self.header_bytes + PIECE:
            self.refuse(431, self._too_large())
        self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._receiving = True
        self._unfinished = self._piece
        self._chunks = 0
        self.scope[CONNECTION] = self  # type: ignore[literal-required]  # an extension of ASGI

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= HEADERS:
            self._fail(431, f"A request may have at most {HEADERS} headers.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        # Most heads arrive in one small piece. Only others are counted exactly, without the beginning of their body.
        if self._unfinished > self.header_bytes and self._head() > self.header_bytes:
            self._fail(431, self._too_large())
        if len(self.pipeline) >= PIPELINED:
            self._fail(400, f"At most {PIPELINED} requests may wait for the answer to an earlier one.")
        if self.url.partition(b"?")[0].decode("latin-1") not in PROBES and self.places.serves_only_probes(self):
            self._fail(503, f"This process holds {self.places.most} connections, as many as it may.")
        super().on_headers_complete()
        self._unfinished = 0
        self._stop_waiting()  # The body has a deadline of its own.
        self.places.works(self)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.__class__ = Cycle  # uvicorn makes it in the middle of a long function
        self.turns.take(self._whose, partial(self._begin, cycle, app), REQUEST_SECONDS)

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if not self.transport.is_closing():
            super()._start_asgi_task(cycle, app)

    def on_chunk_header(self) -> None:
        """The parser calls this at the beginning of each chunk."""
        self._chunks += 1
        if self._chunks > CHUNKS:
            self._fail(400, f"A body may have at most {CHUNKS} chunks.")

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._unfinished = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._receiving = False
        self._unfinished = 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self.cut_later()  # It closes when the client has read the answer.
        if not self.pipeline:
            self.places.rests(self)
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self.cut_later()

    def handle_websocket_upgrade(self) -> None:
        self.over = True  # The WebSocket takes over.
        self._stop_waiting()
        self.places.leave(self)
        self.turns.take(self._whose, super().handle_websocket_upgrade, REQUEST_SECONDS)

    def turn_away(self, why: str) -> None:
        self.over = True
        self.transport.write(_answer(503, why))
        self.transport.close()  # It has no place, so it may not linger.

    def send_400_response(self, msg: str) -> None:
        self.refuse(*(self._refusal or (400, msg)))

    def refuse(self, status: int, message: str) -> None:
        """Answers with an error, and ends the connection. An answer that has begun is cut off."""
        if self._answering() or self.transport.is_closing():
            self.sever()
        else:
            self.transport.write(_answer(status, message))
            self.linger()

    def write_chunk(self, scope: object, chunk: bytes) -> bool:
        """Sends a chunk of the answer to the request of this scope. Returns False if that cannot be done now."""
        cycle = self.cycle
        if (
            cycle is None
            or cycle.scope is not scope
            or not (cycle.response_started and cycle.chunked_encoding)
            or cycle.response_complete
            or cycle.disconnected
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        return True

    def shutdown(self) -> None:
        super().shutdown()
        # A stream never ends by itself. Its client resumes at another process.
        farewell: Any = self.cycle.scope.get(STREAM) if self.cycle else None
        if farewell is not None:
            if farewell:  # An empty chunk would end the answer.
                self.write_chunk(self.cycle.scope, farewell)
            # The answer is not ended: graphql-sse's client may wait for ever behind an end without `complete`.
            self.transport.close()

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        """Starts the deadline if the client has to send something, and stops it if it has not."""
        kept_alive = self.timeout_keep_alive_task is not None or self._answering()
        if self.over or self.transport.is_closing() or (kept_alive and not self._receiving):
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.receive_seconds, self._overdue)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _overdue(self) -> None:
        self._deadline = None
        if self.flow.read_paused or self._held:
            self._watch()  # It is this process that does not read.
        elif self._receiving:
            self.refuse(408, f"The request did not arrive within {self.receive_seconds:g} s.")
        else:
            self.evict()

    def _head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _too_large(self) -> str:
        return f"The headers are larger than {self.header_bytes} bytes in all."

    def _fail(self, status: int, message: str) -> None:
        self._refusal = status, message
        raise Refused(message)


def _answer(status: int, message: str) -> bytes:
    """Returns a whole response with an error in the form of GraphQL's errors."""
    extensions: dict[str, object] = {"code": RequestErrorCode.BAD_REQUEST}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        extensions = {"code": RequestErrorCode.TOO_MANY_CONNECTIONS, "retryAfterSeconds": RETRY_AFTER_SECONDS}
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "content-type: application/json; charset=utf-8",
        "cache-control: no-store",
        f"content-length: {len(body)}",
        "connection: close",
        *([f"retry-after: {RETRY_AFTER_SECONDS}"] if "retryAfterSeconds" in extensions else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
