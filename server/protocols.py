"""uvicorn's protocols, with two changes.

A connection whose client stops reading is cut (rule 65). Written data waits in the transport, bounded by the high-water
mark, and uvicorn would wait for ever until the client reads it.

A WebSocket that does not answer a ping is closed with a code after which clients retry. They do not retry after
uvicorn's code, 1011.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STREAM = "enfilade.stream"
"""The key in the scope of a request whose answer is a stream."""
TRY_AGAIN_LATER = 1013


class _CutsStalled:
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._cut = self._cut or self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]  # this is a mixin, and uvicorn's protocol comes after it
        self._forget()

    def _forget(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


class _Http(_CutsStalled, HttpToolsProtocol):
    def shutdown(self) -> None:
        super().shutdown()
        # A stream never ends by itself. Its client resumes at another process.
        if self.cycle and self.cycle.scope.get(STREAM):
            self.transport.close()


class _WebSocket(_CutsStalled, WebSocketsSansIOProtocol):
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
            self.transport.abort()  # A close would wait for a client that does not read.
        else:
            self.transport.close()


def protocols(stall_seconds: float, ping_seconds: float) -> dict[str, Any]:
    """Returns uvicorn's options for its protocols, and for the time after which a connection is cut."""
    patience = {"stall_seconds": stall_seconds}
    return {
        "http": type("Http", (_Http,), patience),
        "ws": type("WebSocket", (_WebSocket,), patience),
        "ws_ping_interval": ping_seconds,
        "ws_ping_timeout": ping_seconds,
    }
