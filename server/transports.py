"""What HTTP connections and WebSockets have in common beyond uvicorn's protocols.

A connection has one of the process's places. One whose client stops reading is cut (rule 65). The kernel does this when
the client has taken nothing for too long. Where it cannot, written data waits in the transport, bounded by the high-water
mark, and uvicorn would wait for ever until the client reads it. One that is refused lingers for a moment.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

from server.places import Places

STREAM = "enfilade.stream"
"""The key in the scope of a request whose answer is a stream. The value is what its client is sent if the process stops."""
CONNECTION = "enfilade.connection"
"""The key in the scope of the connection that takes finished bytes."""
DROP = struct.pack("ii", 1, 0)  # of SO_LINGER: do not wait until the client has taken what was sent
LINGER_SECONDS = 1.0
UNSENT_BYTES = 64 * 1024
"""How much the kernel takes of a connection before it was sent. By default it takes up to some MiB, and a client that has
stopped reading is noticed only when they are full."""
MOST_MILLISECONDS = 2**31 - 1  # of a socket's option
PATIENCE = 0.75
"""For which part of `stall_seconds` the kernel waits for a client that takes nothing. The client's own buffer was filled
before, so in a busy room it is cut about `stall_seconds` after it stopped reading."""


class Bounded:
    """A mixin. uvicorn's protocol comes after it."""

    places: Places
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None
    over = False
    """Whether the connection is refused. What still arrives is dropped."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[misc]  # see above
        self._bound(transport.get_extra_info("socket"))
        peer = transport.get_extra_info("peername")
        refusal = self.places.enter(self, peer[0] if isinstance(peer, tuple) else None)
        if refusal:
            self.turn_away(refusal)

    def _bound(self, own: socket.socket) -> None:
        with suppress(OSError):  # It is no TCP connection.
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
            if taken_within := getattr(socket, "TCP_USER_TIMEOUT", None):  # Not every system has it.
                milliseconds = min(max(1, round(PATIENCE * self.stall_seconds * 1000)), MOST_MILLISECONDS)
                own.setsockopt(socket.IPPROTO_TCP, taken_within, milliseconds)

    def turn_away(self, why: str) -> None:
        """Refuses the connection, because its address has too many."""
        self.evict()

    def evict(self) -> None:
        """Closes the connection at once. It may have been closed for another one."""
        self.transport.abort()

    def linger(self) -> None:
        """Ends the connection after its last words. What the client still sends is dropped for a moment.

        Closing at once would answer it with a reset, which can overtake the last words.
        """
        self.over = True
        if self.transport.is_closing():
            return
        self.transport.write_eof()
        self.transport.resume_reading()
        self._forget()
        self._cut = self.loop.call_later(LINGER_SECONDS, self.sever)

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]  # see above
        self.cut_later()

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]  # see above
        if not self.over:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        self.places.leave(self)
        super().connection_lost(exc)  # type: ignore[misc]  # see above
        self._forget()

    def cut_later(self) -> None:
        """Cuts the connection after a while, unless the client has read by then."""
        self._cut = self._cut or self.loop.call_later(self.stall_seconds, self.sever)

    def sever(self) -> None:
        """Cuts the connection. The kernel drops what the client has not taken, and does not offer it for another 20 s."""
        with suppress(OSError):  # It is closed already.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP)
        self.transport.abort()

    def _forget(self) -> None:
        if self._cut:
            self._cut.cancel()
            self._cut = None


def limited(protocol: type, **limits: Any) -> type:
    """Returns the protocol with these limits. uvicorn makes one for each connection."""
    return type(protocol.__name__, (protocol,), limits)
