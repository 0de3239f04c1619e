"""Part 5: the server is killed, and all its subscribers reconnect at once to the one that takes its place."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from random import Random
from threading import Thread
from typing import Any

from bench import servers
from bench.figures import Row, spread
from bench.load import now
from bench.room import Room
from bench.site import SQLITE, Sites, let_in
from bench.subscribers import Subscriber
from tests.support.processes import ServerProcess

TITLE = "All reconnect at once after `kill -9`"
OURS = "Enfilade"
COUNTS, QUICK_COUNTS = (300, 2_000), (300,)
RATE = 2.0  # posts a second before and after
RETRY = 0.1  # seconds until a client tries again, plus as much at random
_CURSOR = re.compile(rb'"cursor":"([^"]+)"')
_NUMBER = re.compile(rb"~(\d{6})~")
COLUMNS = {
    "subscribers": "subscribers",
    "down": "server down, s",
    "connected": "all connected after, s",
    "caught_up": "all caught up after, s",
    "back_p50_ms": "back p50, ms",
    "back_p99_ms": "p99, ms",
    "cpu": "CPU of the server until then, s",
    "retries": "connects for each",
    "posts": "posts",
    "lost": "lost",
    "repeated": "repeated",
    "disordered": "out of order",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for each number of subscribers."""
    del only  # a peer forgets what it published
    for count in QUICK_COUNTS if quick else COUNTS:
        settings = sites.new(SQLITE)
        room = asyncio.run(let_in(settings, count))
        with servers.ours(settings) as server:
            load = Storm([server.port], settings, room)
            load.connect(count)
            yield {"server": OURS, "subscribers": count} | load.figures(server, 2.0 if quick else 4.0)
            load.close()


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


class Storm(Room):
    """Subscribers that resume after the last event they received, and note what each of them receives."""

    def __init__(self, *where: Any) -> None:
        super().__init__(*where)
        self._random = Random(1)
        self._noted: dict[int, list[int]] = {}
        self._back: dict[int, float] = {}
        self._tries = 0

    def figures(self, server: ServerProcess, seconds: float) -> dict[str, Any]:
        """Kills the server while people post, and starts it again. Posts after it too."""
        self._noted = {subscriber.name: [] for subscriber in self.subscribers}
        posts, begin = self.phase(), now()
        for place in range(round(RATE * seconds)):
            self.loop.at(begin + place / RATE, self.post)
        self.loop.wait(seconds)
        for _ in range(3):  # written, and told to nobody or to some when the server dies
            self.post()
        self.loop.run(lambda: len(posts.acknowledged) >= round(RATE * seconds) + 1, 20)
        killed = now()
        server.kill()
        starting = Thread(target=server.start)
        starting.start()
        self.loop.run(lambda: not starting.is_alive(), 60)
        up = now()
        self._post_on(up, seconds)
        whole = self.loop.run(self._all_back, 180)
        connected = max(subscriber.subscribed for subscriber in self.subscribers) - up
        self.loop.run(lambda: now() > up + seconds and posts.answered == len(posts.sent) and self._caught_up(), 180)
        used, caught_up = servers.cpu_seconds(server), max(self._back.values(), default=up) - up
        self.loop.wait(1)  # for what might come twice
        return {
            "down": up - killed,
            "connected": connected if whole else None,
            "caught_up": caught_up if whole else None,
            "cpu": used,
            "retries": self._tries / len(self.subscribers),
            "posts": len(self._acknowledged()),
            **spread([back - up for back in self._back.values()], "back_"),
            **self._faults(),
        }

    def _post_on(self, begin: float, seconds: float) -> None:
        for place in range(round(RATE * seconds)):
            self.loop.at(begin + place / RATE, self.post)

    def _all_back(self) -> bool:
        return len(self._back) == len(self.subscribers)

    def _acknowledged(self) -> list[int]:
        return [number for number in self.posts.sent if number not in self.unsure]

    def _caught_up(self) -> bool:
        """Returns whether everyone has the newest message that was acknowledged."""
        newest = max(self._acknowledged())
        return all(noted and max(noted) >= newest for noted in self._noted.values())

    def _faults(self) -> dict[str, int]:
        wanted = set(self._acknowledged())
        lost = sum(len(wanted - set(noted)) for noted in self._noted.values())
        repeated = sum(len(noted) - len(set(noted)) for noted in self._noted.values())
        orders = {tuple(each for each in noted if each in wanted) for noted in self._noted.values()}
        return {"lost": lost, "repeated": repeated, "disordered": len(orders) - 1}

    def _hear(self, subscriber: Subscriber, message: bytes) -> None:
        super()._hear(subscriber, message)
        if cursor := _CURSOR.search(message):
            subscriber.after = cursor[1].decode()
        number = _NUMBER.search(message)
        if number and subscriber.name in self._noted:
            self._noted[subscriber.name].append(int(number[1]))
            if self._tries:
                self._back.setdefault(subscriber.name, now())

    def _end(self, subscriber: Subscriber, message: bytes) -> None:
        if message:
            raise RuntimeError(f"A stream ended: {message!r}")
        self._tries += 1
        subscriber.subscribed = 0.0
        self.loop.at(now() + RETRY * (1 + self._random.random()), subscriber.open)
