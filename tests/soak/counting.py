"""Counts what the processes hold: memory, files, sockets, threads and connections to the database."""

import asyncio
import time
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]  # psutil ships no types

from tests.soak.faults_of_databases import execute
from tests.soak.history import Counted
from tests.soak.server_process import SoakServer
from tests.soak.servers import DATABASE, Site

RELEASED_WITHIN = 45  # seconds; a server notices a vanished client by its pings
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"


async def count(site: Site, moment: str) -> None:
    """Notes the numbers of each server at the start or at the end of a run."""
    for name, server in site.processes.items():
        for what, value in held(server.pid):
            site.history.note(Counted(time.time(), name, moment, what, value))
    if site.postgres:
        site.history.note(
            Counted(time.time(), "database", moment, "connections", await execute(site, CONNECTIONS, DATABASE))
        )


def held(pid: int) -> Iterator[tuple[str, float]]:
    process = psutil.Process(pid)
    yield "memory", process.memory_info().rss
    yield "files", process.num_fds()
    yield "sockets", len(process.net_connections())
    yield "threads", process.num_threads()


async def until_released(site: Site) -> None:
    """Waits until the servers have noticed that the clients are gone, at most some seconds."""
    deadline = time.monotonic() + RELEASED_WITHIN
    while any(_clients(server) for server in site.processes.values()):  # no event tells of other processes' sockets
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.5)


def _clients(server: SoakServer) -> int:
    """Returns how many connections of clients the process still holds, also those that only the client has closed."""
    wires = psutil.Process(server.pid).net_connections("tcp")
    return sum(wire.laddr.port == server.port and wire.status != psutil.CONN_LISTEN for wire in wires)
