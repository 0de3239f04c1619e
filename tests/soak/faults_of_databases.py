"""Faults of PostgreSQL: killed, stopped, with connections ended and tables locked."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import asyncpg
import psutil  # type: ignore[import-untyped]  # psutil ships no types

from tests.soak.faults import Kind, looked
from tests.soak.servers import DATABASE, Site

# The processes are chosen first, because PostgreSQL could evaluate the conditions of one query in any order.
TERMINATE = """WITH clients AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = $1)
    SELECT count(*) FROM clients WHERE pg_terminate_backend(pid)"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def kill(site: Site, _target: str, seconds: float) -> int:
    assert site.postgres
    before = _pids(site)
    await asyncio.to_thread(site.postgres.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(site.postgres.start)
    return len(before - _pids(site))


async def stop(site: Site, target: str, seconds: float) -> int:
    """Stops the postmaster, some of the backends, or all processes."""
    postmaster, *children = [psutil.Process(pid) for pid in sorted(_pids(site))]
    backends = [each for each in children if DATABASE in _title(each)]
    which = {"postmaster": [postmaster], "backends": backends[::2], "all": [postmaster, *children]}[target]
    try:
        for process in which:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        await asyncio.sleep(seconds)
        return sum(_is_stopped(process) for process in which)
    finally:
        for process in which:
            with suppress(psutil.NoSuchProcess):
                process.resume()


async def terminate(site: Site, _target: str, seconds: float) -> int:
    """Ends all connections, twice."""
    ended = 0
    for _ in range(2):
        ended += await execute(site, TERMINATE, DATABASE)
        await asyncio.sleep(seconds / 2)
    return ended


async def lock(site: Site, target: str, seconds: float) -> int:
    connection = await asyncpg.connect(site.database_url)
    watching = await asyncpg.connect(site.database_url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {target}")
            return await looked(lambda: watching.fetchval(WAITING), seconds)
    except asyncpg.PostgresConnectionError:
        return 0  # another fault ended this connection too
    finally:
        connection.terminate()
        watching.terminate()


async def execute(site: Site, statement: str, *values: object) -> int:
    """Runs a statement past the links, as soon as PostgreSQL takes connections. Returns its value."""
    url = urlsplit(site.database_url)._replace(path="/postgres").geturl()
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(statement, *values) or 0)
    finally:
        await connection.close()


def _pids(site: Site) -> set[int]:
    assert site.postgres
    parent = psutil.Process(site.postgres.pid)
    return {parent.pid, *(child.pid for child in parent.children(recursive=True))}


def _title(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def _is_stopped(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_STOPPED)
    return False


REMOTE = ("postgresql",)
KINDS = [
    Kind("PostgreSQL killed", "database", ("all",), kill, profiles=REMOTE),
    Kind("PostgreSQL stopped", "database", ("postmaster", "backends", "all"), stop, profiles=REMOTE),
    Kind("connections terminated", "database", ("all",), terminate, profiles=REMOTE),
    Kind("tables locked", "database", ("galleries", "log_entries", "users"), lock, (1, 2.5), profiles=REMOTE),
]
