"""Serves an application in the tests' own process and loop, without uvicorn's polling and signal handlers."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette

from server.logs import RequestLog
from server.protocols import protocols
from server.settings import Settings

SECONDS_TO_START = 20


@asynccontextmanager
async def serving(app: Starlette, settings: Settings, *, keep_alive_seconds: float = 5) -> AsyncIterator[int]:
    """Serves the application on a free port. Yields the port."""
    config = uvicorn.Config(
        RequestLog(app), port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1,
        timeout_keep_alive=keep_alive_seconds,  # type: ignore[arg-type]  # uvicorn only hands it to the loop
        ws_per_message_deflate=False, **protocols(settings),
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(SECONDS_TO_START):
            await server.up.wait()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.stop.set()
        await task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.stop.wait()  # uvicorn's own loop polls ten times a second, which would delay each test

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                # uvicorn would poll ten times a second, and wait a tenth of a second first.
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  # uvicorn has no event
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Installs no signal handlers, so that Ctrl-C stops the tests even while a server waits."""
        yield
