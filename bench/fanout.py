"""Part 1: a chat message to many subscribers, each on a WebSocket of its own."""

import asyncio
import gc
from collections.abc import Iterator, Sequence
from typing import Any

from bench import servers
from bench.figures import Row, ratios, spread
from bench.room import Posts, Room
from bench.site import Sites, let_in
from server.settings import Settings
from tests.support.services import Server

OURS, LIMIT, MERCURIUS, YOGA, STOCK = (
    "Enfilade",
    "Starlette `send_text` loop",
    "mercurius, JIT",
    "graphql-yoga, graphql-ws",
    "stock Strawberry",
)
PEERS = {LIMIT: "starlette_frames.py", MERCURIUS: "mercurius.js", YOGA: "yoga.js", STOCK: "strawberry_stock.py"}
TITLE = "A chat message to many subscribers"
COUNTS, QUICK_COUNTS = (100, 300, 1_000, 2_000), (300,)
RATE = 20.0  # posts a second, as long as these are no more than MOST deliveries a second
MOST = 6_000.0
IN_FLIGHT = 4
COLUMNS = {
    "server": "server",
    "subscribers": "subscribers",
    "cpu_us": "CPU for each delivery, µs",
    "cpu_us_x": "of the limit",
    "further_us": "for each further one, µs",
    "p50_ms": "post to receipt p50, ms",
    "p99_ms": "p99, ms",
    "offered": "offered posts/s",
    "kept_up": "kept up",
    "most": "at most posts/s",
    "most_cpu_us": "CPU then, µs",
    "lost": "lost",
    "idle_kib": "idle subscriber, KiB",
}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for each server and number of subscribers."""
    for count in QUICK_COUNTS if quick else COUNTS:
        for name in [OURS, *PEERS]:
            if (not only or name in only) and not servers.missing_for(PEERS.get(name, "")):
                yield measure_one(sites.new(), name, count, quick=quick)


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the rows with the CPU time as a multiple of the limit's, for the same number of subscribers."""
    return ratios(rows, "cpu_us", LIMIT, ["subscribers"])


def measure_one(settings: Settings, name: str, count: int, *, quick: bool) -> Row:
    """Measures one server with `count` subscribers."""
    seconds = 2.0 if quick else 10.0
    room = "Um9vbTpiZW5jaA"
    if name == OURS:
        room = asyncio.run(let_in(settings, count))
    with _server(name, settings) as server:
        load = Room([server.port], settings, room)
        try:
            return {"server": name, "subscribers": count} | _figures(load, server, count, seconds)
        finally:
            load.close()


def _server(name: str, settings: Settings) -> Server:
    return servers.ours(settings) if name == OURS else servers.Peer(PEERS[name], settings)


def _figures(load: Room, server: Server, count: int, seconds: float) -> dict[str, Any]:
    rate = min(RATE, MOST / count)
    load.connect(1)
    load.paced(RATE, min(2.0, seconds / 2))  # warms up
    alone, posts = _paced(load, server, RATE, seconds / 2)
    alone_each = alone / len(posts.sent)
    empty = servers.memory(server)
    load.connect(count)
    held = (servers.memory(server) - empty) / (count - 1)
    load.paced(rate, min(2.0, seconds / 2))  # warms up
    gc.collect()
    used, posts = _paced(load, server, rate, seconds)
    figures: dict[str, Any] = {
        "cpu_us": used / len(posts.received) * 1e6,
        "further_us": (used / len(posts.sent) - alone_each) / (count - 1) * 1e6,
        "post_us": alone_each * 1e6,
        "offered": rate,
        "kept_up": _kept_up(posts, rate, seconds),
        "lost": posts.lost() + posts.repeated() + len(posts.refused),
        "idle_kib": held / 1024,
        **spread(posts.received),
        **spread(posts.acknowledged, "ack_"),
    }
    before = servers.cpu_seconds(server)
    posts, took = load.flat_out(IN_FLIGHT, seconds / 2)
    used = servers.cpu_seconds(server) - before
    figures["lost"] += posts.lost() + len(posts.refused)
    return figures | {"most": posts.arrived / took, "most_cpu_us": used / len(posts.received) * 1e6}


def _paced(load: Room, server: Server, rate: float, seconds: float) -> tuple[float, Posts]:
    before = servers.cpu_seconds(server)
    posts = load.paced(rate, seconds)
    return servers.cpu_seconds(server) - before, posts


def _kept_up(posts: Posts, rate: float, seconds: float) -> float:
    """Returns how many posts a second arrived everywhere, from the first post to the last receipt."""
    took = posts.last_at - min(posts.sent.values())
    return min(rate, posts.arrived / max(took, seconds - 1 / rate))
