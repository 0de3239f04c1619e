"""Periodic upkeep in every running process: prunes logs and deletes old idempotency keys."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from models.database.database import Database
from models.errors import Unavailable
from models.events import log
from models.tables import idempotency
from server.accounts import THE_SERVER
from server.settings import Settings

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60
IDEMPOTENCY_KEYS_FOR = timedelta(days=1)


@asynccontextmanager
async def upkeep(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Runs `once` every minute while entered."""
    task = asyncio.create_task(_for_ever(settings, database))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _for_ever(settings: Settings, database: Database) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await once(settings, database)
        except Unavailable:
            pass  # it is logged, and the next time is in a minute
        except Exception:
            logger.exception("upkeep failed; trying again in a minute")


async def once(settings: Settings, database: Database) -> None:
    """Prunes each gallery's log by count and age, each in its own transaction, and deletes old idempotency keys."""
    now = database.clock()
    keep, oldest = settings.log_retention_entries, now - timedelta(days=settings.log_retention_days)
    for gallery_id in await database.reads.values(log.overgrown(keep, oldest)):
        prune = partial(log.prune, gallery_id=gallery_id, keep=keep, oldest=oldest)
        await database.transact(THE_SERVER, "upkeep", prune, repeatable=True)
    forget = partial(idempotency.forget, before=now - IDEMPOTENCY_KEYS_FOR)
    await database.transact(THE_SERVER, "upkeep", forget, repeatable=True)
