"""Migrates a database to the newest schema with Alembic."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.database.postgres import LOST_RACES, state_of
from models.database.version import on_connection

MIGRATIONS = Path(__file__).parent / "migrations"
ATTEMPTS = 10
AGAIN_SECONDS = 0.5


async def upgrade(url: str, tell: Callable[[int, int], None] = lambda _done, _total: None) -> None:
    """Runs the missing migrations. If several processes start together, one migrates and the others wait for it.

    Servers may run meanwhile. A migration that is in a deadlock with one of them is tried again. `tell` is told how many
    are done, and how many there are in all.
    """

    def work(connection: Connection, config: Config) -> None:
        numbers = count(1)
        present = MigrationContext.configure(connection).get_current_revision()
        total = len(list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", present or "base")))
        config.attributes["on_version_apply"] = lambda **_: tell(next(numbers), total)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(5127240190)")
        command.upgrade(config, "head")

    for left in reversed(range(ATTEMPTS)):
        try:
            await _run(url, work)
        except DBAPIError as error:
            # All migrations are one transaction, so nothing was done.
            if not left or state_of(error) not in LOST_RACES:
                raise
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


async def revision(url: str, message: str, number: str) -> None:
    """Generates a new migration from the difference between the tables in models/ and the database."""

    def work(_connection: Connection, config: Config) -> None:
        command.revision(config, message, autogenerate=True, rev_id=number)

    await _run(url, work)


async def _run(url: str, work: Callable[[Connection, Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        work(connection, config)

    await on_connection(url, run)
