"""Recording many events of one transaction at once (rules 59, 60, 64)."""

import asyncio

from sqlalchemy import select

from models.cursors import BEGINNING
from models.database.transaction import Transaction
from models.events import log
from models.events.galleries import GalleryChanged
from models.events.log import LogEntry
from server.accounts import THE_SERVER
from tests.support.people import events_since, local, log_head
from tests.support.world import World


def renamed(title: str) -> GalleryChanged:
    return GalleryChanged(title=title, description="", moderate_media=False)


async def record(world: World, titles: list[str]) -> log.Recorded | None:
    """Records one event for each title in one batch. Returns what the transaction returns."""
    gallery = local(world.gallery)

    async def work(tx: Transaction) -> log.Recorded | None:
        await tx.record_many(gallery, [renamed(title) for title in titles])
        return tx.last

    return await world.database.transact(THE_SERVER, "rename", work)


async def test_a_batch_is_numbered_in_its_order_without_a_hole(world: World) -> None:
    """Rule 59: with concurrent writers, whose entries come before or after the whole batch."""
    before = await log_head(world)
    batches = [[f"{writer}.{place}" for place in range(50)] for writer in range(6)]
    singles = [[f"alone.{number}"] for number in range(20)]
    await asyncio.gather(*(record(world, titles) for titles in (*batches, *singles)))
    titles = [event.title for event in await events_since(world, before) if isinstance(event, GalleryChanged)]
    assert sorted(titles) == sorted(title for batch in (*batches, *singles) for title in batch)
    for batch in batches:
        start = titles.index(batch[0])
        assert titles[start : start + 50] == batch
    entries = await log.after(world.database.reads, local(world.gallery), BEGINNING, 10_000)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


async def test_a_batch_ends_at_the_logs_head_and_each_entry_has_a_mark_of_its_own(world: World) -> None:
    """Rules 61, 62: the last entry's cursor is the mutation's, and the log can be read on from there."""
    last = await record(world, ["one", "two", "three"])
    assert last
    assert last.position == await log_head(world)
    assert await events_since(world, last.position) == []
    latest = select(LogEntry.mark).where(
        LogEntry.gallery_id == local(world.gallery), LogEntry.number > last.position.number - 3
    )
    assert len(set(await world.database.reads.values(latest))) == 3


async def test_an_empty_batch_is_nothing(world: World) -> None:
    head = await log_head(world)
    assert await record(world, []) is None
    assert await log_head(world) == head
