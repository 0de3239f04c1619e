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
from schema.types.ids import global_id
from server.accounts import THE_SERVER
from server.app import open_database
from tests.soak.backups import back_up, put_back
from tests.soak.faults import Kind, looked
from tests.soak.history import Restored, Trimmed
from tests.soak.profiles import RING
from tests.soak.servers import Site

KEPT = {"half a ring": RING // 2, "four rings": 4 * RING}
"""How many entries of each gallery stay: fewer than a server holds, and so many more that readers fall behind what it holds."""
OVERTAKEN_WITHIN = 60  # seconds
STAY = "CREATE TABLE IF NOT EXISTS soak_pruned AS SELECT * FROM log_entries WHERE 1 = 0"
COPY = """INSERT INTO soak_pruned SELECT * FROM log_entries WHERE session_id IS NULL AND NOT EXISTS
    (SELECT 1 FROM soak_pruned kept WHERE kept.gallery_id = log_entries.gallery_id AND kept.number = log_entries.number)"""
PUT_BACK = """INSERT INTO log_entries SELECT * FROM soak_pruned WHERE NOT EXISTS
    (SELECT 1 FROM log_entries kept WHERE kept.gallery_id = soak_pruned.gallery_id AND kept.number = soak_pruned.number)"""
Heads = dict[UUID, int]
BEGINNING = datetime.min.replace(tzinfo=UTC)


async def trim(site: Site, target: str, seconds: float) -> int:
    """Deletes all but the last entries of each log, as the upkeep does. Returns how many logs begin later now."""

    async def work(tx: Transaction, gallery_id: UUID) -> tuple[int, int]:
        before: int = await tx.value(select(Gallery.log_floor).where(Gallery.id == gallery_id))
        await tx.execute(text(STAY))
        await tx.execute(text(COPY))  # so that the whole log can be compared with what was told
        return before, await log.prune(tx, gallery_id, KEPT[target], BEGINNING)

    async def trim_one(gallery_id: UUID) -> bool:
        began = time.time()
        before, floor = await database.transact(THE_SERVER, "upkeep", partial(work, gallery_id=gallery_id))
        site.history.note(Trimmed(began, global_id("Gallery", gallery_id), floor))
        return floor > before

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
    """Backs the database up, lets the load go on, and puts the backup back. Returns how many entries are gone.

    Some subscribers stay away until each log is longer than before, so that their cursors have numbers that exist again.
    """
    path = site.folder / "backup"
    since = time.time()
    await back_up(site, path)
    kept = await _heads(site)

    async def written() -> int:
        return _lost(await _heads(site), kept)

    await looked(written, seconds)
    site.keeps_away = True
    try:
        await site.stop_servers()
        before = await _heads(site)
        await put_back(site, path)
        lost = _lost(before, await _heads(site))
        site.history.note(Restored(time.time(), since))
        path.unlink()
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in site.processes.values()))
        return lost if await _overtaken(site, before) else 0
    finally:
        site.keeps_away = False


async def _overtaken(site: Site, before: Heads) -> bool:
    """Waits until each log that has lost entries is longer than before. Returns False if that takes too long."""
    deadline = time.monotonic() + OVERTAKEN_WITHIN
    while _lost(before, await site.patiently(partial(_heads, site))):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.5)
    return True


def _lost(before: Heads, after: Heads) -> int:
    return sum(max(0, head - after.get(gallery, 0)) for gallery, head in before.items())


async def _heads(site: Site) -> Heads:
    database = open_database(site.settings)
    try:
        rows = await database.reads.rows(select(Gallery.id, Gallery.log_head))
        return {row[0]: row[1] for row in rows}
    finally:
        await database.close()


KINDS = [
    Kind("retention trimmed", "logs", ("half a ring", *["four rings"] * 4), trim, (0, 0)),
    Kind("backup restored", "servers", ("all",), restore, (2, 3), takes=15, is_alone=True, is_once=True),
]
