"""Rule 19: a cursor is a place in an order. Paging skips and repeats nothing, whatever changes meanwhile."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from random import Random
from string import Template
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from models.database.database import Database
from models.permissions import Viewer
from models.storage.full_text import search_row
from models.storage.paging import Key, Page, PageArguments, page, page_each
from models.tables.galleries import Gallery
from models.tables.media import Media, MediaKind, MediaOrder, MediaStatus
from resolvers.media import ORDERS
from schema.root import schema
from server.app import open_database
from server.demo_people import STUDENTS
from server.settings import Settings
from tests.support.people import id_of, make_group
from tests.support.recordings import ready, start
from tests.support.statement_log import statements
from tests.support.world import CREATE, END, ENTER, World

SOMEBODY = Viewer(UUID(int=0), "somebody")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A medium in the model. There are few distinct values, so that many rows differ only in their id."""

    id: UUID
    gallery_id: UUID
    title_key: str
    duration_seconds: int
    created_at: datetime


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = open_database(settings)
    yield opened
    await opened.close()


def some_row(gallery_id: UUID, random: Random) -> Row:
    at = NOON + timedelta(microseconds=random.randrange(3))
    key = random.choice(["", "a", "\u00e4", "\U0001f469", "%"])
    return Row(uuid4(), gallery_id, key, random.randrange(3), at)


async def add(database: Database, *rows: Row) -> None:
    if not rows:
        return
    values = [
        {column: getattr(row, column) for column in Row.__dataclass_fields__}
        | {"title": "", "description": "", "tags": [], "kind": MediaKind.VIDEO, "status": MediaStatus.PUBLISHED}
        | {"search_words": "", "search_row": search_row(row.id)}
        for row in rows
    ]
    await database.transact(SOMEBODY, "test", lambda tx: tx.execute(insert(Media), values))


async def remove(database: Database, row: Row) -> None:
    await database.transact(SOMEBODY, "test", lambda tx: tx.execute(delete(Media).where(Media.id == row.id)))


async def new_gallery(database: Database) -> UUID:
    columns = {column.key: column for column in Gallery.__table__.columns}
    (given_row,) = await database.reads.rows(select(*columns.values()).limit(1))
    copy = {**given_row._mapping, "id": uuid4(), "external_id": None}
    await database.transact(SOMEBODY, "test", lambda tx: tx.execute(insert(Gallery), copy))
    return UUID(str(copy["id"]))


def in_order(rows: Iterable[Row], order: Sequence[Key], *, backwards: bool = False) -> list[Row]:
    """Sorts rows key by key, as the model."""

    def compare(one: Row, other: Row) -> int:
        for key in order:
            mine, theirs = getattr(one, key.column.key), getattr(other, key.column.key)
            if mine != theirs:
                return 1 if (mine > theirs) != (key.descending != backwards) else -1
        return 0

    return sorted(rows, key=cmp_to_key(compare))


async def read(database: Database, gallery_id: UUID, order: Sequence[Key], arguments: PageArguments) -> Page[Media]:
    with statements() as ran:
        found = await page(database.reads, select(Media).where(Media.gallery_id == gallery_id), order, arguments)
    assert len(ran) == 1
    return found


@hypothesis_settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    random=st.randoms(use_true_random=True),
    order=st.sampled_from(list(ORDERS.values())),
    backwards=st.booleans(),
    size=st.integers(1, 5),
    count=st.integers(0, 12),
)
async def test_rule_19_a_list_is_read_whole_and_in_order_while_it_changes(
    database: Database, random: Random, order: Sequence[Key], size: int, count: int, *, backwards: bool
) -> None:
    gallery_id = await new_gallery(database)
    present = {some_row(gallery_id, random) for _ in range(count)}
    await add(database, *present)
    stayed, seen, cursor = set(present), list[Row](), None
    while True:
        arguments = PageArguments(last=size, before=cursor) if backwards else PageArguments(first=size, after=cursor)
        got = await read(database, gallery_id, order, arguments)
        rest = in_order(present, order, backwards=backwards)
        if seen:
            rest = [
                row
                for row in rest
                if row != seen[-1] and in_order([row, seen[-1]], order, backwards=backwards)[1] == row
            ]
        ids, ahead, behind = [row.id for row in got.rows], got.has_next, got.has_previous
        if backwards:
            ids, ahead, behind = ids[::-1], behind, ahead
        assert ids == [row.id for row in rest[:size]]
        assert (ahead, behind) == (len(rest) > size, cursor is not None)
        if not ids:
            break
        seen += rest[:size]
        cursor = got.cursors[0 if backwards else -1]
        for row in random.sample([*present], random.randrange(2)):
            await remove(database, row)
            present.remove(row)
            stayed.discard(row)
        if len(seen) < 20:
            added = some_row(gallery_id, random)
            await add(database, added)
            present.add(added)
    assert len(set(seen)) == len(seen)
    assert stayed <= set(seen)


@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
async def test_a_page_of_each_is_each_ones_page_in_one_statement(database: Database, order: Sequence[Key]) -> None:
    random = Random(4711)
    galleries = [await new_gallery(database) for _ in range(4)]
    rows = [
        some_row(gallery, random) for gallery, count in zip(galleries, (0, 1, 5, 12), strict=True) for _ in range(count)
    ]
    await add(database, *rows)
    whole = await read(database, galleries[3], order, PageArguments(first=100))
    assert [row.id for row in whole.rows] == [row.id for row in in_order(rows[-12:], order)]
    cursors = whole.cursors
    between = PageArguments(after=cursors[2], before=cursors[8])
    for place in (PageArguments(), PageArguments(after=cursors[4]), PageArguments(before=cursors[4]), between):
        for size in (0, 1, 5, 11, 12):
            for arguments in (replace(place, first=size), replace(place, last=size)):
                with statements() as ran:
                    pages = await page_each(
                        database.reads, select(Media), Media.gallery_id, galleries, order, arguments
                    )
                assert len(ran) == 1
                for gallery in galleries:
                    assert same(pages[gallery], await read(database, gallery, order, arguments)), arguments


def same(one: Page[Media], other: Page[Media]) -> bool:
    ids = [[row.id for row in each.rows] for each in (one, other)]
    return ids[0] == ids[1] and replace(one, rows=()) == replace(other, rows=())


OF_GALLERY, OF_ROOM, OF_GROUP = (f'node(id: "${of}") {{ ... on {of} {{ ' for of in ("Gallery", "Room", "Group"))
LISTS = {
    "users": "users($page",
    "groups": "groups($page",
    "galleries": "galleries($page",
    "galleries, the newest first": "galleries(orderBy: NEWEST, $page",
    "memberships": OF_GALLERY + "memberships($page",
    "sessions": OF_GALLERY + "sessions($page",
    **{f"media, {each}": f"{OF_GALLERY} media(orderBy: {each}, $page" for each in MediaOrder},
    "media from the room": OF_GALLERY + "media(filter: {recordingsOnly: true}, $page",
    "messages": OF_ROOM + "messages($page",
    "participants": OF_ROOM + "activeSession { participants($page",
    "a group's members": OF_GROUP + "members($page",
}


@pytest.fixture(scope="module")
async def furnished(lasting_world: World) -> World:
    """A world with several objects of each kind, and several with the same name."""
    world, admin = lasting_world, lasting_world.settings.admin_scope
    manager = await id_of(world, "manager")
    for title in ("Twice", "once", "Twice", "TWICE"):
        await world.mutate("manager", CREATE, admin, input={"title": title, "managerIds": [manager]})
    for name in ("namesakes", "Namesakes"):
        world.ids[name] = await make_group(world, name, *STUDENTS[:5])
    for _ in range(3):
        await world.enter("manager")
        session = (await world.mutate("manager", ENTER, room=world.room))["session"]["id"]
        await world.mutate("manager", END, session=session)
    await world.enter("manager", *STUDENTS[:4])
    session = (await world.mutate("manager", ENTER, room=world.room))["session"]["id"]
    for _ in range(4):
        await ready(world, await start(world, "manager", session))
    for number in range(7):
        await world.post("manager", f"Message {number}")
    return world


async def test_every_list_there_is_is_read_here() -> None:
    paged = {
        f"{of.name}.{name}"
        for of in schema._schema.type_map.values()
        for name, field in getattr(of, "fields", {}).items()
        if "first" in getattr(field, "args", {})
    }
    assert paged == {
        "Query.users", "Query.groups", "Query.galleries", "Gallery.memberships", "Gallery.sessions", "Gallery.media",
        "Room.messages", "RoomSession.participants", "Group.members",
        "Gallery.playlists", "Playlist.items",  # in test_playlists.py
        "Gallery.webhooks", "Webhook.deliveries",  # in tests/schema/test_connections.py
        "Room.questions", "Query.sessionRecord",  # in test_questions.py and test_records.py
        *(f"SessionReport.{each}" for each in ("curve", "attendance", "participation", "transcript", "interactions")),
        "RoomSession.feed",  # in tests/reports/test_feed.py
        "Room.content", "Room.interactions", "Interaction.answers",  # in tests/content and tests/interactions
        "RoomSession.hands", "RoomSession.recordings", "Question.replies", "Query.auditRecords",  # in tests/schema/test_connections.py
    }  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
async def test_rule_19_every_list_is_the_same_at_every_page_size_and_from_both_ends(
    furnished: World, name: str
) -> None:
    whole, _ = await listed(furnished, name, "first: 100")
    assert len(whole) >= 3
    assert len(dict(whole)) == len(whole)
    assert (await listed(furnished, name, "first: 0"))[0] == []
    for size in (1, 3, len(whole) - 1, len(whole)):
        assert await walk(furnished, name, size, backwards=False) == whole
        assert await walk(furnished, name, size, backwards=True) == whole


async def walk(world: World, name: str, size: int, *, backwards: bool) -> list[tuple[str, str]]:
    """Returns all of a list, read page by page. Checks each page's info."""
    found: list[tuple[str, str]] = []
    place = ""
    while True:
        page_of, info = await listed(world, name, f"{'last' if backwards else 'first'}: {size}, {place}")
        found = page_of + found if backwards else found + page_of
        assert (info["startCursor"], info["endCursor"]) == (page_of[0][0], page_of[-1][0])
        more, came_from = ("hasPreviousPage", "hasNextPage") if backwards else ("hasNextPage", "hasPreviousPage")
        assert info[came_from] == bool(place)
        if not info[more]:
            return found
        place = f'before: "{info["startCursor"]}"' if backwards else f'after: "{info["endCursor"]}"'


async def listed(world: World, name: str, arguments: str) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """Returns one page of a list as pairs of cursor and id, and its page info."""
    ids = {"Gallery": world.gallery, "Room": world.room, "Group": world.ids["namesakes"]}
    text = Template(LISTS[name]).substitute(ids, page=arguments)
    found = await world.query("manager", f"{{ {text}) {{ {EDGES} }} {'}' * (text.count('{') - text.count('}'))} }}")
    while "edges" not in found:
        (found,) = found.values()
    return [(edge["cursor"], edge["node"]["id"]) for edge in found["edges"]], found["pageInfo"]


EDGES = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
