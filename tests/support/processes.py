"""Servers as separate processes, as in production: `python -m server run`. A test may kill and restart them."""

import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types

from server.app import open_database
from server.demo import example_ids
from server.settings import Settings, variable, written
from tests.support.measured import measured
from tests.support.services import Server
from tests.support.world import PATIENCE, Client, Clock, open_http

ROOT = Path(__file__).parents[2]


class ServerProcess(Server):
    """A server on a free port, on a migrated database. It is ready once it is started."""

    quit_signal = signal.SIGINT  # SIGTERM would first give clients time to leave

    def __init__(self, settings: Settings, port: int | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.port = port or self.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask_to_stop(self) -> None:
        """Sends SIGTERM, as a rolling restart does, and does not wait."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        """Waits until the process has ended by itself. Returns its exit code. Raises subprocess.TimeoutExpired."""
        assert self._process
        return self._process.wait(seconds)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the process has used so far."""
        assert self._process
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def status(self, path: str) -> int:
        """Returns the status of GET `path`; 0 if the server does not answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def logged(self) -> str:
        """Returns what the process wrote to its log."""
        return (self.folder / "log").read_text() if self.folder else ""

    def _prepare(self, folder: Path) -> None:
        require_free(self.port)

    def _command(self, folder: Path) -> list[str | Path]:
        return [sys.executable, "-m", "server", "run"]

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        # The process runs in its own folder, so that it reads nobody's .env file.
        set_here = {variable(name): written(getattr(self.settings, name)) for name in self.settings.model_fields_set}
        return {"cwd": folder, "env": {**set_here, **measured(), "PORT": str(self.port), "PYTHONPATH": str(ROOT)}}

    def _answers(self, folder: Path, pid: int) -> bool:
        return self.status("/readyz") == 200


def require_free(port: int) -> None:
    """Raises RuntimeError if another process listens on the port, which tests would mistake for the server."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise RuntimeError(f"Port {port} is taken.") from None


@asynccontextmanager
async def client_of(server: ServerProcess) -> AsyncIterator[Client]:
    """Yields a client of this server, which knows the demo's ids."""
    database = open_database(server.settings)
    try:
        ids = await example_ids(database)
    finally:
        await database.close()
    async with open_http(server.url) as http:
        client = Client(server.settings, Clock(), server.port, http, ids)
        with closing(client.posts):
            yield client
