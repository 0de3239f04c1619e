"""Simultaneous changes of groups and galleries: no deadlock, and no gallery is missed (rules 3, 59, 63)."""

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.database.transaction import Transaction
from models.tables.principals import Principal, PrincipalKind
from resolvers import groups, members
from tests.support.admin_mutations import (
    ADD_USERS,
    ADMIN,
    DELETE_GROUP,
    REMOVE_USERS,
    SET_MEMBER,
    SYNC,
    UPDATE_SITE,
    another_gallery,
    ids_of,
    new_group,
    set_member,
)
from tests.support.people import id_of, local
from tests.support.world import CONFIGURE, CREATE, World


async def test_group_changes_and_gallery_changes_at_once_wait_in_no_circle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 59: fifty of each, on galleries that the group reaches, starts to reach, and stops reaching."""
    lost: list[DBAPIError] = []

    def lost_a_race(error: DBAPIError) -> bool:
        lost.append(error)
        return True

    monkeypatch.setattr(world.database, "lost_a_race", lost_a_race)
    manager, user = await ids_of(world, "manager", "a")
    group, other = await new_group(world, "one"), await new_group(world, "two")
    galleries = [world.gallery] + [await another_gallery(world, manager) for _ in range(3)]
    acts = []
    for number in range(50):
        users = {"groupId": (group, other)[number % 2], "userIds": [user]}
        change = (ADD_USERS, REMOVE_USERS)[number // 2 % 2]
        gallery = galleries[number % 4]
        member = {"galleryId": gallery, "principalId": (other, group)[number % 2]}
        lists = {"galleryId": gallery, "roomModeratorIds": [group, other], "chatModeratorIds": [other, group]}
        acts += [
            world.query("admin", change, ADMIN, input=users),
            world.query("manager", SET_MEMBER, input=member | {"role": ("MEMBER", "MANAGER")[number % 3 == 0]}),
            world.query("manager", CONFIGURE, input=lists if number % 2 else lists | {"roomModeratorIds": [other]}),
        ]
    answers = await asyncio.gather(*acts)
    assert [next(iter(answer.values()))["userErrors"] for answer in answers] == [[]] * 150
    assert lost == []


_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


GRANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "by hand": ("manager", SET_MEMBER, {"galleryId": "GALLERY", "principalId": "GROUP", "role": "MEMBER"}),
    "by roster": ("admin", SYNC, {"galleryId": "GALLERY", "members": [{"principalId": "GROUP", "role": "MEMBER"}]}),
    "in a room": ("manager", CONFIGURE, {"galleryId": "GALLERY", "chatModeratorIds": ["GROUP"]}),
    "in a new gallery": ("admin", CREATE, {"title": "Typography", "managerIds": ["GROUP"]}),
}


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # SQLite has only one writer
@pytest.mark.parametrize("grant", GRANTS)
async def test_a_group_that_is_being_changed_is_given_nothing_meanwhile(world: World, grant: str) -> None:
    """Rules 3, 63: a grant waits for the group's lock, so that the group's change reaches every gallery."""
    group, user = await new_group(world, "assistants", "a"), local(await id_of(world, "b"))
    who, document, given = GRANTS[grant]
    named = orjson.dumps(given).decode().replace("GALLERY", world.gallery).replace("GROUP", group)
    scopes = (ADMIN,) if who == "admin" else ()
    granting: list[asyncio.Task[Any]] = []

    async def change(tx: Transaction) -> None:
        await groups.add_users(tx, local(group), [user])
        granting.append(asyncio.create_task(world.query(who, document, *scopes, input=orjson.loads(named))))
        while not await world.database.reads.value(_WAITING):
            assert not granting[0].done()

    admin = (await world.process.accounts.of_token(world.token("admin", ADMIN))).viewer
    await world.database.transact(admin, "addGroupMembers", change)
    (answer,) = (await granting[0]).values()
    assert answer["userErrors"] == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_group_does_not_lose_its_last_while_the_other_manager_goes(world: World) -> None:
    """Rule 3: decisions about a gallery are made under its lock."""
    group, dean = await new_group(world, "deans", "dean"), await id_of(world, "dean")
    await set_member(world, group, "MANAGER")
    manager = Principal(PrincipalKind.USER, local(await id_of(world, "manager")))
    given = {"groupId": group, "userIds": [dean]}
    leaving: list[asyncio.Task[Any]] = []

    async def change(tx: Transaction) -> None:
        await members.remove_member(tx, local(world.gallery), manager)
        leaving.append(asyncio.create_task(world.query("admin", REMOVE_USERS, ADMIN, input=given)))
        while not await world.database.reads.value(_WAITING):
            assert not leaving[0].done()

    viewer = (await world.process.accounts.of_token(world.token("manager"))).viewer
    await world.database.transact(viewer, "removeGalleryMember", change)
    answer = await leaving[0]
    assert [each["code"] for each in answer["removeGroupMembers"]["userErrors"]] == ["LAST_MANAGER"]


_IS_FREE = text("SELECT 1 FROM galleries WHERE id = :id FOR UPDATE SKIP LOCKED")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "document", [ADD_USERS, REMOVE_USERS, DELETE_GROUP, UPDATE_SITE], ids=["add", "remove", "delete", "site"]
)
async def test_galleries_are_taken_in_order(world: World, document: str) -> None:
    """Rule 59: locks are taken in one order, so no transaction holds a later one while it waits for an earlier one."""
    group = await new_group(world, "assistants", "a")
    inside, user, outsider = await ids_of(world, "a", "b", "outsider")
    later = await another_gallery(world, await id_of(world, "manager"))
    assert local(world.gallery) < local(later)
    for gallery in (later, world.gallery):
        await world.mutate("manager", SET_MEMBER, input={"galleryId": gallery, "principalId": group, "role": "MEMBER"})
    await set_member(world, outsider, "MEMBER")
    given = {
        ADD_USERS: {"groupId": group, "userIds": [user]},
        REMOVE_USERS: {"groupId": group, "userIds": [inside]},
        DELETE_GROUP: {"groupId": group},
        UPDATE_SITE: {"qnaDefault": False},
    }[document]
    waiting: list[asyncio.Task[Any]] = []

    async def hold(tx: Transaction) -> None:
        await members.remove_member(tx, local(world.gallery), Principal(PrincipalKind.USER, local(outsider)))
        waiting.append(asyncio.create_task(world.query("admin", document, ADMIN, input=given)))
        while not await world.database.reads.value(_WAITING):
            assert not waiting[0].done()
        assert await world.database.reads.value(_IS_FREE, {"id": local(later)})

    viewer = (await world.process.accounts.of_token(world.token("manager"))).viewer
    await world.database.transact(viewer, "removeGalleryMember", hold)
    (answer,) = (await waiting[0]).values()
    assert answer["userErrors"] == []
