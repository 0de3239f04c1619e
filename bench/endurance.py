"""Part 7: what a long life and clients that stop reading leave behind in the server's memory."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from bench import servers
from bench.documents import CHAT
from bench.figures import Row
from bench.load import now
from bench.room import PATIENCE, TEXT, Room
from bench.site import SQLITE, Sites, let_in, name_of, token_of
from bench.subscribers import Subscriber
from tests.support.processes import ServerProcess

TITLE = "After millions of events, and after clients that stopped reading"
OURS = "Enfilade"
SUBSCRIBERS, QUICK_SUBSCRIBERS = 2_000, 300
EVENTS, QUICK_EVENTS = (100_000, 1_000_000, 5_000_000), (20_000, 150_000)
IN_FLIGHT = 4
RING = 1_024  # entries
FIRST = 4_000  # posts before the first event counts, which fill what is bounded: the ring and SQLite's page caches
STALLED = 50
ROUNDS = 3
STALL_SECONDS = 1.0
LONG = TEXT + " A sentence that a stalled client does not read." * 80  # so that its buffers fill soon
COLUMNS = {
    "work": "work",
    "subscribers": "subscribers",
    "events": "events delivered",
    "memory_mib": "memory, MiB",
    "memory_x": "of the first row's",
    "cpu_us": "CPU for each delivery, µs",
    "cut": "connections cut",
    "lost": "lost",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields rows for more and more events, and for rounds in which clients stall."""
    del only  # it is about our server
    yield from _in_service(sites, quick=quick)
    yield from _with_stalls(sites)


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the rows with the memory as a multiple of that in the first row of the same work."""
    first: dict[str, float] = {}
    return [{**row, "memory_x": row["memory_mib"] / first.setdefault(row["work"], row["memory_mib"])} for row in rows]


def _in_service(sites: Sites, *, quick: bool) -> Iterator[Row]:
    count = QUICK_SUBSCRIBERS if quick else SUBSCRIBERS
    settings = sites.new(SQLITE, stream_ring_entries=RING // 8 if quick else RING)
    room = asyncio.run(let_in(settings, count))
    with servers.ours(settings) as server:
        load = Room([server.port], settings, room)
        load.connect(1)
        _deliver(load, FIRST // 8 if quick else FIRST)
        load.connect(count)
        delivered = lost = 0
        for events in QUICK_EVENTS if quick else EVENTS:
            before = servers.cpu_seconds(server)
            more, missing = _deliver(load, events - delivered)
            used = servers.cpu_seconds(server) - before
            delivered, lost = delivered + more, lost + missing
            row = {"work": "posts", "subscribers": count, "events": delivered, "lost": lost}
            yield row | {"cpu_us": used / more * 1e6} | _memory(server)
        load.close()


def _deliver(load: Room, events: int) -> tuple[int, int]:
    """Posts until this many events have arrived. Returns how many arrived, and how many were lost."""
    arrived = lost = 0
    while arrived < events:
        posts, _ = load.flat_out(IN_FLIGHT, 1.0)
        arrived, lost = arrived + len(posts.received), lost + posts.lost() + posts.repeated() + len(posts.refused)
    return arrived, lost


def _with_stalls(sites: Sites) -> Iterator[Row]:
    settings = sites.new(SQLITE, stream_ring_entries=RING // 8, stream_stall_seconds=STALL_SECONDS)
    room = asyncio.run(let_in(settings, STALLED + 1))
    with servers.ours(settings) as server:
        load = Stalls([server.port], settings, room)
        load.connect(1)
        for _ in range(ROUNDS):
            row = {"server": OURS, "subscribers": STALLED, "lost": 0} | load.stall(server)
            yield row | {"work": "clients stall", "memory_mib": load.most / 2**20}
            yield row | {"work": "they are cut"} | _memory(server)
        load.close()


class Stalled(Subscriber):
    """A client that reads nothing once it has subscribed. `port` is its own."""

    port = 0

    def _subscribe(self) -> None:
        super()._subscribe()
        self.port = self._connection.getsockname()[1]
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._loop.change(self._connection, 0)  # Nothing is noticed but a reset.


class Stalls(Room):
    """A room with one subscriber who reads, and others who stall. `most` is the server's memory at its largest."""

    text = LONG
    most = 0

    def stall(self, server: ServerProcess) -> dict[str, Any]:
        """Lets clients stall until all of them are cut. Returns how many were cut, and how much was posted.

        The server knows that. The kernel may give a connection up without telling the client, which learns of it when it
        reads again.
        """
        reset: set[Subscriber] = set()
        stalled = [self._stalled(number, reset) for number in range(1, STALLED + 1)]
        for each in stalled:
            each.open()
        self.loop.run(lambda: all(each.subscribed for each in stalled), PATIENCE)
        begin, events, self.most = now(), 0, 0
        held = ports = {each.port for each in stalled}
        while held and now() - begin < PATIENCE:
            posts, _ = self.flat_out(IN_FLIGHT, 0.25)
            events, self.most = events + len(posts.sent), max(self.most, servers.memory(server))
            held = ports & servers.ports_of_clients(server)
        self.loop.wait(0.5)
        for each in {*stalled} - reset:
            each.close()
        return {"cut": len(ports - held), "events": events}

    def _stalled(self, number: int, reset: set[Subscriber]) -> Stalled:
        token, chat = token_of(self.settings, name_of(number)), [(CHAT, {"room": self.room})]
        return Stalled(self.loop, self._port(0), token, chat, _ignore, lambda each, _: reset.add(each), number)


def _ignore(_subscriber: Subscriber, _message: bytes) -> None:
    pass


def _memory(server: ServerProcess) -> dict[str, Any]:
    return {"server": OURS, "memory_mib": servers.memory(server) / 2**20}
