"""What HTTP connections and WebSockets have in common beyond uvicorn's protocols.

A connection has one of the process's places. One whose client stops reading is cut (rule 65): written data waits in
the transport, bounded by the high-water mark, and uvicorn would wait for ever until the client reads it. The buffers of
both kernels are full only later, or never in a quiet room, so the clients of streams are also looked at. One that is
refused lingers for a moment.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

from server.places import Places
from server.reading import Reading, taken_of

STREAM = "enfilade.stream"
"""The key in the scope of a request whose answer is a stream. The value is what its client is sent if the process stops."""
CONNECTION = "enfilade.connection"
"""The key in the scope of the connection that takes finished bytes."""
DROP = struct.pack("ii", 1, 0)  # of SO_LINGER: do not wait until the client has taken what was sent
LINGER_SECONDS = 1.0
LOOKS = 5
"""How often a stream's client is looked at before it is cut."""
UNSENT_BYTES = 64 * 1024
"""How much the kernel takes of a connection before it was sent. By default it takes up to some MiB, and a client that has
stopped reading is noticed only when they are full."""


class Bounded:
    """A mixin. uvicorn's protocol comes after it."""

    places: Places
    stall_seconds: float
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _cut: asyncio.TimerHandle | None = None
    _look: asyncio.TimerHandle | None = None
    over = False
    """Whether the connection is refused. What still arrives is dropped."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[misc]  # see above
        with suppress(OSError):  # It is no TCP connection.
            own = transport.get_extra_info("socket")
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        peer = transport.get_extra_info("peername")
        refusal = self.places.enter(self, peer[0] if isinstance(peer, tuple) else None)
        if refusal:
            self.turn_away(refusal)

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
        if self._look:
            self._look.cancel()

    def watch_reading(self) -> None:
        """Cuts the connection if its client stops reading. This begins with the connection's first stream."""
        if self._look is None:
            self._look_later(Reading(self.loop.time()))

    def _look_later(self, reading: Reading) -> None:
        self._look = self.loop.call_later(self.stall_seconds / LOOKS, self._look_at, reading)

    def _look_at(self, reading: Reading) -> None:
        taken = taken_of(self.transport.get_extra_info("socket"))
        if taken is None:
            return  # Only a full buffer tells, which cuts the connection later.
        if reading.stopped_for(taken, self.loop.time()) < self.stall_seconds:
            self._look_later(reading)
        else:
            self.sever()

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
