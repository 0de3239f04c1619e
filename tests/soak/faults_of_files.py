"""Faults of SQLite's file: locked by another program, and without space on its disk."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from uuid import uuid4

import httpx
import psutil  # type: ignore[import-untyped]  # psutil ships no types

from tests.soak.faults import Kind, looked
from tests.soak.servers import Site

WRITE = "mutation ($name: String!) { createGroup(input: {name: $name}) { userErrors { code } } }"


async def lock(site: Site, _target: str, seconds: float) -> int:
    """Holds the lock that every writer needs."""
    with closing(_connection(site)) as connection:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        return await looked(lambda: _refused(site), seconds)


async def fill(site: Site, _target: str, seconds: float) -> int:
    with _full(site):
        return await looked(lambda: _refused(site), seconds)


async def _refused(site: Site) -> int:
    """Returns 1 if the server does not make a change now."""
    try:
        answer = await site.ask("a", "admin", WRITE, 0.3, name=f"written while it failed {uuid4()}")
    except (httpx.HTTPError, ValueError):
        return 1
    return int("errors" in answer)


@contextmanager
def _full(site: Site) -> Iterator[None]:
    """Leaves no space on the disk; where there is no small disk, the server may not write to files."""
    assert site.disk
    if not site.disk.is_small:
        with _without_writing(site.of("a").pid):
            yield
        return
    with closing(_connection(site)) as connection:
        # Otherwise the server would write for a while to the space that the write-ahead log has already.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with site.disk.full():
        yield


@contextmanager
def _without_writing(pid: int) -> Iterator[None]:
    process = psutil.Process(pid)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.rlimit(psutil.RLIMIT_FSIZE, before)


def _connection(site: Site) -> sqlite3.Connection:
    return sqlite3.connect(site.file, isolation_level=None, timeout=10, check_same_thread=False)


ONLY = ("sqlite",)
KINDS = [
    Kind("file locked", "database", ("writers",), lock, (1, 4), ONLY),
    Kind("disk full", "database", ("disk",), fill, (1, 2.5), ONLY),
]
