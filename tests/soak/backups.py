"""Backups of the database, taken while the servers run, and put back while they are down."""

import asyncio
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from tests.soak.servers import DATABASE, Site


async def back_up(site: Site, path: Path) -> None:
    await asyncio.to_thread(_dump if site.postgres else _copy, site, path)


async def put_back(site: Site, path: Path) -> None:
    """Replaces the database by the backup. No server may run."""
    await asyncio.to_thread(_load if site.postgres else _replace, site, path)


def _copy(site: Site, path: Path) -> None:
    with closing(sqlite3.connect(site.file)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)


def _replace(site: Site, path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{site.file}{suffix}").unlink(missing_ok=True)
    shutil.copy(path, site.file)


def _dump(site: Site, path: Path) -> None:
    _run(site, "pg_dump", "--format=custom", f"--file={path}", site.database_url)


def _load(site: Site, path: Path) -> None:
    maintenance = urlsplit(site.database_url)._replace(path="/postgres").geturl()
    for command in (f'DROP DATABASE "{DATABASE}" WITH (FORCE)', f'CREATE DATABASE "{DATABASE}"'):
        _run(site, "psql", "--quiet", f"--command={command}", maintenance)
    _run(site, "pg_restore", f"--dbname={site.database_url}", str(path))


def _run(site: Site, program: str, *arguments: str) -> None:
    assert site.postgres
    subprocess.run([site.postgres.program(program), *arguments], check=True, stdin=subprocess.DEVNULL)
