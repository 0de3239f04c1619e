"""Rule 25: a save is checked against the form that its manager read; other mutations can outdate the form too."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.admin_mutations import (
    ADD_USERS,
    DELETE_GROUP,
    REMOVE_USERS,
    SYNC,
    as_admin,
    ids_of,
    members,
    new_group,
    remove_member,
    set_member,
)
from tests.support.people import configure, events_since, log_head
from tests.support.world import CONFIGURE, World

FORM = """query ($room: ID!) { room(id: $room) {
  version roomModerators { source principal { ... on Node { id } } } } }"""


async def form(world: World) -> tuple[int, list[str]]:
    """Returns the version, and the list of moderators as the form shows and saves it."""
    room = (await world.query("manager", FORM, room=world.room))["room"]
    return room["version"], [each["principal"]["id"] for each in room["roomModerators"]]


async def save(world: World, version: int, moderators: list[str], refused: bool) -> None:
    given = {"galleryId": world.gallery, "expectedVersion": version, "roomModeratorIds": moderators}
    if refused:
        refusal = await world.refused("manager", CONFIGURE, input=given)
        assert (refusal["code"], refusal["field"]) == ("CONFLICT", ["input", "expectedVersion"])
    else:
        await world.mutate("manager", CONFIGURE, input=given)


async def test_a_form_from_before_a_group_was_deleted_is_refused(world: World) -> None:
    """Rules 13, 25: even if the form does not name the group; galleries that assigned it get a new version."""
    group, unnamed = await new_group(world, "helpers", "a"), await new_group(world, "others", "a")
    await configure(world, chatModeratorIds=[group])
    version, moderators = await form(world)
    head = await log_head(world)
    await as_admin(world, DELETE_GROUP, groupId=unnamed)
    assert (await events_since(world, head), (await form(world))[0]) == ([], version)
    await as_admin(world, DELETE_GROUP, groupId=group)
    assert [event.kind for event in await events_since(world, head)] == ["RoomConfigured", "AccessChanged"]
    assert (await form(world))[0] == version + 1
    await save(world, version, moderators, refused=True)
    await save(world, version + 1, moderators, refused=False)


async def demoted(world: World) -> None:
    (second,) = await ids_of(world, "second")
    await set_member(world, second, "MODERATOR")


async def removed(world: World) -> None:
    await remove_member(world, *await ids_of(world, "second"))


async def sync(world: World, *entries: tuple[str, str]) -> None:
    roster = [{"principalId": who, "role": role} for who, role in entries]
    await as_admin(world, SYNC, galleryId=world.gallery, members=roster)


@pytest.mark.parametrize("change", [demoted, removed])
async def test_whoever_managed_when_a_form_was_read_is_not_assigned_by_it(
    world: World, change: Callable[[World], Awaitable[None]]
) -> None:
    """Rules 9, 25: the form lists managers as moderators; saving it later would assign a former manager."""
    (second,) = await ids_of(world, "second")
    await set_member(world, second, "MANAGER")
    version, moderators = await form(world)
    assert second in moderators
    await change(world)
    await save(world, version, moderators, refused=True)
    assert second not in (await form(world))[1]


async def test_the_roster_and_groups_outdate_forms_by_their_managers_alone(world: World) -> None:
    """Rules 9, 25: when a manager is added or removed, and for nobody else."""
    second, third = await ids_of(world, "second", "third")
    group = await new_group(world, "deans", "dean")
    acts: list[tuple[Awaitable[Any], int]] = [
        (sync(world, (second, "MEMBER")), 0),
        (sync(world, (second, "MANAGER")), 1),
        (sync(world, (second, "MANAGER"), (third, "MEMBER")), 0),
        (sync(world, (second, "MODERATOR")), 1),
        (sync(world, (third, "MANAGER")), 1),
        (sync(world), 1),
        (set_member(world, group, "MANAGER"), 1),
        (as_admin(world, ADD_USERS, groupId=group, userIds=[third]), 0),  # the form lists the group, not its members
        (as_admin(world, REMOVE_USERS, groupId=group, userIds=[third]), 0),
        (set_member(world, second, "MODERATOR"), 0),
        (as_admin(world, DELETE_GROUP, groupId=group), 1),
    ]
    for act, more in acts:
        version, _ = await form(world)
        await act
        assert (await form(world))[0] == version + more
    assert {role for name, role, _source in await members(world) if name == "second"} == {"MODERATOR"}
