"""AccessChanged says what changed to those who may know it (rules 4, 5, 11, 63)."""

from typing import Any

import pytest

from schema.events import access
from tests.support.admin_mutations import (
    ADD_USERS,
    ADMIN,
    REMOVE_USERS,
    SYNC,
    as_admin,
    ids_of,
    new_group,
    remove_member,
    set_member,
)
from tests.support.event_streams import next_event
from tests.support.people import configure, id_of
from tests.support.world import Subscribed, World

EVENTS = """subscription ($room: ID!) { roomEvents(roomId: $room) { __typename ... on AccessChanged {
  memberships { id role principal { name } } removedMembershipIds listsChanged gallery { id } } } }"""
REMOVE = """mutation ($input: RemoveGalleryMemberInput!) { removeGalleryMember(input: $input) {
  removedMembershipId gallery { id } userErrors { code message field } } }"""
UNSAID = {"memberships": None, "removedMembershipIds": None}
PEOPLE = ("manager", "student-001", "guest")


class Told:
    """What people of three kinds are told: a manager, a member, and a guest who sees only the room."""

    def __init__(self, world: World, streams: list[Subscribed]) -> None:
        self.world = world
        self._streams = streams

    async def next(self) -> list[dict[str, Any]]:
        return [await self._changed(stream) for stream in self._streams]

    async def _changed(self, stream: Subscribed) -> dict[str, Any]:
        while (event := await next_event(stream))["__typename"] != "AccessChanged":
            pass
        assert event.pop("gallery") == {"id": self.world.gallery}
        del event["__typename"]
        return event


async def streams(world: World, sockets: list[Any]) -> Told:
    opened = [await socket.subscribe(EVENTS, room=world.room) for socket in sockets]
    for stream in opened:
        assert (await stream.next())["__typename"] == "Checkpoint"
    return Told(world, opened)


async def test_members_are_told_which_memberships_changed_and_guests_nothing(world: World) -> None:
    await configure(world, chatModeratorIds=await ids_of(world, "guest", "chatmod"))
    group = await new_group(world, "helpers")
    async with world.socket("manager") as one, world.socket("student-001") as other, world.socket("guest") as guest:
        told = await streams(world, [one, other, guest])
        membership = (await set_member(world, group, "MODERATOR"))["membership"]["id"]
        saved = {"memberships": [{"id": membership, "role": "MODERATOR", "principal": {"name": "helpers"}}]}
        of_member = saved | {"removedMembershipIds": []}
        assert await told.next() == [
            of_member | {"listsChanged": False},
            of_member | {"listsChanged": None},
            UNSAID | {"listsChanged": False},  # who moderates the chat sees the lists
        ]
        for document in (ADD_USERS, REMOVE_USERS):
            await as_admin(world, document, groupId=group, userIds=await ids_of(world, "student-009"))
            manager, member, outside = await told.next()
            assert manager["memberships"] == member["memberships"] == saved["memberships"]
            assert outside == UNSAID | {"listsChanged": False}
        await configure(world, speakerIds=[group])
        nothing: dict[str, Any] = {"memberships": [], "removedMembershipIds": []}
        assert await told.next() == [
            nothing | {"listsChanged": True},
            nothing | {"listsChanged": None},
            UNSAID | {"listsChanged": True},
        ]
        given = {"galleryId": world.gallery, "principalId": group}
        removed = (await world.mutate("manager", REMOVE, input=given))["removedMembershipId"]
        assert removed == membership
        gone = {"memberships": [], "removedMembershipIds": [membership]}
        assert [each | {"listsChanged": None} for each in await told.next()] == [
            each | {"listsChanged": None} for each in (gone, gone, UNSAID)
        ]


async def test_of_many_memberships_at_once_nobody_is_told_which(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A roster may change 10,000."""
    monkeypatch.setattr(access, "TOLD_AT_ONCE", 2)
    async with world.socket("manager") as one:
        told = await streams(world, [one])
        for people, count in (("ab", None), ("abcd", 2), ("abcdefg", None), ("cdefg", 2)):
            roster = [{"principalId": await id_of(world, each), "role": "MEMBER"} for each in people]
            await world.mutate("admin", SYNC, ADMIN, input={"galleryId": world.gallery, "members": roster})
            (event,) = await told.next()
            assert (event["memberships"] is None) == (event["removedMembershipIds"] is None) == (count is None)
            if count:
                assert len(event["memberships"]) + len(event["removedMembershipIds"]) == count


async def test_a_group_that_loses_members_names_them(world: World) -> None:
    group = await new_group(world, "helpers", "a", "b")
    a, b, c = await ids_of(world, "a", "b", "c")
    document = REMOVE_USERS.replace("removed ", "removed removedUserIds ")
    assert (await as_admin(world, document, groupId=group, userIds=[b, c, a]))["removedUserIds"] == [b, a]


async def test_what_is_removed_twice_is_refused_without_an_id(world: World) -> None:
    (user,) = await ids_of(world, "student-009")
    await remove_member(world, user)
    refused = await world.query("manager", REMOVE, input={"galleryId": world.gallery, "principalId": user})
    assert refused["removeGalleryMember"]["removedMembershipId"] is None
