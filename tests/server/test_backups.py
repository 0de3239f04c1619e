"""Backups are consistent, and restoring one brings back exactly what was there (rules 60, 61, 64)."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server import sqlite_backups
from server.command_failed import CommandFailed
from server.database_places import sqlite_path
from server.progress import ignore
from server.revisions import newest_revision
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.event_streams import EVENTS, ending, next_event, said
from tests.support.operating import command, nobody_is_connected, postgres_programs
from tests.support.stored_state import read_state
from tests.support.world import PATIENCE, open_world

pytestmark = pytest.mark.new_database
RESET = "get STREAM_RESET"


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(postgres_programs()), prepend=":")


@pytest.fixture
def empty(settings: Settings, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings for a database without tables."""
    if sqlite_path(settings.database_url):
        yield settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'empty.db'}"})
        return
    postgres: Databases = request.getfixturevalue("postgres")
    name = f"enfilade_restored_{id(tmp_path)}"
    yield settings.model_copy(update={"database_url": postgres.create_database(name)})
    postgres.drop_database(name)


async def everybody_has_left(settings: Settings) -> None:
    if not sqlite_path(settings.database_url):
        async with asyncio.timeout(PATIENCE):
            await nobody_is_connected(settings.database_url)


async def test_a_round_trip_brings_back_what_was_there_and_streams_notice(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The backup is made while the server runs. What follows the restored log is verified as every mutation is."""
    file = tmp_path / "backup"
    async with open_world(settings) as world:
        await world.enter("moderator", "student-001")
        kept = (await world.post("moderator", "Before."))["cursor"]
        before = await read_state(world.database)
        await command(settings, "backup", str(file))
        lost = (await world.post("moderator", "After the backup."))["cursor"]
        with pytest.raises(CommandFailed, match="in use"):
            await command(settings, "restore", str(file))
    await everybody_has_left(settings)
    with pytest.raises(CommandFailed, match="not empty"):
        await command(settings, "restore", str(file))
    assert RESET not in capsys.readouterr().err
    await command(settings, "restore", "--force", str(file))
    assert RESET in capsys.readouterr().err
    async with open_world(settings) as world, world.socket("student-001") as socket:
        assert await read_state(world.database) == before
        assert await ending(await socket.subscribe(EVENTS, room=world.room, after=lost)) == ([], "STREAM_RESET")
        stream = await socket.subscribe(EVENTS, room=world.room, after=kept)
        await world.post("moderator", "Another future.")
        assert said(await next_event(stream)) == "Another future."


async def test_a_backup_is_restored_into_an_empty_database(settings: Settings, empty: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    async with open_world(settings) as world:
        await world.enter("moderator")
        await command(settings, "backup", str(file))
        before = await read_state(world.database)
    await command(empty, "restore", str(file))
    async with open_world(empty) as world:
        assert await read_state(world.database) == before
        await world.post("moderator", "Here again.")


async def test_half_a_backup_is_refused_and_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    await command(settings, "backup", str(file))
    whole = file.read_bytes()
    async with open_world(settings) as world:
        before = await read_state(world.database)
        for half in (whole[: len(whole) // 2], whole[:200], b"", b"something else"):
            file.write_bytes(half)
            with pytest.raises(CommandFailed, match=r"not a whole backup|damaged|cannot be read|is not a backup"):
                await command(settings, "restore", "--force", str(file))
        assert await read_state(world.database) == before
        await world.enter("moderator")


async def test_a_file_is_replaced_only_by_force_and_is_its_owners_alone(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("precious")
    with pytest.raises(CommandFailed, match="exists already"):
        await command(settings, "backup", str(file))
    assert file.read_text() == "precious"
    await command(settings, "backup", "--force", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.with_name("backup.part").exists()
    with pytest.raises(CommandFailed, match="nowhere does not exist"):
        await command(settings, "backup", str(tmp_path / "nowhere" / "backup"))


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "enfilade.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


def value(path: Path, statement: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchone()[0]


def test_a_backup_is_of_one_moment_though_others_write_meanwhile(
    sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backups, "PAGES", 10)
    name, steps = value(sqlite, "SELECT name FROM site"), 0

    def write(_done: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        with closing(sqlite3.connect(sqlite)) as writer, writer:
            writer.execute("UPDATE site SET name = ?", (f"name {steps}",))

    (tmp_path / "copy").touch()
    sqlite_backups.back_up(sqlite, tmp_path / "copy", write)
    assert steps > 3
    assert value(tmp_path / "copy", "SELECT name FROM site") == name
    assert value(sqlite, "SELECT name FROM site") == f"name {steps}"


async def test_a_backup_of_another_version_or_database_or_program_is_refused(sqlite: Path, tmp_path: Path) -> None:
    here = Settings(dev=True, database_url=f"sqlite:///{tmp_path / 'new.db'}")
    there = Settings(dev=True, database_url="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(CommandFailed, match="a backup of SQLite, and DATABASE_URL names PostgreSQL"):
        await command(there, "restore", str(sqlite))
    for statement, told in (
        ("UPDATE alembic_version SET version_num = '9999'", "from a newer version, with migration 9999"),
        ("DROP TABLE alembic_version", "not a backup of Enfilade"),
    ):
        with closing(sqlite3.connect(sqlite)) as other, other:
            other.execute(statement)
        with pytest.raises(CommandFailed, match=told):
            await command(here, "restore", str(sqlite))
    assert not (tmp_path / "new.db").exists()


async def test_an_older_backup_says_that_migrations_are_missing(
    sqlite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(sqlite)) as older, older:
        older.execute("UPDATE alembic_version SET version_num = '0001'")
    await command(Settings(dev=True, database_url=f"sqlite:///{tmp_path / 'new.db'}"), "restore", str(sqlite))
    assert "migrations up to 0001: run `python -m server migrate`" in capsys.readouterr().err
    assert newest_revision() != "0001"


async def test_without_postgresqls_programs_it_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    there = Settings(dev=True, database_url="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(CommandFailed, match=r"pg_dump is not installed. Install PostgreSQL's client programs"):
        await command(there, "backup", str(tmp_path / "backup"))


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="There is no database"):
        sqlite_backups.back_up(tmp_path / "none.db", tmp_path / "copy", ignore)
    assert list(tmp_path.iterdir()) == []
