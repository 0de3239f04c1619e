"""uvicorn's WebSocket protocol, with bounds on messages, pings and fragments.

A WebSocket that does not answer a ping is closed with a code after which clients retry. They do not retry after
uvicorn's code, 1011. A connection takes finished bytes directly, if its client reads fast enough.
"""

from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request as Handshake
from websockets.protocol import State

from server.transports import CONNECTION, Bounded
from server.waiting import Gate, Inbox

TRY_AGAIN_LATER = 1013
SWITCHING = 101
TEXT = 0x81  # the only frame of a text message
SHORT, LONG = 126, 65536  # the lengths from which on a frame's header has two and eight more bytes
PIECE = 4 * 1024  # bytes that are parsed at once; 700 of the smallest frames, which take less than 10 ms
BEFORE_INIT_BYTES = 16 * 1024  # of a message with a token
BEFORE_INIT_FRAMES = 64
FRAGMENTS = 256
BURST_SECONDS = 10
"""A client may send at once what it may send in this time."""


class WebSocket(Bounded, WebSocketsSansIOProtocol):
    frames_per_second: int

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.queue = Inbox()  # type: ignore[assignment]  # it has all that uvicorn uses of a queue
        self.writable = Gate()  # type: ignore[assignment]  # it has all that uvicorn uses of an event
        self.conn.max_message_size = min(BEFORE_INIT_BYTES, self.config.ws_max_size)
        self._frames: float = BEFORE_INIT_FRAMES
        self._refilled: float | None = None

    def admit(self) -> None:
        """Raises the bounds. The server calls this when it has acknowledged the connection of a user."""
        self.conn.max_message_size = self.config.ws_max_size
        self._frames = self.frames_per_second * BURST_SECONDS
        self._refilled = self.loop.time()
        self.places.works(self)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            if self.over or self.transport.is_closing():
                return
            super().data_received(data[start : start + PIECE])
        if self.conn.handshake_exc and not self.over:
            self._refuse_handshake()

    def _refuse_handshake(self) -> None:
        # uvicorn does not send the parser's answer, such as 431, and would keep the connection.
        self.transport.write(
            b"".join(self.conn.data_to_send()) or b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"
        )
        self.linger()

    def handle_connect(self, event: Handshake) -> None:
        super().handle_connect(event)
        if self.response.status_code == SWITCHING:
            self.scope[CONNECTION] = self  # type: ignore[literal-required]  # an extension of ASGI

    def start_keepalive(self) -> None:
        super().start_keepalive()
        # The handshake is over, whose headers can be some KiB, with cookies. The parser still refers to the request.
        self.request.headers.clear()
        del self.request, self.response
        self.scope["headers"] = []

    def handle_events(self) -> None:
        self._frames -= len(self.conn.events)
        if self._frames < 0 and not self._refill():
            self.conn.data_to_send()  # the answers to its pings
            self.fail(CloseCode.POLICY_VIOLATION, "Too many messages, pings or fragments")
        else:
            super().handle_events()

    def _refill(self) -> bool:
        """Adds what the client may send since the last time. Only a client that sends much costs a look at the clock."""
        if self._refilled is None:
            return False
        now = self.loop.time()
        most = self.frames_per_second * BURST_SECONDS
        self._frames = min(most, self._frames + (now - self._refilled) * self.frames_per_second)
        self._refilled = now
        return self._frames >= 0

    def handle_text(self, event: Frame) -> None:
        super().handle_text(event)
        event.data = b""  # The parser refers to the last frame until the next one comes.

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < FRAGMENTS:
            super().handle_cont(event)
        else:
            self.fail(CloseCode.POLICY_VIOLATION, f"A message may have {FRAGMENTS} fragments")

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self.fail(CloseCode.INVALID_DATA, "The message is not UTF-8")
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        sent = self.conn.close_sent
        assert sent
        self._end(sent.code, sent.reason)

    def fail(self, code: int, reason: str) -> None:
        """Closes the socket for a fault of the client."""
        if not self.over:
            self.conn.fail(code, reason)
            self._end(code, reason)

    def _end(self, code: int, reason: str) -> None:
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        # uvicorn forgets the second, and then an operation that is about to send raises.
        self.close_sent = self.disconnected = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.linger()
        self.close_timer = self._cut  # It tells uvicorn not to close the connection itself.

    async def send(self, message: ASGISendEvent) -> None:
        # uvicorn learns a moment later than the transport that the client has gone, and uvloop's transport raises meanwhile.
        if self.transport.is_closing():
            raise ClientDisconnected
        await super().send(message)

    def write_text(self, text: bytes) -> bool:
        """Sends a text message in one frame. Returns False if that cannot be done now."""
        conn = self.conn
        if conn.state is not State.OPEN or conn.extensions or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(_header(len(text)) + text)
        return True

    def handle_ping(self) -> None:
        # Answers to pings do not wait for free space and could pile up, so a client that does not read gets none.
        if self.writable.is_set() and not self.over:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_keepalive_ping(self) -> None:
        if self.transport.is_closing():
            self.cut_later()  # uvicorn would wait for ever until the client has taken everything.
        elif self.close_sent:
            self.schedule_ping()
        else:
            super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.close_sent = self.disconnected = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        self.conn.fail(TRY_AGAIN_LATER, "No answer to a ping")
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.get_write_buffer_size():
            self.sever()  # A close would wait for a client that does not read.
        else:
            self.transport.close()

    def shutdown(self) -> None:
        if self.handshake_complete and self.conn.state is not State.OPEN:
            self.transport.close()  # The client has closed already. uvicorn would raise.
        else:
            super().shutdown()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True


def _header(length: int) -> bytes:
    """Returns the header of a text frame from a server (RFC 6455, 5.2)."""
    if length < SHORT:
        return bytes((TEXT, length))
    if length < LONG:
        return bytes((TEXT, SHORT)) + length.to_bytes(2, "big")
    return bytes((TEXT, SHORT + 1)) + length.to_bytes(8, "big")
