"""The steps before serving: migrates the database, and adds data to try things with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from models.database.database import Database
from server.demo import seed
from server.migrated import migrate_database, require_migrated
from server.open_database import open_database
from server.progress import Progress
from server.settings import Settings
from server.university.scale import LARGE
from server.university.site import Added, add_large_site

T = TypeVar("T")


def prepare(settings: Settings) -> None:
    """Migrates the database. In development mode, adds the demo data if there is no gallery yet."""
    migrate_database(settings)
    if settings.dev:
        seed_database(settings)


def seed_database(settings: Settings) -> bool:
    """Adds the demo data, unless a gallery exists already. Returns whether it was added."""
    require_migrated(settings)
    with Progress("Adding the demo data") as progress:
        return _on_database(settings, lambda database: seed(settings, database, progress.tell))


def seed_large_site(settings: Settings) -> Added:
    """Adds the courses of the large site that are not there yet."""
    require_migrated(settings)
    with Progress("Adding the large site") as progress:
        return _on_database(settings, lambda database: add_large_site(settings, database, LARGE, progress.tell))


def _on_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
