"""Backing up and restoring a PostgreSQL database, by pg_dump and pg_restore."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from server.command_failed import CommandFailed
from server.progress import Tell

CHUNK = 1 << 16
SECONDS_FOR_LOCKS = 10
DUMPING = re.compile(r'dumping contents of table "public\.(\w+)"')
OTHERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend'"""
TABLES = (
    "SELECT relname, pg_table_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is, as DATABASE_URL says it."""

    host: str
    port: int
    user: str | None
    password: str | None
    name: str
    ssl: Any

    @classmethod
    def of(cls, url: str) -> "Place":
        parts = urlsplit(url)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
        host = parts.hostname or query.get("host", "localhost")
        return cls(host, parts.port or 5432, user, password, unquote(parts.path[1:]), query.get("ssl"))

    def environment(self) -> dict[str, str]:
        """Returns the variables of PostgreSQL's programs. On their command lines, everybody could read the password."""
        given = {
            "PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user, "PGPASSWORD": self.password,
            "PGDATABASE": self.name, "PGSSLMODE": self.ssl, "PGOPTIONS": f"-c lock_timeout={SECONDS_FOR_LOCKS}s",
        }  # fmt: skip
        return dict(os.environ) | {name: value for name, value in given.items() if value}

    async def read(self, query: str) -> list["asyncpg.Record"]:
        connection = await asyncpg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, database=self.name, ssl=self.ssl
        )
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


def back_up(url: str, file: Path, tell: Tell) -> None:
    """Writes a consistent dump to `file`, while servers go on to write. Raises CommandFailed."""
    place, program = Place.of(url), _program("pg_dump")
    sizes = {row["relname"]: row["pg_table_size"] for row in _read(place, TABLES)}
    options = ["--format=custom", "--schema=public", "--no-owner", "--no-privileges", "--verbose", f"--file={file}"]
    with subprocess.Popen(  # noqa: S603  PostgreSQL's own program, without a shell
        [program, *options], env=place.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as dump:
        assert dump.stderr
        said = _follow(dump.stderr, sizes, tell)
    if dump.returncode:
        raise CommandFailed(f"The database cannot be dumped: {said.strip()}")


def _follow(lines: IO[str], sizes: Mapping[str, int], tell: Tell) -> str:
    """Tells how many bytes of the tables are dumped. Returns the last line."""
    done, running, last = 0, 0, ""
    for line in lines:
        last = line
        if table := DUMPING.search(line):
            done, running = done + running, sizes.get(table[1], 0)
            tell(done, sum(sizes.values()))
    return last


def revision_in(file: Path) -> str | None:
    """Returns the last migration in a dump; None if it is none of this program. Raises CommandFailed if it is broken."""
    ended = subprocess.run(  # noqa: S603  PostgreSQL's own program, without a shell
        [_program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", file],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise CommandFailed(f"{file} is not a whole backup: {ended.stderr.strip()}")
    found = re.search(r"^COPY public\.alembic_version .*\n(\w+)$", ended.stdout, re.MULTILINE)
    return found[1] if found else None


def restore(file: Path, url: str, tell: Tell, *, force: bool) -> None:
    """Replaces the content of the database in one transaction. Raises CommandFailed, and then has changed nothing.

    Without `force` it refuses a database that others are connected to, or that has tables.
    """
    place, reader, writer = Place.of(url), _program("pg_restore"), _program("psql")
    if not force:
        if _read(place, OTHERS)[0][0]:
            raise CommandFailed("The database is in use: stop the servers first, or say --force.")
        if _read(place, TABLES):
            raise CommandFailed("The database is not empty. --force replaces everything in its schema public.")
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"]
    with subprocess.Popen(  # noqa: S603  PostgreSQL's own program, without a shell
        [writer, *options], env=place.environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as write:
        assert write.stdin
        assert write.stderr
        why = _replace(reader, file, write.stdin, tell, force=force)
        said = write.stderr.read().decode()
    _require_success(write, said)
    if why:
        raise CommandFailed(f"{file} cannot be read: {why}")


def _replace(reader: str, file: Path, into: IO[bytes], tell: Tell, *, force: bool) -> str:
    """Writes the transaction. Returns why the dump cannot be read; then nothing is committed."""
    with suppress(BrokenPipeError), into:  # the writer has failed, and says why
        into.write(b"SET client_min_messages = warning; BEGIN;\n")
        if force:
            into.write(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        into.flush()
        if why := _pour(reader, file, into, tell):
            return why
        into.write(b"COMMIT;\n")
    return ""


def _pour(reader: str, file: Path, into: IO[bytes], tell: Tell) -> str:
    """Turns the dump into SQL, piece by piece, so that it is known how much is done. Returns why it failed."""
    # The schema itself is there already, so only what is in it is restored.
    options = ["--schema=public", "--no-owner", "--no-privileges", "--file=-"]
    total, done = file.stat().st_size, 0
    with subprocess.Popen(  # noqa: S603  PostgreSQL's own program, without a shell
        [reader, *options], stdin=subprocess.PIPE, stdout=into, stderr=subprocess.PIPE
    ) as read:
        assert read.stdin
        assert read.stderr
        with suppress(BrokenPipeError), file.open("rb") as dump, read.stdin:
            while piece := dump.read(CHUNK):
                read.stdin.write(piece)
                done += len(piece)
                tell(done, total)
        said = read.stderr.read().decode()
    return said.strip() if read.returncode else ""


def _read(place: Place, query: str) -> list["asyncpg.Record"]:
    try:
        return asyncio.run(place.read(query))
    except (OSError, asyncpg.PostgresError) as error:
        raise CommandFailed(f"The database that DATABASE_URL names cannot be used: {error}") from error


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise CommandFailed(
        f"{name} is not installed. Install PostgreSQL's client programs, of the server's version or newer (Debian: apt"
        " install postgresql-client), or use the backups of the host of the database."
    )


def _require_success(ended: subprocess.Popen[Any], said: str) -> None:
    if ended.returncode:
        raise CommandFailed(f"The database was not changed: {said.strip()}")
