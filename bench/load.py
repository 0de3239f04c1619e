"""The load generator's loop: non-blocking sockets, timers, and as little Python for each event as can be.

It shares two cores with the server, so it must cost much less than the server for each message. It waits with epoll
itself. There are no tasks, streams or buffers of a library: one `recv` for what has arrived, and one handler call.
"""

import gc
import heapq
import resource
import select
import socket
import time
from collections.abc import Callable
from itertools import count

Handler = Callable[[int], None]
now = time.monotonic


class Loop:
    """Calls the handlers of sockets and timers until a condition holds."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def watch(self, connection: socket.socket, handler: Handler, events: int = select.EPOLLIN) -> None:
        """Calls `handler` with epoll's events whenever the socket is ready."""
        number = connection.fileno()
        self._handlers[number] = handler
        self._epoll.register(number, events)

    def change(self, connection: socket.socket, events: int, handler: Handler | None = None) -> None:
        """Waits for other events of a socket from now on, with another handler if one is given."""
        number = connection.fileno()
        self._handlers[number] = handler or self._handlers[number]
        self._epoll.modify(number, events)

    def close(self, connection: socket.socket) -> None:
        """Closes a socket that the loop watches."""
        number = connection.fileno()
        if self._handlers.pop(number, None) is not None:
            self._epoll.unregister(number)
        connection.close()

    def at(self, moment: float, call: Callable[[], None]) -> None:
        """Calls `call` at this time of the monotonic clock, or as soon as possible after it."""
        heapq.heappush(self._timers, (moment, next(self._order), call))

    def run(self, done: Callable[[], bool], seconds: float) -> bool:
        """Runs until `done()` or until the time is over. Returns whether it was done."""
        deadline = now() + seconds
        while not done():
            moment = now()
            if moment >= deadline:
                return False
            self._run_timers(moment)
            until = min(deadline, self._timers[0][0]) if self._timers else deadline
            for number, events in self._epoll.poll(max(0.0, min(0.1, until - now()))):
                if handler := self._handlers.get(number):
                    handler(events)
        return True

    def wait(self, seconds: float) -> None:
        """Handles what happens in this time."""
        self.run(lambda: False, seconds)

    def _run_timers(self, moment: float) -> None:
        while self._timers and self._timers[0][0] <= moment:
            heapq.heappop(self._timers)[2]()


def connect(port: int) -> socket.socket:
    """Returns a socket that connects to a server on this machine, without waiting for it."""
    connection = socket.socket()
    connection.settimeout(0)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect_ex(("127.0.0.1", port))
    return connection


def received(connection: socket.socket) -> bytes | None:
    """Returns what has arrived, nothing if the other side has gone, or None if there is nothing yet."""
    try:
        return connection.recv(262_144)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def allow_many_sockets() -> None:
    """Raises the limit of open files to what the system allows. Servers that are started afterwards inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def collect_no_garbage() -> None:
    """Switches the garbage collector of the load off. It would stop the load for 0.2 s, and servers would look slow."""
    gc.collect()
    gc.freeze()
    gc.disable()
