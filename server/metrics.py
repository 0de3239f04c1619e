"""GET /metrics in Prometheus' format: on a port of its own, or behind a token (docs/monitoring.md)."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import UUID

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from models.counts import COUNTS, Counts
from server.auth import bearer
from server.claims import Unauthenticated
from server.command_failed import CommandFailed
from server.observed import REGISTRY
from server.readiness import OK, Readiness, readiness_of
from server.settings import Settings, variable
from server.version import VERSION

if TYPE_CHECKING:
    from server.app import Process

LAGS_SHOWN = 100
"""How many readers have a lag of their own: those that lag most. A process can follow thousands of galleries."""
USUAL_LAG = 3
"""Below so many seconds a lag is no news. A reader polls every 1.5 seconds, and the poll takes some time."""

COUNTERS = {
    "wake_ups": "Wake-ups that the bus brought.",
    "found_by_polling": "How often the poll found a log that had grown: its wake-up was lost, or is late.",
    "replayed_pages": "Pages read from the database for subscribers further behind than the ring goes.",
    "expired": "Logs whose reader ended because entries were deleted before they were read.",
    "resets": "Logs whose reader ended because the database was restored from a backup.",
    "renderings": "Events that were executed and encoded, each once for all subscribers who see the same.",
    "personal_renderings": "Events that were executed for one subscriber alone.",
    "deliveries": "Finished events that were sent to subscribers.",
    "deadlines_done": "Deadlines that were acted on, such as absent participants.",
    "deadlines_failed": "Deadlines that failed, and are tried again.",
}


class Now(Collector):
    """Reads the numbers of the process at the moment. Nothing is counted here, so they cost nothing in between."""

    def __init__(self, process: "Process", readiness: Readiness) -> None:
        self._process = process
        self._readiness = readiness

    def collect(self) -> Iterator[Metric]:
        process = self._process
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"enfilade_{name}", text, value=getattr(COUNTS, name))
        shares = process.shares
        yield gauge("streams", "WebSockets and streams over HTTP.", shares.streams.total)
        yield gauge("subscriptions", "Subscriptions that run.", shares.subscriptions.total)
        yield gauge("operations_running", "Queries and mutations that run.", shares.operations.total)
        part = GaugeMetricFamily("enfilade_part_ok", "1 while this part answers, as /readyz says.", labels=["part"])
        for name in Readiness.__slots__:
            part.add_metric([name], int(getattr(self._readiness, name) == OK))
        yield part
        lags = process.readers.lags()
        yield gauge("readers", "Galleries whose log this process follows.", len(lags))
        lag = GaugeMetricFamily(
            "enfilade_reader_lag_seconds",
            f"How long ago a gallery's reader was known to be at the head of its log; the {LAGS_SHOWN} longest.",
            labels=["gallery"],
        )
        for gallery_id, seconds in shown_lags(lags):
            lag.add_metric([str(gallery_id)], seconds)
        yield lag
        late = "How late the oldest due deadline was at the last look."
        yield gauge("deadlines_late_seconds", late, COUNTS.deadlines_late_seconds)
        used = GaugeMetricFamily("enfilade_database_connections_used", "Database connections in use.", labels=["pool"])
        most = GaugeMetricFamily("enfilade_database_connections_most", "Database connections at most.", labels=["pool"])
        for pool, (now, limit) in process.database.connections().items():
            used.add_metric([pool], now)
            most.add_metric([pool], limit)
        yield used
        yield most
        yield gauge("draining", "1 while the process is about to stop.", int(process.draining))
        version = GaugeMetricFamily("enfilade_info", "The version.", labels=["version"])
        version.add_metric([VERSION], 1)
        yield version


def shown_lags(lags: dict[UUID, float]) -> list[tuple[UUID, float]]:
    """Returns the lags that are shown, in seconds: first those above the usual, the longest first."""
    # The usual ones keep their order, so that each look shows the same. Prometheus keeps a series of each that it saw.
    return sorted(lags.items(), key=lambda each: min(-each[1], -USUAL_LAG))[:LAGS_SHOWN]


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"enfilade_{name}", text, value=value)


assert {each.name for each in fields(Counts)} == {*COUNTERS, "deadlines_late_seconds"}  # each count is shown


def metrics_route(process: "Process", allowed: Callable[[Request], bool]) -> Route:
    """Returns the route /metrics, which answers 401 to those who are not allowed."""

    async def answer(request: Request) -> Response:
        if not allowed(request):
            return PlainTextResponse("A token is needed.\n", 401, {"www-authenticate": "Bearer"})
        now = Now(process, await readiness_of(process))
        body = generate_latest(REGISTRY) + generate_latest(_Only(now))
        return Response(body, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})

    return Route("/metrics", answer)


class _Only:
    """A registry of one collector."""

    def __init__(self, collector: Collector) -> None:
        self.collect = collector.collect


def has_token(settings: Settings) -> Callable[[Request], bool]:
    """Returns whether a request has the token of the settings."""
    token = settings.metrics_token.get_secret_value().encode() if settings.metrics_token else b""

    def allowed(request: Request) -> bool:
        try:
            given = bearer(request.headers.get("authorization"))
        except Unauthenticated:
            return False
        return bool(token and given) and secrets.compare_digest((given or "").encode(), token)

    return allowed


def require_free_port(settings: Settings) -> None:
    """Raises CommandFailed if the port of metrics is taken, as it is by another process with the same settings."""
    if settings.metrics_port is None:
        return
    place = settings.metrics_host, settings.metrics_port
    try:
        socket.create_server(place, family=socket.AF_INET6 if ":" in settings.metrics_host else socket.AF_INET).close()
    except OSError as why:
        name = variable("metrics_port")
        told = (
            f"{name}={settings.metrics_port} cannot be used at {settings.metrics_host}: {os.strerror(why.errno or 0)}."
        )
        raise CommandFailed(f"{told} Each process needs a port of its own.") from None


class _Beside(uvicorn.Server):
    """A server beside the process's own one, which alone hears signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def metrics_port(settings: Settings, process: "Process") -> AsyncIterator[None]:
    """Serves /metrics on its own port while entered, if the settings name one."""
    if settings.metrics_port is None:
        yield
        return
    app = Starlette(routes=[metrics_route(process, lambda _request: True)])
    config = uvicorn.Config(
        app, host=settings.metrics_host, port=settings.metrics_port, log_config=None, access_log=False, lifespan="off"
    )
    server = _Beside(config)
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
