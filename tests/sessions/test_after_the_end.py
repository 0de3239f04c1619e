"""People whose access came only from the session's snapshot lose it when the session ends (rules 11, 32, 63)."""

import pytest

from tests.support.admission import launch, lock, wait
from tests.support.event_streams import CHAT, EVENTS, ending, is_live, next_event
from tests.support.people import configure, give_role, id_of
from tests.support.world import END, World

WAITING = "subscription ($room: ID!) { roomStatus(roomId: $room) { state waitingCount } }"


@pytest.mark.parametrize("who", ["student-001", "guest"])
async def test_who_was_inside_without_access_hears_no_more(world: World, who: str) -> None:
    """Rules 11, 32, 63: the snapshot gave access; when the session ends, their streams end too."""
    if who == "guest":
        await configure(world, chatModeratorIds=[await id_of(world, who)])
    session = await launch(world, who)
    await give_role(world, who, None)
    await configure(world, chatModeratorIds=[])
    async with world.socket(who) as socket, world.socket("student-002") as other:
        member = await other.subscribe(EVENTS, room=world.room)
        streams = [await socket.subscribe(document, room=world.room) for document in (EVENTS, CHAT)]
        for stream in (member, *streams):
            await is_live(stream)
        status = await socket.subscribe(WAITING, room=world.room)
        assert await status.next() == {"state": "OPEN", "waitingCount": None}
        await world.mutate("moderator", END, session=session)
        for stream in (*streams, status):
            assert await ending(stream) == ([], "FORBIDDEN")
        assert (await next_event(member))["__typename"] == "SessionEnded"


async def test_who_was_moderator_by_the_snapshot_alone_is_none_in_the_next_session(world: World) -> None:
    """Rules 32, 37, 63: streams that they opened in the last session do not show who waits."""
    session = await launch(world)
    await configure(world, roomModeratorIds=[])
    async with world.socket("moderator") as socket:
        events, status = [await socket.subscribe(document, room=world.room) for document in (EVENTS, WAITING)]
        await is_live(events)
        assert await status.next() == {"state": "OPEN", "waitingCount": 0}
        await world.mutate("moderator", END, session=session)
        assert await status.next() == {"state": "CLOSED", "waitingCount": None}
        await world.enter("manager")
        assert await status.next() == {"state": "OPEN", "waitingCount": None}
        await lock(world, await running(world), by="manager")
        await wait(world, "student-001")
        told = [(await next_event(events))["__typename"] for _ in range(3)]
        assert told == ["SessionEnded", "SessionStarted", "RoomLocked"]
        assert await is_live(events)


async def test_who_became_moderator_inside_is_one_for_their_streams_after_the_end(world: World) -> None:
    """Rules 32, 37, 63: as for their queries."""
    session = await launch(world, "student-001")
    await configure(world, roomModeratorIds=[await id_of(world, "student-001"), await id_of(world, "moderator")])
    async with world.socket("student-001") as socket:
        events = await socket.subscribe(EVENTS, room=world.room)
        await is_live(events)
        await world.mutate("moderator", END, session=session)
        fresh = await launch(world)
        await lock(world, fresh)
        await wait(world, "student-002")
        told = [(await next_event(events))["__typename"] for _ in range(5)]
    assert told == ["SessionEnded", "SessionStarted", "ParticipantJoined", "RoomLocked", "ParticipantWaiting"]


async def running(world: World) -> str:
    asked = "query ($room: ID!) { room(id: $room) { activeSession { id } } }"
    return str((await world.query("manager", asked, room=world.room))["room"]["activeSession"]["id"])
