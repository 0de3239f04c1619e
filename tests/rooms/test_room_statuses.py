"""roomStatuses tells the states of many rooms in one stream (rules 4, 21, 31, 38, 63)."""

import asyncio
from typing import Any

import pytest

from models.events import log
from schema.execution.renderings import ANYBODY
from subscriptions.states import StateCrowd
from tests.support.admin_mutations import another_room
from tests.support.event_streams import eventually
from tests.support.people import absent, id_of
from tests.support.watchers import renderings, watching
from tests.support.world import ENTER, LEAVE, PATIENCE, Subscribed, World

STATUSES = """subscription ($rooms: [ID!]!) { roomStatuses(roomIds: $rooms) {
  id state participantCount room { id } } }"""
OWN = """subscription ($rooms: [ID!]!) { roomStatuses(roomIds: $rooms) {
  participantCount room { id viewerPermissions } session { viewerParticipant { id } } } }"""
Told = dict[str, tuple[str, int]]


async def told(stream: Subscribed, count: int) -> Told:
    found = [await stream.next() for _ in range(count)]
    return {each["room"]["id"]: (each["state"], each["participantCount"]) for each in found}


async def test_each_room_is_told_at_once_and_after_its_changes(world: World) -> None:
    rooms = [world.room, await another_room(world), await another_room(world)]
    async with world.socket("manager") as socket:
        stream = await socket.subscribe(STATUSES, rooms=rooms)
        assert await told(stream, 3) == dict.fromkeys(rooms, ("CLOSED", 0))
        await world.enter("manager")
        assert await told(stream, 1) == {rooms[0]: ("OPEN", 1)}
        await world.mutate("manager", ENTER, room=rooms[2])
        assert await told(stream, 1) == {rooms[2]: ("OPEN", 1)}
        await world.enter("student-001")
        await world.mutate("manager", LEAVE, room=rooms[2])
        async with asyncio.timeout(PATIENCE):
            assert await told(stream, 2) == {rooms[0]: ("OPEN", 2), rooms[2]: ("OPEN", 0)}
        await socket.unsubscribe(stream)
        await eventually(lambda: not world.process.services.readers._readers)


async def test_what_depends_on_the_viewer_is_told_too(world: World) -> None:
    """Such documents are executed for each, and go on after every change."""
    rooms = [world.room, await another_room(world)]
    async with watching(world, ["manager"], OWN, rooms=rooms) as (watcher,):
        assert {(await watcher.status())["room"]["id"] for _ in rooms} == set(rooms)
        for turn, room in enumerate([*rooms, rooms[0]]):
            await world.mutate("manager" if turn < 2 else "student-001", ENTER, room=room)
            status = await watcher.status()
            assert status["room"]["id"] == room
            assert "LAUNCH" in status["room"]["viewerPermissions"]
            assert status["session"]["viewerParticipant"]["id"]


@pytest.mark.fast_paths
async def test_people_with_other_lists_of_rooms_share_what_is_told(world: World) -> None:
    """The list is a variable that changes nothing in a room's status."""
    rooms = [world.room, await another_room(world)]
    async with world.socket("manager") as one, world.socket("moderator") as other:
        streams = [await one.subscribe(STATUSES, rooms=rooms), await other.subscribe(STATUSES, rooms=rooms[:1])]
        await told(streams[0], 2)
        await told(streams[1], 1)
        crowds = world.process.services.readers.crowds._crowds
        await eventually(lambda: sorted(len(each.members) for each in crowds.values()) == [1, 2])
        assert all(isinstance(each, StateCrowd) for each in crowds.values())
        with renderings() as made:
            await world.enter("moderator")
            assert [await told(stream, 1) for stream in streams] == [{world.room: ("OPEN", 1)}] * 2
        assert made == [ANYBODY.name]


async def refusal(world: World, who: str, rooms: list[Any]) -> tuple[str, list[str] | None]:
    async with world.socket(who) as socket:
        return await lost(await socket.subscribe(STATUSES, rooms=rooms))


async def lost(stream: Subscribed) -> tuple[str, list[str] | None]:
    """Reads until the stream ends with an error. Returns its code and its field."""
    while True:
        message = await stream.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"].get("errors")
        if errors:
            (error,) = errors
            return error["extensions"]["code"], error["extensions"].get("field")


async def test_a_list_that_cannot_be_told_is_refused_by_place(world: World) -> None:
    """Rule 4: a hidden room answers like an absent one."""
    other = await another_room(world)
    for bad in (other, absent("Room"), world.gallery, "no id"):
        assert await refusal(world, "student-001", [world.room, bad]) == ("NOT_FOUND", ["roomIds", "1"])
    assert await refusal(world, "student-001", []) == ("INVALID", ["roomIds"])
    assert await refusal(world, "student-001", [world.room, world.room]) == ("INVALID", ["roomIds", "1"])
    many = [absent("Room"), *(world.room for _ in range(100))]
    assert await refusal(world, "student-001", many) == ("INVALID", ["roomIds"])


async def test_the_room_whose_access_is_lost_is_named(world: World) -> None:
    """Rule 63."""
    other = await another_room(world)
    gallery = "query ($id: ID!) { node(id: $id) { ... on Room { gallery { id } } } }"
    of = (await world.query("manager", gallery, id=other))["node"]["gallery"]["id"]
    given = {"galleryId": of, "principalId": await id_of(world, "student-020"), "role": "MEMBER"}
    document = "mutation ($input: SetGalleryMemberInput!) { setGalleryMember(input: $input) { userErrors { code } } }"
    await world.query("manager", document, input=given)
    async with world.socket("student-020") as socket:
        stream = await socket.subscribe(STATUSES, rooms=[other, world.room])
        await told(stream, 2)
        await leave_gallery(world)
        assert await lost(stream) == ("FORBIDDEN", ["roomIds", "1"])


async def leave_gallery(world: World) -> None:
    document = (
        "mutation ($input: RemoveGalleryMemberInput!) { removeGalleryMember(input: $input) { userErrors { code } } }"
    )
    given = {"galleryId": world.gallery, "principalId": await id_of(world, "student-020")}
    answer = await world.query("manager", document, input=given)
    assert answer["removeGalleryMember"]["userErrors"] == []


async def read_up(world: World) -> None:
    """Waits until the process has read what is in the logs that it follows."""
    services = world.process.services
    heads = await log.heads(services.database.reads, list(services.readers._readers))
    await eventually(lambda: all(services.readers._readers[each].position == head for each, head in heads.items()))


async def test_only_the_latest_state_of_a_room_is_told(world: World) -> None:
    """A client that reads late gets no state that was over when its room had its turn (rules 63, 65)."""
    other = await another_room(world)
    await world.enter("moderator")
    async with watching(world, ["manager"], OWN, rooms=[other, world.room]) as (watcher,):
        first = (await watcher.status())["room"]["id"]  # The stream now waits to be asked for the next item.
        for who in ("student-001", "student-002"):
            await world.query(who, ENTER, room=world.room)
        await world.query("manager", ENTER, room=other)
        await read_up(world)
        while (status := await watcher.status())["room"]["id"] == first:
            pass
        assert status["participantCount"] == (1 if first == world.room else 3)
