"""Serving: runs uvicorn, with the shutdown order that rolling restarts need."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import FrameType
from typing import cast

import uvicorn
from starlette.requests import Request

from server.app import create_app, open_database
from server.database_places import bus_place, database_place
from server.demo import example_ids
from server.demo_people import PEOPLE, scopes_of
from server.logs import RequestLog, configure_logging
from server.loopback import is_from_here, is_loopback
from server.protocols import protocols, raise_open_files_limit
from server.settings import Settings
from server.tokens import issue_token
from server.tour import SOURCES, example_tabs

TAB_TOKENS_FOR = timedelta(hours=12)
SWITCH_SECONDS = 0.0005
ACCEPTED_AT_ONCE = 32


def run(settings: Settings) -> int:
    """Serves on a migrated database until it is stopped.

    Returns the exit code, which is 1 if the server could not start.
    """
    configure_logging(settings.log_level)
    # SQLite's writer is a thread, and each of its statements lets the event loop run. By default Python gives it the
    # processor back only after 5 ms, which is many times longer than a transaction takes.
    sys.setswitchinterval(SWITCH_SECONDS)
    raise_open_files_limit()
    ids = asyncio.run(_example_ids(settings)) if _issues_tokens(settings) else {}

    def ide_config(request: Request) -> Mapping[str, object]:
        trusted = is_loopback(settings.host) and is_from_here(request)
        accounts = _accounts(settings, trusted) if ids else {}
        return {
            "endpoint": "/graphql",
            "accounts": accounts,
            "tabs": list(example_tabs(accounts, ids)),
            "sources": SOURCES,
        }

    app = create_app(settings, ide_config)
    config = uvicorn.Config(
        RequestLog(app),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws_per_message_deflate=settings.websocket_deflate,
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
        server_header=False,
        **protocols(settings),
    )
    server = Server(config, settings, app.state)
    try:
        server.run()
    except SystemExit:  # uvicorn exits in this way when it cannot start, after it has logged the reason.
        print(f"Enfilade could not start. If port {settings.port} is taken, PORT=8001 takes another.", file=sys.stderr)
        return 1
    return 0 if server.started else 1


def _issues_tokens(settings: Settings) -> bool:
    return settings.dev and settings.jwt_algorithm == "HS256"


def _token(settings: Settings, username: str) -> str:
    scopes = scopes_of(settings, username)
    return issue_token(settings, username, name=PEOPLE[username], scopes=scopes, lifetime=TAB_TOKENS_FOR)


def _accounts(settings: Settings, trusted: bool) -> dict[str, dict[str, str]]:
    """Returns the people whom GraphiQL can act for: by username, the name and a bearer token.

    If the request is not from this machine, those whose token would have scopes are left out.
    """
    return {
        username: {"name": name, "token": _token(settings, username)}
        for username, name in PEOPLE.items()
        if trusted or not scopes_of(settings, username)
    }


async def _example_ids(settings: Settings) -> dict[str, str]:
    database = open_database(settings)
    try:
        return await example_ids(database)
    finally:
        await database.close()


class Server(uvicorn.Server):
    """A server that stops in two steps, so that clients can go to another process.

    First it answers 503 on /readyz for `drain_seconds`, so that new connections go elsewhere. Then it closes its
    sockets with 1012, which makes clients resume at another process. A second signal skips the wait.
    """

    def __init__(self, config: uvicorn.Config, settings: Settings, state: object) -> None:
        super().__init__(config)
        self._settings = settings
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn's own handler raises the signal again at the end, as if the stop were a failure.
        process = getattr(self._state, "process", None)
        if self.should_exit:
            self.force_exit |= sig == signal.SIGINT
        elif process is None or process.draining or sig == signal.SIGINT:
            self.should_exit = True
        else:
            process.draining = True
            asyncio.get_running_loop().call_later(self._settings.drain_seconds, self._close)

    def _close(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]  # uvicorn types this argument itself
        if self.started:
            await self._listen_more()
            # Everything that exists now stays for ever: modules, the schema, compiled statements. Without this, the
            # garbage collector looks through all of it again and again, and each time nobody is answered for 0.2 s.
            gc.collect()
            gc.freeze()
            welcome(self._settings, self.servers[0].sockets[0].getsockname()[1])

    async def _listen_more(self) -> None:
        """Lets the loop accept more connections in one turn.

        uvloop accepts one in each turn for each listener. So a thousand connections that come together would take a
        thousand turns, and a new client would wait behind all of them.
        """
        loop = asyncio.get_running_loop()
        for each in [own for server in self.servers for own in server.sockets]:
            for _ in range(ACCEPTED_AT_ONCE - 1):
                listener = socket.fromfd(each.fileno(), each.family, each.type)
                more = await loop.create_server(self._protocol, sock=listener, backlog=self.config.backlog)
                self.servers.append(more)

    def _protocol(self) -> asyncio.BaseProtocol:
        make = cast("Callable[..., asyncio.BaseProtocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def welcome(settings: Settings, port: int) -> None:
    """Prints what a person at the terminal needs to know."""
    address = f"http://{settings.host}:{port}"
    mode = "development: anyone who reaches it can make a token" if settings.dev else "production"
    lines = [
        f"Enfilade serves {address}",
        f"  Mode          {mode}",
        f"  Database      {database_place(settings.database_url)}",
        f"  Bus           {bus_place(settings.redis_url)}",
        f"  GraphiQL      {address}/ide/",
        f"  GraphQL       {address}/graphql   (POST, SSE, multipart, WebSocket)",
    ]
    if settings.dev or settings.introspection:
        lines.append(f"  Schema        {address}/schema.graphql")
    if settings.dev and not is_loopback(settings.host):
        lines += [
            "  WARNING: this is development mode, and other machines reach it. Anyone there can make a token for it, also a",
            "  site admin's. Set ENFILADE_DEV=false and secrets of your own, unless nobody else is in the network.",
        ]
    elif _issues_tokens(settings):
        lines += [
            f"  Token         {_token(settings, 'manager')}",
            "                (of `manager`; for others: ENFILADE_DEV=true .venv/bin/python -m server token USERNAME)",
        ]
    if settings.dev:
        lines += [
            "  DATABASE_URL=postgresql://user:password@host/name and REDIS_URL=redis://host:6379 switch it from SQLite",
            "  and memory to PostgreSQL and Redis.",
        ]
    print("\n".join(lines), flush=True)
