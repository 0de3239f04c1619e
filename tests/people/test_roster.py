"""A course's roster, which a service account syncs beside the manual memberships (rules 2, 3, 14)."""

import pytest

from models.events.galleries import MembershipsChanged
from server.demo_people import VISITORS
from tests.support.admin_mutations import (
    ADMIN,
    SYNC,
    as_admin,
    ids_of,
    members,
    new_group,
    not_as_admin,
    remove_member,
    role_of,
    set_member,
)
from tests.support.bulk_users import many_users
from tests.support.people import absent, configure, events_since, id_of, log_head
from tests.support.statement_counts import statements_of
from tests.support.world import World


def entry(principal: str, role: str = "MEMBER") -> dict[str, str]:
    return {"principalId": principal, "role": role}


async def sync(world: World, *entries: dict[str, str]) -> tuple[int, int, int]:
    """Syncs a roster. Returns how many memberships were added, changed and removed."""
    done = await as_admin(world, SYNC, galleryId=world.gallery, members=list(entries))
    return done["added"], done["changed"], done["removed"]


async def from_roster(world: World) -> set[tuple[str, str]]:
    return {(name, role) for name, role, source in await members(world) if source == "ROSTER"}


async def test_a_sync_adds_changes_and_removes(world: World) -> None:
    """Rule 2: only rows of the roster are replaced, users and groups alike; one event is sent."""
    assert await sync(world) == (0, 0, len(VISITORS))
    by_hand = await members(world)
    a, b, c = await ids_of(world, "a", "b", "c")
    group = await new_group(world, "class", "d")
    position = await log_head(world)
    assert await sync(world, entry(a), entry(b, "CONTRIBUTOR"), entry(group)) == (3, 0, 0)
    assert await sync(world, entry(b, "MODERATOR"), entry(c), entry(group)) == (1, 1, 1)
    assert await from_roster(world) == {("b", "MODERATOR"), ("c", "MEMBER"), ("class", "MEMBER")}
    assert [await role_of(world, who) for who in "abcd"] == [None, "MODERATOR", "MEMBER", "MEMBER"]
    first, second = await events_since(world, position)
    assert isinstance(first, MembershipsChanged)
    assert isinstance(second, MembershipsChanged)
    assert (len(second.saved), second.removed) == (2, [first.saved[0].id])
    assert await sync(world) == (0, 0, 3)
    assert await members(world) == by_hand


async def test_a_roster_that_is_so_already_tells_nothing(world: World) -> None:
    user = await id_of(world, "a")
    await sync(world, entry(user))
    position = await log_head(world)
    done = await as_admin(world, SYNC, galleryId=world.gallery, members=[entry(user)])
    assert (done["added"], done["changed"], done["removed"], done["cursor"]) == (0, 0, 0, None)
    assert await log_head(world) == position


async def test_roster_and_hand_leave_each_other_alone(world: World) -> None:
    """Rule 2: the highest role counts, and losing one source keeps the other."""
    user = await id_of(world, "a")
    await set_member(world, user, "MODERATOR")
    await sync(world, entry(user, "CONTRIBUTOR"))
    assert await role_of(world, "a") == "MODERATOR"
    await remove_member(world, user)
    assert await role_of(world, "a") == "CONTRIBUTOR"
    await set_member(world, user, "MEMBER")
    assert await role_of(world, "a") == "CONTRIBUTOR"
    await sync(world)
    assert await role_of(world, "a") == "MEMBER"


async def test_a_roster_does_not_take_the_last_manager(world: World) -> None:
    """Rule 3: neither by omission nor by a lower role."""
    dean = await id_of(world, "dean")
    await sync(world, entry(dean, "MANAGER"))
    await remove_member(world, await id_of(world, "manager"))
    last = ("LAST_MANAGER", ["input", "members"])
    empty = await new_group(world, "nobody")
    for roster in ([], [entry(dean)], [entry(empty, "MANAGER")]):
        assert await not_as_admin(world, SYNC, galleryId=world.gallery, members=roster) == last
    assert await sync(world, entry(await id_of(world, "a"), "MANAGER")) == (1, 0, 1)


async def test_bad_rosters_are_refused(world: World) -> None:
    """Each refusal names the wrong entry."""
    user, other = await ids_of(world, "a", "b")
    cases: list[tuple[list[dict[str, str]], str, list[str]]] = [
        ([entry(user), entry(other), entry(user, "MANAGER")], "INVALID", ["2"]),
        ([entry(user), entry(absent("User"))], "NOT_FOUND", ["1", "principalId"]),
        ([entry(absent("Group"))], "NOT_FOUND", ["0", "principalId"]),
        ([entry(user), entry(world.room)], "NOT_FOUND", ["1", "principalId"]),
        ([entry(absent("User"))] * 10_001, "INVALID", []),
    ]
    for roster, code, field in cases:
        answer = await not_as_admin(world, SYNC, galleryId=world.gallery, members=roster)
        assert answer == (code, ["input", "members", *field])
    missing = await not_as_admin(world, SYNC, galleryId=absent("Gallery"), members=[])
    assert missing == ("NOT_FOUND", ["input", "galleryId"])


@pytest.mark.parametrize("who", ["manager", "student-001", "outsider"])
async def test_only_site_admins_sync(world: World, who: str) -> None:
    """Rules 4, 14: for other people, an existing gallery answers like an absent one."""
    for gallery in (world.gallery, absent("Gallery")):
        refused = await world.refused(who, SYNC, input={"galleryId": gallery, "members": []})
        assert (refused["code"], refused["field"]) == ("FORBIDDEN", None)


async def test_who_syncs_is_shown_nothing(world: World) -> None:
    """Rule 14: a site admin does not see the gallery."""
    await sync(world, entry(await id_of(world, "a")))
    document = "query ($id: ID!) { gallery(by: {id: $id}) { title } }"
    assert await world.query("admin", document, ADMIN, id=world.gallery) == {"gallery": None}


MODERATORS = "query ($id: ID!) { room(id: $id) { roomModerators { source principal { ... on User { name } } } } }"


async def test_a_manager_by_hand_and_by_roster_is_listed_once(world: World) -> None:
    """Rule 9: as a room moderator who cannot be removed there, whatever was assigned before."""
    (a,) = await ids_of(world, "a")
    await configure(world, roomModeratorIds=[a])
    await set_member(world, a, "MANAGER")
    assert await sync(world, entry(a, "MANAGER")) == (1, 0, len(VISITORS))
    listed = (await world.query("manager", MODERATORS, id=world.room))["room"]["roomModerators"]
    names = ["Mara Manager", "a"]
    assert listed == [{"source": "GALLERY_MANAGER", "principal": {"name": name}} for name in names]


async def test_a_big_roster_takes_as_many_statements_as_a_small_one(world: World) -> None:
    users = await many_users(world, 2_000)
    small = await statements_of(world, "admin", SYNC, {"galleryId": world.gallery, "members": [entry(users[0])]})
    roster = [entry(each) for each in users[1:]]
    big = await statements_of(world, "admin", SYNC, {"galleryId": world.gallery, "members": roster})
    assert len(big) <= len(small) + 2  # the DELETE, and the check for managers
    assert len(await from_roster(world)) == 1_999
