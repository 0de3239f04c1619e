"""The snapshot stays as it was on entering; participants are told when their stored roles change (rules 10, 32, 34)."""

from typing import Any

import pytest

from models.events.sessions import ParticipantChanged
from models.permissions import GRANTS, Permission, Role
from tests.support.admin_mutations import (
    ADD_USERS,
    DELETE_GROUP,
    REMOVE_USERS,
    as_admin,
    ids_of,
    new_group,
    remove_member,
    set_member,
)
from tests.support.event_streams import is_live, next_event
from tests.support.people import configure, events_since, group_id, id_of, log_head
from tests.support.statement_counts import statements_of
from tests.support.world import ENTER, LEAVE, POST, Subscribed, World

STALE = """query ($room: ID!) { room(id: $room) { activeSession { participants { edges { node {
  user { id } roles permissionsStale } } } } } }"""
HEARD = """subscription ($room: ID!) { roomEvents(roomId: $room) { __typename ... on Event { cursor }
  ... on ParticipantChanged { participant { user { id } permissionsStale } } } }"""


async def stale_to(world: World, viewer: str) -> set[str]:
    """Returns the participants whose roles this viewer sees as outdated."""
    edges = (await world.query(viewer, STALE, room=world.room))["room"]["activeSession"]["participants"]["edges"]
    return {edge["node"]["user"]["id"] for edge in edges if edge["node"]["permissionsStale"]}


async def inside(world: World, *people: str) -> list[str]:
    """Lets the moderator and these people enter. Returns the ids of these people."""
    for who in ("moderator", *people):
        await world.enter(who)
    return [await id_of(world, who) for who in people]


async def changed_since(world: World, head: Any) -> list[ParticipantChanged]:
    return [event for event in await events_since(world, head) if isinstance(event, ParticipantChanged)]


async def next_kinds(stream: Subscribed, count: int) -> list[str]:
    """Returns the kinds of the next events, without the checkpoints between them."""
    return [(await next_event(stream))["__typename"] for _ in range(count)]


async def test_joining_a_group_of_moderators_outdates_and_leaving_it_again_does_not(world: World) -> None:
    """Rules 10, 32 and 34: the new member of the group stays an attendee, and is told."""
    (student,) = await inside(world, "student-001")
    assistants = await group_id(world, "teaching-assistants")
    await as_admin(world, ADD_USERS, groupId=assistants, userIds=[student])
    assert await stale_to(world, "student-001") == await stale_to(world, "moderator") == {student}
    await as_admin(world, REMOVE_USERS, groupId=assistants, userIds=[student])
    assert await stale_to(world, "student-001") == await stale_to(world, "moderator") == set()


async def test_rejoining_applies_what_is_stored(world: World) -> None:
    """Rules 32 and 34."""
    (student,) = await inside(world, "student-001")
    await as_admin(world, ADD_USERS, groupId=await group_id(world, "teaching-assistants"), userIds=[student])
    backchannel = {"room": world.room, "text": "hello", "channel": "BACKCHANNEL"}
    assert (await world.refused("student-001", POST, **backchannel))["code"] == "FORBIDDEN"
    await world.mutate("student-001", LEAVE, room=world.room)
    await world.enter("student-001")
    assert await stale_to(world, "moderator") == set()
    assert (await world.mutate("student-001", POST, **backchannel))["message"]


async def test_losing_an_assignment_outdates_and_takes_nothing(world: World) -> None:
    """Rules 32 and 34: the moderator still moderates."""
    await inside(world, "student-001")
    moderator = await id_of(world, "moderator")
    head = await log_head(world)
    await configure(world, roomModeratorIds=[])
    assert await stale_to(world, "moderator") == {moderator}
    (told,) = await changed_since(world, head)
    assert told.participant.permissions_stale
    assert (await world.mutate("moderator", POST, room=world.room, text="still here", channel="BACKCHANNEL"))["message"]
    await configure(world, roomModeratorIds=[await group_id(world, "teaching-assistants")])
    assert await stale_to(world, "moderator") == set()


async def test_becoming_a_manager_outdates_even_a_moderator(world: World) -> None:
    """Rules 9, 12 and 34: the role is the same, but its source is not."""
    await inside(world)
    (moderator,) = await ids_of(world, "moderator")
    await set_member(world, moderator, "MANAGER")
    assert await stale_to(world, "moderator") == {moderator}
    await remove_member(world, moderator)
    assert await stale_to(world, "moderator") == set()


async def test_losing_the_gallery_outdates(world: World) -> None:
    """Rules 32 and 34: people inside stay until they leave."""
    (student,) = await ids_of(world, "newcomer")
    await set_member(world, student, "MEMBER")
    await inside(world, "newcomer")
    await remove_member(world, student)
    assert await stale_to(world, "moderator") == {student}
    assert await stale_to(world, "newcomer") == {student}


async def test_a_deleted_group_outdates_whoever_was_in_by_it(world: World) -> None:
    """Rules 13 and 34."""
    (member,) = await ids_of(world, "guest")
    group = await new_group(world, "Guests", "guest")
    await configure(world, chatModeratorIds=[group])
    await inside(world, "guest")
    await as_admin(world, DELETE_GROUP, groupId=group)
    assert await stale_to(world, "moderator") == {member}


async def test_what_changes_no_room_right_outdates_nobody(world: World) -> None:
    """Rule 34: gallery roles other than manager apply at once, inside or not."""
    (student,) = await inside(world, "student-001")
    head = await log_head(world)
    await set_member(world, student, "CONTRIBUTOR")
    await configure(world, qna="DISABLED")
    assert await changed_since(world, head) == []


async def test_another_attendee_is_told_nothing_of_it(world: World) -> None:
    """Rule 34: only the participant and moderators are told, in lists and in streams."""
    first, _ = await inside(world, "student-001", "student-002")
    assistants = await group_id(world, "teaching-assistants")
    async with world.socket("student-001") as own, world.socket("student-002") as other:
        mine, theirs = await own.subscribe(HEARD, room=world.room), await other.subscribe(HEARD, room=world.room)
        for stream in (mine, theirs):
            await is_live(stream)
        await as_admin(world, ADD_USERS, groupId=assistants, userIds=[first])
        await world.mutate("moderator", LEAVE, room=world.room)
        assert await next_kinds(mine, 3) == ["ParticipantChanged", "AccessChanged", "ParticipantLeft"]
        assert await next_kinds(theirs, 2) == ["AccessChanged", "ParticipantLeft"]
    assert await stale_to(world, "student-002") == set()


async def test_permissions_are_those_of_the_admission(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 32: the permissions of the roles are stored when they are resolved."""
    await inside(world, "student-001")
    fewer = GRANTS[Role.ATTENDEE] - {Permission.POST_MESSAGE}
    monkeypatch.setitem(GRANTS, Role.ATTENDEE, fewer)
    assert (await world.mutate("student-001", POST, room=world.room, text="before"))["message"]
    await world.mutate("student-001", LEAVE, room=world.room)
    await world.enter("student-001")
    assert (await world.refused("student-001", POST, room=world.room, text="after"))["code"] == "FORBIDDEN"


async def test_what_it_costs_does_not_grow_with_the_people_inside(world: World) -> None:
    names = [f"student-{number:03}" for number in range(1, 21)]
    first, *others = await inside(world, *names)
    assistants = await group_id(world, "teaching-assistants")
    one = await statements_of(world, "admin", ADD_USERS, {"groupId": assistants, "userIds": [first]})
    many = await statements_of(world, "admin", ADD_USERS, {"groupId": assistants, "userIds": others})
    assert len(many) == len(one)
    assert await stale_to(world, "moderator") == {first, *others}


async def test_entering_again_from_another_device_renews_nothing(world: World) -> None:
    """Rules 33 and 36: entering again while inside does not rejoin."""
    (student,) = await inside(world, "student-001")
    await as_admin(world, ADD_USERS, groupId=await group_id(world, "teaching-assistants"), userIds=[student])
    again = await world.mutate("student-001", ENTER, room=world.room)
    assert again["participant"]["roles"] == ["ATTENDEE"]
    assert await stale_to(world, "moderator") == {student}
