"""The process: one database, one bus, its readers and accounts, and the routes."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send, StatelessLifespan

from models.cursors import Cursors
from models.database.database import Database
from models.errors import Unavailable
from models.storage.sealing import Sealer
from models.values.networks import Reachable
from resolvers.webhooks import WebhookRules
from schema.context import Limits, Services
from schema.execution.codes import SCHEMA_IS_CLOSED
from schema.execution.documents import DOCUMENTS, MEBIBYTE
from schema.execution.measure import DocumentLimits
from schema.execution.turns import Allowance
from schema.root import sdl
from server import tracing
from server.accounts import Accounts
from server.auth import bearer
from server.claims import Unauthenticated
from server.deadlines import deadlines
from server.endpoint import Endpoint, refuse_reservation
from server.hosts import Hosts
from server.ide import IdeConfig, ide_routes
from server.metrics import has_token, metrics_port, metrics_route
from server.open_database import open_database as open_database  # noqa: PLC0414  those who open a process open its database too
from server.persisted import PersistedDocuments
from server.presence import Attendance
from server.readiness import readiness_of
from server.record import Records
from server.session_reports import Reports
from server.settings import Settings
from server.shares import Shares
from server.sniffing import NoSniffing
from server.sockets import Sockets
from server.trusted import read_trusted
from server.upkeep import upkeep
from server.version import VERSION
from server.webhooks import webhooks
from subscriptions.bus import Bus, open_bus
from subscriptions.presence import Presence
from subscriptions.reader import Pace
from subscriptions.readers import Readers

IDE = Path(__file__).parent.parent / "ide" / "dist"
"""Where `make ide` builds GraphiQL."""


DEVELOPMENT_KEY = "development-webhook-key-that-everyone-knows"

REQUEST_HEADERS = (
    "authorization", "content-type", "x-request-id", "apollographql-client-name", "apollographql-client-version",
    "apollo-require-preflight", "graphql-require-preflight", "traceparent", "tracestate", "baggage", "sentry-trace",
    "last-event-id",
)  # fmt: skip
"""The headers that pages of allowed origins may send: ours, and those that Apollo Client, tracing libraries and readers of
server-sent events add."""


@dataclass(eq=False)
class Process:
    """The objects that one server process holds while it runs."""

    settings: Settings
    database: Database
    bus: Bus
    services: Services
    accounts: Accounts
    attendance: Attendance
    shares: Shares
    draining: bool = False

    @property
    def readers(self) -> Readers:
        return self.services.readers

    async def ready(self) -> bool:
        """Returns whether the process can serve requests."""
        return (await readiness_of(self)).serves

    async def shows_schema(self, authorization: str | None) -> bool:
        """Returns whether the caller with this Authorization header may read the schema."""
        if self.services.schema_is_public:
            return True
        try:
            return self.services.shows_schema((await self.accounts.of_token(bearer(authorization))).viewer)
        except (Unauthenticated, Unavailable):
            return False


def bound_documents(settings: Settings) -> None:
    """Sets the limits of documents in this process."""
    named = (each.name for each in fields(DocumentLimits))
    DOCUMENTS.limits = DocumentLimits(**{name: getattr(settings, f"document_{name}") for name in named})
    DOCUMENTS.allowance = Allowance(settings.document_characters_per_minute)
    DOCUMENTS.max_bytes = settings.document_cache_mebibytes * MEBIBYTE


def webhook_rules(settings: Settings) -> WebhookRules:
    """Returns what the settings say of webhooks. In development mode everyone knows the key."""
    key = (
        settings.webhook_secret.get_secret_value()
        if settings.webhook_secret
        else DEVELOPMENT_KEY
        if settings.dev
        else None
    )
    return WebhookRules(Sealer(key) if key else None, Reachable(settings.webhook_networks), https_only=not settings.dev)


Open = Callable[[Settings], Database]


def pace_of(settings: Settings) -> Pace:
    """Returns the times and limits of readers and streams from the settings."""
    silence = max(settings.stream_silence_seconds, 2 * settings.stream_checkpoint_seconds)
    return Pace(settings.stream_poll_seconds, settings.stream_checkpoint_seconds, settings.stream_ring_entries, silence)


@asynccontextmanager
async def open_process(settings: Settings, open_database: Open = open_database) -> AsyncIterator[Process]:
    """Yields the process with everything that runs beside the requests.

    It starts in order and stops in reverse order.
    """
    async with AsyncExitStack() as stack:
        database = open_database(settings)
        stack.push_async_callback(database.close)
        bus = await stack.enter_async_context(open_bus(settings.redis_url))
        readers = await stack.enter_async_context(Readers(database, bus, pace_of(settings)))
        accounts = await stack.enter_async_context(Accounts(settings, database))
        await stack.enter_async_context(upkeep(settings, database))
        presence = Presence()
        attendance = Attendance(database, presence)
        await stack.enter_async_context(deadlines(database, attendance, settings.deadline_look_seconds))
        cursors = Cursors(settings.cursor_secret.get_secret_value())
        limits = Limits(settings.operation_cost, settings.operation_seconds)
        services = Services(
            database,
            readers,
            cursors,
            presence,
            limits,
            fast_paths=settings.fast_paths,
            schema_is_public=settings.dev or settings.introspection,
            webhooks=webhook_rules(settings),
        )
        await stack.enter_async_context(webhooks(settings, services, bus))
        process = Process(settings, database, bus, services, accounts, attendance, Shares.of(settings))
        tracing.start(settings)
        stack.callback(tracing.stop)
        await stack.enter_async_context(metrics_port(settings, process))
        yield process


def create_app(settings: Settings, ide_config: IdeConfig, open_database: Open = open_database) -> Starlette:
    """Returns the application, to be wrapped in RequestLog. `ide_config` returns what GraphiQL reads when it opens.

    Raises SettingsError if the manifest of trusted documents cannot be used.
    """
    bound_documents(settings)
    persisted = PersistedDocuments(
        read_trusted(settings.trusted_documents),
        trusted_only=settings.trusted_documents_only,
        automatic=settings.persisted_queries,
    )
    lifespan = _lifespan(settings, persisted, ide_config, open_database)
    app = Application(lifespan=lifespan, middleware=_middleware(settings))
    app.hosts = Hosts(settings)
    app.router.redirect_slashes = False  # Starlette would build the address from the Host header.
    return app


class Application(Starlette):
    """Requests of foreign hosts are refused first.

    WebSockets go past the middleware and the routes, which do nothing for them. Each layer would keep a frame, 250 to
    800 bytes, for as long as a socket is open.
    """

    hosts: Hosts
    sockets: Sockets | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:  # pyright: ignore[reportIncompatibleMethodOverride]  # an async function would be one more frame
        refusal = None if scope["type"] == "lifespan" else self.hosts.refusal(scope)
        if refusal:
            return refusal(scope, receive, send)
        straight = self.sockets if scope["type"] == "websocket" and scope["path"] == "/graphql" else None
        return straight(scope, receive, send) if straight else super().__call__(scope, receive, send)


def _middleware(settings: Settings) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PUT"],
        allow_headers=[*REQUEST_HEADERS, *settings.allowed_headers],
        expose_headers=["x-request-id"],
        max_age=3600,
    )
    return [Middleware(NoSniffing), *([cors] if settings.allowed_origins else [])]


def _lifespan(
    settings: Settings, persisted: PersistedDocuments, ide_config: IdeConfig, open_database: Open
) -> StatelessLifespan[Application]:
    @asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[None]:
        async with open_process(settings, open_database) as process:
            app.state.process = process
            app.sockets = _sockets(process, persisted)
            app.router.routes.extend(_routes(process, persisted, ide_config))
            yield

    return lifespan


def _sockets(process: Process, persisted: PersistedDocuments) -> Sockets:
    settings = process.settings
    origins = frozenset(settings.allowed_origins)
    return Sockets(
        process.services, process.accounts, persisted, process.shares, origins, settings.connection_init_seconds
    )


def _routes(process: Process, persisted: PersistedDocuments, ide_config: IdeConfig) -> list[BaseRoute]:
    settings = process.settings
    endpoint = Endpoint(process.services, process.accounts, persisted, process.shares, settings.max_body_bytes)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": VERSION})

    async def readyz(_: Request) -> Response:
        readiness = await readiness_of(process)
        return JSONResponse(readiness.as_json(), 200 if readiness.serves else 503)

    async def schema_graphql(request: Request) -> Response:
        if await process.shows_schema(request.headers.get("authorization")):
            return PlainTextResponse(sdl())
        return PlainTextResponse(f"{SCHEMA_IS_CLOSED}\n", 403)

    return [
        Route("/", lambda _: RedirectResponse("/ide/")),
        Route("/graphql", endpoint.answer, methods=["GET", "POST"]),
        Route("/graphql", refuse_reservation, methods=["PUT"]),
        Route("/graphql/", lambda _: RedirectResponse("/graphql"), methods=["GET", "POST"]),
        Route("/sessions/{id}/record", Records(process.services, process.accounts, process.shares).answer),
        Route("/sessions/{id}/reports/{report}", Reports(process.services, process.accounts, process.shares).answer),
        Route("/schema.graphql", schema_graphql),
        *([metrics_route(process, has_token(settings))] if settings.metrics_token else []),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *ide_routes(IDE, ide_config),
    ]
