"""The steps before serving: migrates the database, and adds demo data in development mode."""

import asyncio

from server.demo import seed
from server.migrated import migrate_database, require_migrated
from server.open_database import open_database
from server.progress import Progress
from server.settings import Settings


def prepare(settings: Settings) -> None:
    """Migrates the database. In development mode, adds the demo data if there is no gallery yet."""
    migrate_database(settings)
    if settings.dev:
        seed_database(settings)


def seed_database(settings: Settings) -> bool:
    """Adds the demo data, unless a gallery exists already. Returns whether it was added."""
    require_migrated(settings)

    async def work() -> bool:
        database = open_database(settings)
        try:
            with Progress("Adding the demo data") as progress:
                return await seed(settings, database, progress.tell)
        finally:
            await database.close()

    return asyncio.run(work())
