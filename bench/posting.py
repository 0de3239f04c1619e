"""Part 3: messages into one room, by 1, 8 and 32 writers at once, with and without subscribers."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from bench import servers
from bench.figures import Row, spread
from bench.room import Room
from bench.site import POSTGRESQL, SQLITE, Sites, let_in
from tests.support.services import Server, Valkey

TITLE = "Messages into one room"
OURS = "Enfilade"
TWO = f"{POSTGRESQL}, two servers"
WRITERS, QUICK_WRITERS = (1, 8, 32), (1, 32)
LISTENING = 50
COLUMNS = {
    "database": "database",
    "subscribers": "subscribers",
    "writers": "writers",
    "rate": "posts/s",
    "ack_p50_ms": "acknowledged p50, ms",
    "ack_p99_ms": "p99, ms",
    "cpu_us": "CPU of the servers for each, µs",
    "database_us": "of the database, µs",
    "p50_ms": "post to receipt p50, ms",
    "p99_ms": "p99 to receipt, ms",
    "lost": "lost",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for each database and number of subscribers and writers."""
    del only  # only our server posts to a database
    for database in (SQLITE, POSTGRESQL) if quick else (SQLITE, POSTGRESQL, TWO):
        for listening in (0, LISTENING):
            with ExitStack() as stack:
                yield from _measure(stack, sites, database, listening, quick=quick)


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


def _measure(stack: ExitStack, sites: Sites, database: str, listening: int, *, quick: bool) -> Iterator[Row]:
    redis = {"redis_url": stack.enter_context(Valkey()).url} if database == TWO else {}
    settings = sites.new(SQLITE if database == SQLITE else POSTGRESQL, **redis)
    room = asyncio.run(let_in(settings, LISTENING))
    running = [stack.enter_context(servers.ours(settings)) for _ in range(2 if database == TWO else 1)]
    databases = [] if database == SQLITE else [sites.postgres]
    load = Room([server.port for server in running], settings, room, max(WRITERS))
    stack.callback(load.close)
    load.connect(listening)
    load.written(8, 1)  # warms up
    for writers in QUICK_WRITERS if quick else WRITERS:
        figures = _figures(load, running, databases, writers, 1.0 if quick else 5.0)
        yield {"server": OURS, "database": database, "subscribers": listening, "writers": writers} | figures


def _figures(
    load: Room, running: Sequence[Server], databases: Sequence[Server], writers: int, seconds: float
) -> dict[str, Any]:
    before, beside = servers.cpu_seconds(*running), servers.cpu_seconds(*databases)
    posts, took = load.written(writers, seconds)
    used, beside = servers.cpu_seconds(*running) - before, servers.cpu_seconds(*databases) - beside
    done = len(posts.acknowledged)
    return {
        "rate": done / took,
        "cpu_us": used / done * 1e6,
        "database_us": beside / done * 1e6 if databases else None,
        "lost": posts.lost() + posts.repeated() + len(posts.refused),
        **spread(posts.acknowledged, "ack_"),
        **(spread(posts.received) if posts.received else {}),
    }
