"""Part 4: clients that were away read what they missed, while others post, ask and connect."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from bench import servers
from bench.callers import Callers, request
from bench.documents import CHAT, PAGE, POST
from bench.figures import Row, spread
from bench.history import remember
from bench.load import Loop, now
from bench.room import PATIENCE, TEXT
from bench.site import SQLITE, Sites, let_in, name_of, token_of
from bench.subscribers import Subscriber
from server.demo import COURSE
from server.settings import Settings
from tests.support.processes import ServerProcess

TITLE = "Catching up: one client that missed much, and many that each missed some"
OURS = "Enfilade"
MISSED, QUICK_MISSED = 100_000, 10_000
CLIENTS = 28
MISSED_BY_EACH = 3_000
EACH_EVERY = 0.1  # seconds between two posts, two queries and two connects beside the replays
COLUMNS = {
    "work": "work",
    "rate": "events/s",
    "seconds": "seconds",
    "cpu_us": "CPU for each event, µs",
    "memory_mib": "memory, MiB",
    "post_p50_ms": "a post p50, ms",
    "post_p99_ms": "p99, ms",
    "query_p50_ms": "a page p50, ms",
    "query_p99_ms": "page p99, ms",
    "connect_p50_ms": "a connect p50, ms",
    "connect_p99_ms": "connect p99, ms",
    "unanswered": "unanswered after 30 s",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for one client, one for many, and one for the same requests without them."""
    del only  # only our server has a log
    missed = QUICK_MISSED if quick else MISSED
    settings = sites.new(SQLITE, log_retention_entries=10 * MISSED)
    room = asyncio.run(let_in(settings, CLIENTS + 2))
    whole, lately = asyncio.run(remember(settings, room, missed, MISSED_BY_EACH))
    with servers.ours(settings) as server:
        load = Load(server, settings, room, missed)
        yield {"server": OURS, "work": f"one client, {missed:,} missed"} | load.alone(whole)
        seconds = 3.0 if quick else 10.0
        yield {"server": OURS, "work": "nobody"} | load.beside(seconds)
        many = f"{CLIENTS} clients, {MISSED_BY_EACH:,} each, again and again"
        yield {"server": OURS, "work": many} | load.crowd(lately, seconds)
        load.close()


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


class Load:
    """Clients that read the log up to message `last`, and others beside them."""

    def __init__(self, server: ServerProcess, settings: Settings, room: str, last: int) -> None:
        self._loop, self._server, self._settings = Loop(), server, settings
        self._operations = [(CHAT, {"room": room})]
        self._last = b"~%06d~" % last
        self._heard = self._heard_in_time = 0
        self._finished: list[Subscriber] = []
        self._broken: list[bytes] = []
        self._callers = Callers(self._loop, server.port, 64)
        token = self._token(CLIENTS)
        post = {"query": POST, "variables": {"room": room, "text": TEXT.format(0)}}
        self._post = request(token, post)
        self._page = request(token, {"query": PAGE, "variables": {"course": COURSE, "first": 25}})

    def alone(self, after: str) -> dict[str, Any]:
        """Lets one client read everything."""
        memory, used, begin = servers.memory(self._server), servers.cpu_seconds(self._server), now()
        self._replay(0, after)
        if not self._loop.run(lambda: bool(self._finished), 180):
            raise RuntimeError(f"Only {self._heard} events came in 3 minutes: {self._broken[:1]}")
        took = now() - begin
        used = servers.cpu_seconds(self._server) - used
        held = servers.memory(self._server) - memory
        self._finished.pop().close()
        return {
            "rate": self._heard / took,
            "seconds": took,
            "cpu_us": used / self._heard * 1e6,
            "memory_mib": held / 2**20,
        }

    def crowd(self, after: str, seconds: float) -> dict[str, Any]:
        """Lets many clients read again and again, and measures what happens beside them."""
        self._heard, used = 0, servers.cpu_seconds(self._server)
        for number in range(CLIENTS):
            self._replay(number, after)
        figures = self.beside(seconds, lambda: self._begin_anew(after))
        used = servers.cpu_seconds(self._server) - used
        if self._broken:
            raise RuntimeError(f"Replays ended: {self._broken[:2]}")
        rate = self._heard_in_time / seconds
        return {"rate": rate, "cpu_us": used / max(1, self._heard) * 1e6, **figures}

    def beside(self, seconds: float, each_time: Any = lambda: None) -> dict[str, Any]:
        """Posts, asks for the page and connects at a steady pace. Returns how long each of these takes."""
        taken: dict[str, list[float]] = {"post": [], "query": [], "connect": []}
        connecting: list[tuple[float, Subscriber]] = []
        begin = now()

        def send() -> None:
            self._callers.send(self._post, lambda elapsed, _body: taken["post"].append(elapsed))
            self._callers.send(self._page, lambda elapsed, _body: taken["query"].append(elapsed))
            connecting.append((now(), self._subscriber(CLIENTS + 1)))
            connecting[-1][1].open()

        for place in range(round(seconds / EACH_EVERY)):
            self._loop.at(begin + place * EACH_EVERY, send)
        until = begin + seconds
        self._loop.run(lambda: each_time() or now() >= until, seconds + 1)
        self._heard_in_time = self._heard
        self._loop.run(lambda: self._all_answered(taken, connecting), PATIENCE)
        taken["connect"] = [each.subscribed - opened for opened, each in connecting if each.subscribed]
        for _, each in connecting:
            each.close()
        unanswered = 3 * len(connecting) - sum(map(len, taken.values()))
        figures = {key: value for name, some in taken.items() for key, value in spread(some, f"{name}_").items()}
        return figures | {"unanswered": unanswered}

    def close(self) -> None:
        self._callers.close()

    def _all_answered(self, taken: dict[str, list[float]], connecting: list[tuple[float, Subscriber]]) -> bool:
        count = len(connecting)
        return len(taken["post"]) == len(taken["query"]) == count and all(each.subscribed for _, each in connecting)

    def _begin_anew(self, after: str) -> None:
        while self._finished:
            finished = self._finished.pop()
            finished.close()
            self._replay(finished.name, after)

    def _replay(self, number: int, after: str) -> None:
        subscriber = self._subscriber(number)
        subscriber.after = after
        subscriber.open()

    def _subscriber(self, number: int) -> Subscriber:
        return Subscriber(
            self._loop, self._server.port, self._token(number), self._operations, self._hear, self._end, number
        )

    def _token(self, number: int) -> str:
        return token_of(self._settings, name_of(number))

    def _hear(self, subscriber: Subscriber, message: bytes) -> None:
        if subscriber.after:
            self._heard += 1
            if self._last in message:
                self._finished.append(subscriber)

    def _end(self, _subscriber: Subscriber, message: bytes) -> None:
        self._broken.append(message)
