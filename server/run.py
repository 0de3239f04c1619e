"""Serving: uvicorn, with the order of going away that rolling restarts need."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from types import FrameType

import uvicorn

from models import migrate
from server.app import create_app, open_database
from server.auth import issue_token
from server.demo import PEOPLE, example_ids
from server.ide import example_tabs
from server.logs import RequestLog, configure_logging
from server.protocols import protocols
from server.settings import Settings

TAB_TOKENS_FOR = timedelta(hours=12)


def run(settings: Settings) -> int:
    """Serve until told to stop. 0, or 1 when the server could not start."""
    configure_logging(settings.log_level)
    if not asyncio.run(migrate.is_current(settings.database_url)):
        print("The database is not migrated: run `python -m server migrate`.", file=sys.stderr)
        return 1
    ids = asyncio.run(_example_ids(settings)) if settings.dev else {}

    def ide_config() -> Mapping[str, object]:
        tabs = example_tabs(lambda username: _token(settings, username), ids) if ids else []
        headers = tabs[0]["headers"] if tabs else ""
        return {"endpoint": "/graphql", "tabs": tabs, "headers": headers}

    app = create_app(settings, ide_config)
    config = uvicorn.Config(
        RequestLog(app),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=settings.websocket_deflate,
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
        server_header=False,
        **protocols(settings.stream_stall_seconds),
    )
    server = Server(config, settings, app.state)
    server.run()
    return 0 if server.started else 1


def _token(settings: Settings, username: str) -> str:
    return issue_token(settings, username, name=PEOPLE[username], lifetime=TAB_TOKENS_FOR)


async def _example_ids(settings: Settings) -> dict[str, str]:
    database = open_database(settings)
    try:
        return await example_ids(database)
    finally:
        await database.close()


class Server(uvicorn.Server):
    """Told to stop, it says so on /readyz for `drain_seconds`, so that new connections go elsewhere.

    Then it closes its sockets with 1012, which makes clients resume at another process. A second signal hurries it.
    """

    def __init__(self, config: uvicorn.Config, settings: Settings, state: object) -> None:
        super().__init__(config)
        self._settings = settings
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        process = getattr(self._state, "process", None)
        if process is None or process.draining or sig == signal.SIGINT:
            super().handle_exit(sig, frame)
            return
        process.draining = True
        asyncio.get_running_loop().call_later(self._settings.drain_seconds, super().handle_exit, sig, frame)

    async def startup(self, sockets: object = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            welcome(self._settings, self.servers[0].sockets[0].getsockname()[1])


def welcome(settings: Settings, port: int) -> None:
    """What a person at the terminal needs to know."""
    address = f"http://{settings.host}:{port}"
    lines = [
        f"Enfilade serves {address}",
        f"  GraphiQL      {address}/ide/",
        f"  GraphQL       {address}/graphql   (POST, SSE, multipart, WebSocket)",
        f"  Schema        {address}/schema.graphql",
    ]
    if settings.dev:
        lines += [
            f"  Token         {issue_token(settings, 'manager', name=PEOPLE['manager'], lifetime=TAB_TOKENS_FOR)}",
            "                (of `manager`; for others: .venv/bin/python -m server token USERNAME)",
            "  DATABASE_URL=postgresql://user:password@host/name and REDIS_URL=redis://host:6379 switch it from SQLite",
            "  and memory to PostgreSQL and Redis.",
        ]
    print("\n".join(lines), flush=True)
