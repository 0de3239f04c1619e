"""uvicorn's protocols, with one thing added: a connection whose client stops reading is cut (rule 65).

What is written to it waits in the transport, bounded by the high-water mark; uvicorn would wait for ever for it to drain,
and its ping timeout only asks for a close that has to be flushed first.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STREAM = "enfilade.stream"
"""What the scope of a request says whose answer is a stream."""


class _CutsStalled:
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]  # a mixin: uvicorn's protocol is above it
        self._cut = self._cut or self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]  # a mixin: uvicorn's protocol is above it
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]  # a mixin: uvicorn's protocol is above it
        self._forget()

    def _forget(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


class _Http(_CutsStalled, HttpToolsProtocol):
    def shutdown(self) -> None:
        super().shutdown()
        # A stream comes to no end that could be waited for. Its client resumes, at another process.
        if self.cycle and self.cycle.scope.get(STREAM):
            self.transport.close()


class _WebSocket(_CutsStalled, WebSocketsSansIOProtocol):
    def handle_ping(self) -> None:
        # The answer to a ping does not wait for room, and so could pile up: whoever does not read gets none.
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()


def protocols(stall_seconds: float) -> dict[str, Any]:
    """The `http` and `ws` options for uvicorn."""
    patience = {"stall_seconds": stall_seconds}
    return {
        "http": type("Http", (_Http,), patience),
        "ws": type("WebSocket", (_WebSocket,), patience),
    }
