"""Part 2: the gallery page over HTTP: 25 media with owners and tags.

Ours keeps finished pages. Here each request has a variable of its own, which the operation does not use. So ours
executes each request, as the peers do. A row of its own shows the same page again, which is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, cycle, repeat
from typing import Any

import orjson

from bench import servers
from bench.callers import Callers, request
from bench.documents import PAGE, VIEWER
from bench.figures import Row, ratios, spread
from bench.load import Loop, now
from bench.site import POSTGRESQL, SQLITE, Sites, name_of, token_of
from server.demo import COURSE
from server.settings import Settings
from tests.support.services import PostgreSQL, Server

TITLE = "The gallery page over HTTP: 25 media with owners and tags"
OURS, LIMIT, MERCURIUS, YOGA, STOCK = (
    "Enfilade",
    "hand-written Starlette",
    "mercurius, JIT, loaders",
    "graphql-yoga, dataloader",
    "stock Strawberry",
)
PEERS = {LIMIT: "starlette_page.py", MERCURIUS: "mercurius.js", YOGA: "yoga.js", STOCK: "strawberry_stock.py"}
AT_ONCE = 16
WARM_UP = 3.0  # seconds; V8 needs about two to compile the page
VIEWERS = 50
COLUMNS = {
    "server": "server",
    "database": "database",
    "work": "work",
    "rate": "requests/s",
    "cpu_us": "CPU for each, µs",
    "cpu_us_x": "of the limit",
    "database_us": "CPU of the database, µs",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "alone_ms": "one at a time p50, ms",
}
_PAGE: dict[str, Any] = {"query": PAGE, "variables": {"course": COURSE, "first": 25}}


def _executed() -> Iterator[dict[str, Any]]:
    for number in count():
        yield {"query": PAGE, "variables": {**_PAGE["variables"], "number": number}}


def measure(sites: Sites, *, quick: bool, only: Sequence[str] = ()) -> Iterator[Row]:
    """Yields a row for each server and database. All of them must answer the same."""
    chosen = [name for name in [OURS, *PEERS] if not only or name in only]
    runnable = [name for name in chosen if not servers.missing_for(PEERS.get(name, ""))]
    yield from _measure_all(runnable, sites.new(POSTGRESQL), sites.postgres, POSTGRESQL, quick=quick)
    on_sqlite = [name for name in runnable if not PEERS.get(name, "").endswith(".js") and (name == OURS or not quick)]
    yield from _measure_all(on_sqlite, sites.new(), None, SQLITE, quick=quick)


def compared(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the rows with the CPU time as a multiple of the limit's, on the same database."""
    return ratios(rows, "cpu_us", LIMIT, ["database", "work"])


def _measure_all(
    names: Sequence[str], settings: Settings, postgres: PostgreSQL | None, database: str, *, quick: bool
) -> Iterator[Row]:
    answers: dict[str, Any] = {}
    for name in names:
        server = servers.ours(settings) if name == OURS else servers.Peer(PEERS[name], settings)
        with server:
            load = Load(server, settings)
            answers[name] = load.answer()
            first = answers[names[0]]
            if answers[name] != first:
                raise RuntimeError(f"{name} answers another page than {names[0]}: {answers[name]} {first}")
            figures = load.figures(postgres, 2.0 if quick else 10.0)
            yield {"server": name, "database": database, "work": "page"} | figures
            if name == OURS and not quick:
                viewer = {"server": name, "database": database, "work": "`{ viewer { id name } }`"}
                yield viewer | load.figures(postgres, 5.0, repeat({"query": VIEWER}))
            if name == OURS:
                kept = {"server": name, "database": database, "work": "the same page again"}
                yield kept | load.figures(postgres, 2.0 if quick else 10.0, repeat(_PAGE))
            load.close()


class Load:
    """Connections that ask one server for the page, as many of its members in turn."""

    def __init__(self, server: Server, settings: Settings) -> None:
        self._loop = Loop()
        self._server = server
        self._callers = Callers(self._loop, server.port, AT_ONCE)
        self._tokens = [token_of(settings, name_of(100 + number)) for number in range(VIEWERS)]

    def answer(self) -> Any:
        """Returns the page as the first of the viewers sees it."""
        got: list[bytes] = []
        self._callers.send(request(self._tokens[0], _PAGE), lambda _seconds, body: got.append(body))
        self._loop.run(lambda: bool(got), 20)
        answer = orjson.loads(got[0])
        if "errors" in answer or len(answer["data"]["gallery"]["media"]["edges"]) != 25:
            raise RuntimeError(f"This is not the page: {got[0][:500]!r}")
        return answer

    def figures(
        self, postgres: PostgreSQL | None, seconds: float, bodies: Iterable[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        """Asks for this many seconds, after WARM_UP. Without `bodies`, each request is executed."""
        asked = iter(bodies or _executed())
        self._ask(asked, AT_ONCE, WARM_UP)
        before, beside = servers.cpu_seconds(self._server), _cpu_of(postgres)
        taken, took = self._ask(asked, AT_ONCE, seconds)
        used, beside_used = servers.cpu_seconds(self._server) - before, _cpu_of(postgres) - beside
        alone, _ = self._ask(asked, 1, min(2.0, seconds / 2))
        return {
            "rate": len(taken) / took,
            "cpu_us": used / len(taken) * 1e6,
            "database_us": beside_used / len(taken) * 1e6 if postgres else None,
            **spread(taken),
            "alone_ms": spread(alone)["p50_ms"],
        }

    def close(self) -> None:
        self._callers.close()

    def _ask(self, bodies: Iterator[dict[str, Any]], at_once: int, seconds: float) -> tuple[list[float], float]:
        requests = (request(token, body) for token, body in zip(cycle(self._tokens), bodies, strict=False))
        taken: list[float] = []
        begin, running = now(), at_once

        def answered(elapsed: float, answer: bytes) -> None:
            nonlocal running
            running -= 1
            if not answer.startswith(b'{"data":{') or b'"errors"' in answer:
                raise RuntimeError(f"An answer failed: {answer[:300]!r}")
            taken.append(elapsed)
            if now() - begin < seconds:
                running += 1
                self._callers.send(next(requests), answered)

        for _ in range(at_once):
            self._callers.send(next(requests), answered)
        self._loop.run(lambda: not running, seconds + 20)
        return taken, now() - begin


def _cpu_of(postgres: PostgreSQL | None) -> float:
    return servers.cpu_seconds(postgres) if postgres else 0.0
