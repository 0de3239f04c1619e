"""Faults of what is stored: entries that are deleted under readers, and a restored backup."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select, text

from models.database.transaction import Transaction
from models.events import log
from models.tables.galleries import Gallery
from server.accounts import THE_SERVER
from server.app import open_database
from tests.soak.backups import back_up, put_back
from tests.soak.faults import Kind, looked
from tests.soak.history import Restored
from tests.soak.profiles import RING
from tests.soak.servers import Site

KEPT = RING // 2  # entries of each gallery: fewer than a server holds
STAY = "CREATE TABLE IF NOT EXISTS soak_pruned AS SELECT * FROM log_entries WHERE 1 = 0"
COPY = """INSERT INTO soak_pruned SELECT * FROM log_entries WHERE session_id IS NULL AND NOT EXISTS
    (SELECT 1 FROM soak_pruned kept WHERE kept.gallery_id = log_entries.gallery_id AND kept.number = log_entries.number)"""
PUT_BACK = """INSERT INTO log_entries SELECT * FROM soak_pruned WHERE NOT EXISTS
    (SELECT 1 FROM log_entries kept WHERE kept.gallery_id = soak_pruned.gallery_id AND kept.number = soak_pruned.number)"""
BEGINNING = datetime.min.replace(tzinfo=UTC)


async def trim(site: Site, _target: str, seconds: float) -> int:
    """Deletes all but the last entries of each log, as the upkeep does. Returns how many logs begin later now."""

    async def work(tx: Transaction, gallery_id: UUID) -> bool:
        before: int = await tx.value(select(Gallery.log_floor).where(Gallery.id == gallery_id))
        await tx.execute(text(STAY))
        await tx.execute(text(COPY))  # so that the whole log can be compared with what was told
        return await log.prune(tx, gallery_id, KEPT, BEGINNING) > before

    async def trim_one(gallery_id: UUID) -> bool:
        return await database.transact(THE_SERVER, "upkeep", partial(work, gallery_id=gallery_id))

    database = open_database(site.settings)
    try:
        galleries = await site.patiently(lambda: database.reads.values(select(Gallery.id)))
        return sum([await site.patiently(partial(trim_one, each)) for each in galleries])
    finally:
        await database.close()


async def put_pruned_back(site: Site) -> None:
    """Completes the logs after the run."""
    database = open_database(site.settings)

    async def work(tx: Transaction) -> None:
        await tx.execute(text(STAY))
        await tx.execute(text(PUT_BACK))

    try:
        await database.transact(THE_SERVER, "soak", work)
    finally:
        await database.close()


async def restore(site: Site, _target: str, seconds: float) -> int:
    """Backs the database up, lets the load go on, and puts the backup back. Returns how many entries are gone."""
    path = site.folder / "backup"
    since = time.time()
    await back_up(site, path)
    kept = await _entries(site)

    async def written() -> int:
        return await _entries(site) - kept

    await looked(written, seconds)
    await site.stop_servers()
    before = await _entries(site)
    await put_back(site, path)
    lost = before - await _entries(site)
    site.history.note(Restored(time.time(), since))
    path.unlink()
    await asyncio.gather(*(asyncio.to_thread(server.start) for server in site.processes.values()))
    return lost


async def _entries(site: Site) -> int:
    database = open_database(site.settings)
    try:
        return sum(await database.reads.values(select(Gallery.log_head)))
    finally:
        await database.close()


KINDS = [
    Kind("retention trimmed", "logs", ("all",), trim, (0, 0)),
    Kind("backup restored", "servers", ("all",), restore, (2, 3), takes=6, is_alone=True, is_once=True),
]
