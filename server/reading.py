"""Whether the client of a stream reads what it is sent, as TCP tells.

A client that stops reading is hidden at first: its own kernel goes on receiving until its buffer is full, often 128 KiB.
But meanwhile it does not open its window any further. So when the buffer is full, it is known since when nothing was
read.
"""

import socket
from struct import Struct
from typing import NamedTuple, Protocol

# The members of Linux's tcp_info that are needed: tcpi_unacked, tcpi_bytes_acked, tcpi_notsent_bytes, tcpi_snd_wnd (Linux 5.4).
_TCP_INFO = Struct("=24xI92xQ16xI80xI")


class Taken(NamedTuple):
    """What a client's kernel has taken of a connection."""

    received: int  # bytes, since the beginning
    window: int  # how many more bytes it would take now
    waiting: bool  # whether more than that was sent, or is on its way


class HasOptions(Protocol):
    """A socket, or what an event loop offers in its place."""

    def getsockopt(self, level: int, option: int, length: int, /) -> bytes: ...


def taken_of(connection: HasOptions) -> Taken | None:
    """Returns what the client has taken, or None where the system does not tell."""
    if not hasattr(socket, "TCP_INFO"):  # It is not Linux.
        return None
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except OSError:  # It is no TCP connection, or it is closed already.
        return None
    if len(told) < _TCP_INFO.size:
        return None
    unacknowledged, received, unsent, window = _TCP_INFO.unpack(told)
    return Taken(received, window, waiting=bool(unacknowledged or unsent))


class Reading:
    """One client's reading, looked at again and again."""

    __slots__ = ("_read_at", "_received", "_window_ends")

    def __init__(self, now: float) -> None:
        self._received = self._window_ends = -1
        self._read_at = now

    def stopped_for(self, taken: Taken, now: float) -> float:
        """Returns for how long the client has read nothing, as far as that is certain: 0 while it may read.

        It is certain when something waits, and nothing was received since the last look.
        """
        received, self._received = self._received, taken.received
        window_ends, self._window_ends = self._window_ends, taken.received + taken.window
        moved = taken.received != received
        if self._window_ends != window_ends or not (moved or taken.waiting):
            self._read_at = now
        return 0.0 if moved else now - self._read_at
