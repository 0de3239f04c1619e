"""uvicorn's protocols, with one thing added: a connection whose client stops reading is cut (rule 65).

What is written to it waits in the transport, bounded by the high-water mark; uvicorn would wait for ever for it to drain,
and its ping timeout only asks for a close that has to be flushed first.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class _CutsStalled:
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        self._cut = self._cut or self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]
        self._forget()

    def _forget(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


def protocols(stall_seconds: float) -> dict[str, Any]:
    """The `http` and `ws` options for uvicorn."""
    patience = {"stall_seconds": stall_seconds}
    return {
        "http": type("Http", (_CutsStalled, HttpToolsProtocol), patience),
        "ws": type("WebSocket", (_CutsStalled, WebSocketsSansIOProtocol), patience),
    }
