"""The helper behind rule 64 reads a table again only when it has changed. So it must notice every change."""

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, update

from models.storage.base import new_id
from models.tables.galleries import Gallery
from models.tables.media import Playlist, PlaylistItem
from server.accounts import THE_SERVER
from tests.support.people import local
from tests.support.stored_state import fold_all, read_state
from tests.support.world import World


async def change(world: World, statement: Any) -> None:
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(statement))


async def test_a_changed_row_is_noticed_and_no_event_tells_of_it(world: World) -> None:
    before, here = await read_state(world.database), local(world.gallery)
    await change(world, update(Gallery).where(Gallery.id == here).values(title="Renamed behind the log's back"))
    after = await read_state(world.database)
    assert after == before | {here: replace(before[here], title="Renamed behind the log's back")}
    assert await fold_all(world.database, before) == before != after


async def test_a_new_row_and_a_deleted_row_are_noticed(world: World) -> None:
    before, here = await read_state(world.database), local(world.gallery)
    mine, now = new_id(), world.clock()
    row = {"id": mine, "gallery_id": here, "title": "A", "description": "", "created_at": now, "updated_at": now}
    await change(world, insert(Playlist).values(row))
    assert (await read_state(world.database))[here].playlists.keys() == before[here].playlists.keys() | {mine}
    medium = next(iter(before[here].media))
    await change(world, insert(PlaylistItem).values(playlist_id=mine, media_id=medium, position=1))
    assert (await read_state(world.database))[here].playlists[mine].media_ids == [medium]
    await change(world, delete(PlaylistItem).where(PlaylistItem.playlist_id == mine))
    await change(world, delete(Playlist).where(Playlist.id == mine))
    assert await read_state(world.database) == before


async def test_a_row_changed_by_the_reading_connection_is_noticed(world: World) -> None:
    before, here = await read_state(world.database), local(world.gallery)
    await world.database.reads.execute(update(Gallery).where(Gallery.id == here).values(description="Another"))
    assert (await read_state(world.database))[here] == replace(before[here], description="Another")
