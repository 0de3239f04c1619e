"""Receiving: at most a few KiB are taken from the kernel at once, and no more while a connection waits for its turn.

Each loop reads up to 256 KiB for any other protocol. For a thousand connections this takes a second and 256 MiB.
"""

import asyncio
from typing import Any

from server.http_protocol import PIECE, Http

_buffer = bytearray(PIECE)  # for all connections: what arrived is taken out before anything else is read
_view = memoryview(_buffer)


class Receiver(asyncio.BufferedProtocol):
    """Receives for an HTTP connection, until that becomes a WebSocket."""

    def __init__(self, protocol: type[Http], **given: Any) -> None:
        self._http = protocol(**given)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._http.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _view

    def buffer_updated(self, nbytes: int) -> None:
        self._http.data_received(bytes(_view[:nbytes]))

    def pause_writing(self) -> None:
        self._http.pause_writing()

    def resume_writing(self) -> None:
        self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._http.connection_lost(exc)
