"""Starts the servers that are compared, ours and the peers, and reads what their processes cost."""

import os
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it comes without types

from server.settings import Settings
from tests.support.processes import ServerProcess, require_free
from tests.support.services import Server

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "bench" / "peers"


def cpu_seconds(*servers: Server) -> float:
    """Returns the CPU time that the running threads of these servers have used so far, to the nanosecond."""
    return sum(_cpu_of(process.pid) for server in servers for process in _processes(server))


def _cpu_of(pid: int) -> float:
    used = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):
            used += int(thread.read_text().split()[0])
    return used / 1e9


def memory(server: Server) -> int:
    """Returns the bytes of memory of the server's processes. Pages that they share count once (PSS)."""
    return sum(_proportional(process.pid) for process in _processes(server))


def ports_of_clients(server: Server) -> set[int]:
    """Returns the clients' ports of the server's open connections."""
    each = (connection for process in _processes(server) for connection in process.net_connections("tcp"))
    return {connection.raddr.port for connection in each if connection.raddr}


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return int(psutil.Process(pid).memory_info().rss)
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _processes(server: Server) -> list[psutil.Process]:
    assert server._process  # noqa: SLF001  # the class of the tests has no reason to show it
    parent = psutil.Process(server._process.pid)  # noqa: SLF001  # as above
    return [parent, *parent.children(recursive=True)]


def ours(settings: Settings, port: int | None = None) -> ServerProcess:
    """Returns our server, which runs as `python -m server run`."""
    return ServerProcess(settings, port)


class Peer(Server):
    """A server of bench/peers/. It gets the same token secret as ours, and the address of the same database."""

    def __init__(self, script: str, settings: Settings, **variables: str) -> None:
        super().__init__()
        self._script = PEERS / script
        self._variables = {
            "DATABASE_URL": settings.database_url,
            "JWT_SECRET": settings.jwt_secret.get_secret_value(),
            "JWT_ISSUER": settings.jwt_issuer,
            "JWT_AUDIENCE": settings.jwt_audience,
            **variables,
        }

    def _prepare(self, folder: Path) -> None:
        require_free(self.port)

    def _command(self, folder: Path) -> list[str | Path]:
        return ["node" if self._script.suffix == ".js" else sys.executable, self._script]

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        modes = {"NODE_ENV": "production", "PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
        return {"cwd": folder, "env": {**modes, **self._variables, "PORT": str(self.port)}}

    def _answers(self, folder: Path, pid: int) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            return connection.recv(1) != b""
        return False


def missing_for(script: str) -> str | None:
    """Returns why a peer cannot run here, or None if it can."""
    if not script.endswith(".js"):
        return None
    if not shutil.which("node"):
        return "there is no Node.js"
    return None if (PEERS / "node_modules" / "mercurius").exists() else "bench/peers/node_modules is missing: npm ci"
