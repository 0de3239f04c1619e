"""Rule 19, under concurrency: items that stay are read once and in order, whatever is added and removed meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from models.tables.media import MediaOrder
from tests.support.admin_mutations import (
    ADD_USERS,
    ADMIN,
    CREATE_GROUP,
    DELETE_GROUP,
    REMOVE_MEMBER,
    REMOVE_USERS,
    SET_MEMBER,
    UPSERT,
    new_group,
)
from tests.support.bulk_users import many_users
from tests.support.media import ADD, GOOD, REMOVE, fill, new_gallery
from tests.support.people import id_of
from tests.support.playlists import CREATE as CREATE_PLAYLIST
from tests.support.playlists import UPDATE as UPDATE_PLAYLIST
from tests.support.world import World

pytestmark = pytest.mark.second_tier

EDGES = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
Write = Callable[[Random, list[str]], Awaitable[None]]
"""Makes one change of a list. The second argument is what this writer has added so far."""


async def check(world: World, text: str, write: Write, *, both_ways: bool = False, returning: bool = False) -> None:
    """Reads the list of `text` page by page from its ends, while two writers change it.

    With `returning`, an item that was removed and added again may be read again; other items may not.
    """
    staying = await walk(world, text, backwards=False)
    assert len(staying) >= 12
    walks = list[list[str]]()
    async with writing(write) as written:
        while len(walks) <= both_ways or len(written) < 12:
            walks.append(await walk(world, text, backwards=both_ways and len(walks) % 2 == 0))
    for read in walks:
        assert returning or len(read) == len(set(read)), "something was repeated"
        assert [each for each in read if each in staying] == staying


async def walk(world: World, text: str, *, backwards: bool) -> list[str]:
    found: list[str] = []
    place = ""
    while True:
        ids, info = await page(world, text, f"{'last' if backwards else 'first'}: 2, {place}")
        found = ids + found if backwards else found + ids
        if not info["hasPreviousPage" if backwards else "hasNextPage"]:
            return found
        place = f'before: "{info["startCursor"]}"' if backwards else f'after: "{info["endCursor"]}"'


async def page(world: World, text: str, arguments: str) -> tuple[list[str], dict[str, Any]]:
    document = f"{{ {text.replace('PAGE', arguments)} {{ {EDGES} }} {'}' * (text.count('{') - text.count('}'))} }}"
    found = await world.query("manager", document)
    while "edges" not in found:
        (found,) = found.values()
    return [edge["node"]["id"] for edge in found["edges"]], found["pageInfo"]


@asynccontextmanager
async def writing(write: Write) -> AsyncIterator[list[int]]:
    """Runs two writers while entered. Yields the list of their writes, which is filled on exit."""
    written: list[int] = []
    done = asyncio.Event()

    async def work(seed: int) -> None:
        random, mine = Random(seed), list[str]()
        while not done.is_set():
            await write(random, mine)
            written.append(seed)

    async with asyncio.TaskGroup() as group:
        for seed in range(2):
            group.create_task(work(seed))
        try:
            yield written
        finally:
            done.set()


async def done(world: World, who: str, document: str, **given: Any) -> dict[str, Any]:
    """Returns the payload of a mutation, without the replay check, because others run at the same time."""
    (payload,) = (await world.query(who, document, *[ADMIN] * (who == "admin"), input=given)).values()
    assert payload["userErrors"] == []
    return dict(payload)


FILTERS = ('search: "film"', 'tags: ["odd"], kinds: [VIDEO]', 'statuses: [PUBLISHED, PENDING], ownerId: "MANAGER"')


@pytest.mark.parametrize("order", MediaOrder)
async def test_rule_19_media_in_every_order_and_filter_from_both_ends(world: World, order: MediaOrder) -> None:
    """Rule 19: also for items that differ only in their ids."""
    gallery, manager = await new_gallery(world), await id_of(world, "manager")
    for seconds in (60, 5):
        await fill(world, gallery, [(f"film {letter}", "", ["odd"]) for letter in "aabbcd"], seconds)

    async def write(random: Random, mine: list[str]) -> None:
        if len(mine) > random.randrange(5):
            await done(world, "manager", REMOVE, mediaId=mine.pop(random.randrange(len(mine))))
        else:
            given = {**GOOD, "title": f"film {random.choice('abcd')}", "durationSeconds": random.choice([5, 60])}
            made = await done(world, "manager", ADD, **given, galleryId=gallery, tags=["odd"])
            mine.append(made["media"]["id"])

    for chosen in ("", *FILTERS):
        narrowed = f", filter: {{{chosen.replace('MANAGER', manager)}}}" if chosen else ""
        text = f'gallery(by: {{id: "{gallery}"}}) {{ media(orderBy: {order}, PAGE{narrowed})'
        staying = set(await walk(world, text, backwards=False))
        await check(world, text, write, both_ways=True)
        for media in set(await walk(world, text, backwards=False)) - staying:
            await done(world, "manager", REMOVE, mediaId=media)


async def test_rule_19_memberships(world: World) -> None:
    """Rule 19."""
    outside = await many_users(world, 40)

    async def write(random: Random, mine: list[str]) -> None:
        given = {"galleryId": world.gallery}
        if len(mine) > random.randrange(5):
            user = mine.pop(random.randrange(len(mine)))
            await done(world, "manager", REMOVE_MEMBER, **given, principalId=user)
            outside.append(user)
        else:
            mine.append(outside.pop())
            await done(world, "manager", SET_MEMBER, **given, principalId=mine[-1], role="MEMBER")

    await check(world, f'gallery(by: {{id: "{world.gallery}"}}) {{ memberships(PAGE)', write, both_ways=True)


async def test_rule_19_users(world: World) -> None:
    """Rule 19: users are only added, never removed."""

    async def write(random: Random, mine: list[str]) -> None:
        name = random.choice(["Student 001", "Student 010", "Aaron", "Zoe"])
        mine.append(name)
        await done(world, "admin", UPSERT, issuer="test", subject=f"{name} {random.random()}", name=name)

    await check(world, "users(PAGE)", write, both_ways=True)


async def test_rule_19_groups_and_their_members(world: World) -> None:
    """Rule 19."""
    staying, coming = await many_users(world, 14), await many_users(world, 30)
    group = await new_group(world, "class 07")
    await done(world, "admin", ADD_USERS, groupId=group, userIds=staying)
    for number in range(14):
        await new_group(world, f"class {number:02}")

    async def write_groups(random: Random, mine: list[str]) -> None:
        if len(mine) > random.randrange(5):
            await done(world, "admin", DELETE_GROUP, groupId=mine.pop(random.randrange(len(mine))))
        else:
            name = f"Class {random.randrange(14):02}"
            mine.append((await done(world, "admin", CREATE_GROUP, name=name))["group"]["id"])

    async def write_members(random: Random, mine: list[str]) -> None:
        change = random.choice([ADD_USERS, REMOVE_USERS])
        await done(world, "admin", change, groupId=group, userIds=random.sample(coming[14:], 3))

    await check(world, "groups(PAGE)", write_groups, both_ways=True)
    await check(world, f'node(id: "{group}") {{ ... on Group {{ members(PAGE)', write_members, both_ways=True)


async def test_rule_19_a_playlists_items(world: World) -> None:
    """Rule 19: while the playlist is saved again, longer and shorter, and its media are removed."""
    gallery = await new_gallery(world)
    await fill(world, gallery, [(f"film {number}", "", []) for number in range(24)])
    media = await walk(world, f'gallery(by: {{id: "{gallery}"}}) {{ media(orderBy: OLDEST, PAGE)', backwards=False)
    staying, coming = media[:12], media[12:]
    given = {"galleryId": gallery, "title": "Best of", "mediaIds": staying}
    playlist = (await done(world, "manager", CREATE_PLAYLIST, **given))["playlist"]["id"]

    # Each item that is added and removed has its place beside one that stays. If it moved past that item, the playlist
    # could keep the position of either of the two, and paging could skip the one that stays.
    async def write(random: Random, mine: list[str]) -> None:
        some = set(random.sample(coming, random.randrange(8)))
        pairs = zip(staying, coming, strict=True)
        listed = [each for stays, comes in pairs for each in ((stays, comes) if comes in some else (stays,))]
        await done(world, "manager", UPDATE_PLAYLIST, playlistId=playlist, mediaIds=listed)

    await check(world, f'node(id: "{playlist}") {{ ... on Playlist {{ items(PAGE)', write, returning=True)
