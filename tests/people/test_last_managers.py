"""Rule 3: a gallery keeps a manager, in whichever way one is removed, even if the last two are removed at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from tests.support.admin_mutations import (
    ADD_USERS,
    ADMIN,
    DELETE_GROUP,
    REMOVE_MEMBER,
    REMOVE_USERS,
    SET_MEMBER,
    SYNC,
    another_gallery,
    as_admin,
    members,
    new_group,
    remove_member,
    role_of,
    set_member,
)
from tests.support.people import id_of
from tests.support.world import World

Given = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A manager's source of the role: the person, and the group if the role is the group's."""

    who: str
    user: str
    group: str | None

    @property
    def principal(self) -> str:
        return self.group or self.user


async def by_hand(world: World, who: str) -> Source:
    source = Source(who, await id_of(world, who), None)
    await set_member(world, source.user, "MANAGER")
    return source


async def by_group(world: World, who: str) -> Source:
    source = Source(who, await id_of(world, who), await new_group(world, f"the group of {who}", who))
    await set_member(world, source.principal, "MANAGER")
    return source


async def by_roster(world: World, who: str) -> Source:
    source = Source(who, await id_of(world, who), None)
    await roster(world, source)
    return source


async def by_group_in_roster(world: World, who: str) -> Source:
    source = Source(who, await id_of(world, who), await new_group(world, f"the class of {who}", who))
    await roster(world, source)
    return source


async def roster(world: World, source: Source) -> None:
    entries = [{"principalId": source.principal, "role": "MANAGER"}]
    await as_admin(world, SYNC, galleryId=world.gallery, members=entries)


@dataclass(frozen=True)
class Way:
    """A way to lose a manager: the role's source, the actor, and the field that the refusal names."""

    given: Callable[[World, str], Awaitable[Source]]
    document: str
    by_admin: bool
    field: str

    async def go(self, world: World, source: Source) -> tuple[str, list[str] | None] | None:
        """Removes the manager. Returns code and field if that is refused, or None."""
        who, scopes = ("admin", (ADMIN,)) if self.by_admin else (source.who, ())
        (payload,) = (await world.query(who, self.document, *scopes, input=self._input(world, source))).values()
        return next(((error["code"], error["field"]) for error in payload["userErrors"]), None)

    def _input(self, world: World, source: Source) -> Given:
        gallery: Given = {"galleryId": world.gallery}
        return {
            REMOVE_MEMBER: gallery | {"principalId": source.principal},
            SET_MEMBER: gallery | {"principalId": source.principal, "role": "MODERATOR"},
            SYNC: gallery | {"members": [{"principalId": source.principal, "role": "MEMBER"}]},
            REMOVE_USERS: {"groupId": source.group, "userIds": [source.user]},
            DELETE_GROUP: {"groupId": source.group},
        }[self.document]


WAYS = {
    "removed by hand": Way(by_hand, REMOVE_MEMBER, False, "principalId"),
    "demoted by hand": Way(by_hand, SET_MEMBER, False, "role"),
    "their group removed": Way(by_group, REMOVE_MEMBER, False, "principalId"),
    "their group demoted": Way(by_group, SET_MEMBER, False, "role"),
    "taken out of their group": Way(by_group, REMOVE_USERS, True, "userIds"),
    "their group deleted": Way(by_group, DELETE_GROUP, True, "groupId"),
    "demoted in the roster": Way(by_roster, SYNC, True, "members"),
    "their class demoted in the roster": Way(by_group_in_roster, SYNC, True, "members"),
    "taken out of their class": Way(by_group_in_roster, REMOVE_USERS, True, "userIds"),
    "their class deleted": Way(by_group_in_roster, DELETE_GROUP, True, "groupId"),
}
ROSTER = (by_roster, by_group_in_roster)
PAIRS = [
    (one, other)
    for one, other in [*zip(WAYS, WAYS, strict=True), *pairwise(WAYS), ("removed by hand", "taken out of their class")]
    if not (WAYS[one].given in ROSTER and WAYS[other].given in ROSTER)  # a gallery has only one roster
]


@pytest.mark.parametrize("way", WAYS)
async def test_rule_3_the_last_manager_is_lost_in_no_way(world: World, way: str) -> None:
    """Rule 3: nothing changes; if there is another manager, it succeeds."""
    source = await WAYS[way].given(world, "dean")
    await remove_member(world, await id_of(world, "manager"))
    before = await members(world, "dean")
    assert await WAYS[way].go(world, source) == ("LAST_MANAGER", ["input", WAYS[way].field])
    assert await members(world, "dean") == before
    assert await role_of(world, "dean") == "MANAGER"
    await set_member(world, await id_of(world, "manager"), "MANAGER", by="dean")
    assert await WAYS[way].go(world, source) is None
    assert await role_of(world, "dean") != "MANAGER"


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
async def test_rule_3_of_the_last_two_managers_who_go_at_once_one_stays(world: World, pair: tuple[str, str]) -> None:
    """Rule 3: for each pair of ways, in either order."""
    people = ("dean", "second")
    sources = [await WAYS[way].given(world, who) for way, who in zip(pair, people, strict=True)]
    await remove_member(world, await id_of(world, "manager"))
    ways = [WAYS[way].go(world, source) for way, source in zip(pair, sources, strict=True)]
    refusals = await asyncio.gather(*ways)
    assert [each and each[0] for each in refusals if each] == ["LAST_MANAGER"]
    managing = [await role_of(world, who) == "MANAGER" for who in people]
    assert managing == [each is not None for each in refusals]


async def test_rule_3_a_group_that_two_galleries_hang_on_is_kept_for_either(world: World) -> None:
    """Rule 3: LAST_MANAGER in one gallery keeps the group in all of them."""
    group = await new_group(world, "deans", "dean")
    await set_member(world, group, "MANAGER")
    await another_gallery(world, group)
    dean = await id_of(world, "dean")
    for document, given in ((REMOVE_USERS, {"userIds": [dean]}), (DELETE_GROUP, {})):
        refusal = await world.refused("admin", document, ADMIN, input={"groupId": group, **given})
        assert refusal["code"] == "LAST_MANAGER"
    assert await role_of(world, "dean") == "MANAGER"
    await as_admin(world, ADD_USERS, groupId=group, userIds=[await id_of(world, "second")])
    await as_admin(world, REMOVE_USERS, groupId=group, userIds=[dean])
