"""uvicorn's protocols, with three changes.

A connection whose client stops reading is cut (rule 65). Written data waits in the transport, bounded by the high-water
mark, and uvicorn would wait for ever until the client reads it.

A connection takes finished bytes directly, if its client reads fast enough.

A WebSocket that does not answer a ping is closed with a code after which clients retry. They do not retry after
uvicorn's code, 1011.
"""

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request as Handshake
from websockets.protocol import State

from server.waiting import Gate, Inbox

STREAM = "enfilade.stream"
"""The key in the scope of a request whose answer is a stream."""
CONNECTION = "enfilade.connection"
"""The key in the scope of the connection that takes finished bytes."""
TRY_AGAIN_LATER = 1013
SWITCHING = 101
DROP = struct.pack("ii", 1, 0)  # of SO_LINGER: do not wait until the client has taken what was sent
TEXT = 0x81  # the only frame of a text message
SHORT, LONG = 126, 65536  # the lengths from which on a frame's header has two and eight more bytes


class _CutsStalled:
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._cut = self._cut or self.loop.call_later(self.stall_seconds, self.sever)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._forget()

    def sever(self) -> None:
        """Cuts the connection. The kernel drops what the client has not taken, and does not offer it for another 20 s."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
        self.transport.abort()

    def _forget(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


class _Http(_CutsStalled, HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[literal-required]  # an extension of ASGI

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
        if self.cycle and self.cycle.scope.get(STREAM):
            self.transport.close()


class _WebSocket(_CutsStalled, WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.queue = Inbox()  # type: ignore[assignment]  # it has all that uvicorn uses of a queue
        self.writable = Gate()  # type: ignore[assignment]  # it has all that uvicorn uses of an event

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

    def handle_text(self, event: Frame) -> None:
        super().handle_text(event)
        event.data = b""  # The parser refers to the last frame until the next one comes.

    def write_text(self, text: bytes) -> bool:
        """Sends a text message in one frame. Returns False if that cannot be done now."""
        conn = self.conn
        if conn.state is not State.OPEN or conn.extensions or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(_header(len(text)) + text)
        return True

    def handle_ping(self) -> None:
        # Answers to pings do not wait for free space and could pile up, so a client that does not read gets none.
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

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


def _header(length: int) -> bytes:
    """Returns the header of a text frame from a server (RFC 6455, 5.2)."""
    if length < SHORT:
        return bytes((TEXT, length))
    if length < LONG:
        return bytes((TEXT, SHORT)) + length.to_bytes(2, "big")
    return bytes((TEXT, SHORT + 1)) + length.to_bytes(8, "big")


def protocols(stall_seconds: float, ping_seconds: float) -> dict[str, Any]:
    """Returns uvicorn's options for its protocols, and for the time after which a connection is cut."""
    patience = {"stall_seconds": stall_seconds}
    return {
        "http": type("Http", (_Http,), patience),
        "ws": type("WebSocket", (_WebSocket,), patience),
        "ws_ping_interval": ping_seconds,
        "ws_ping_timeout": ping_seconds,
    }
