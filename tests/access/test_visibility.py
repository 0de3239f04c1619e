"""Who receives which events; this is decided for each viewer at each delivery (rules 4, 32, 45, 48, 63)."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete

from models.tables.rooms import ModeratorAssignment
from server.accounts import THE_SERVER
from server.settings import Settings
from tests.support.event_streams import (
    CHAT,
    EVENTS,
    STATUS,
    Event,
    beginning,
    ending,
    is_live,
    next_event,
    remove_from_gallery,
    said,
    texts,
    until,
)
from tests.support.world import END, LEAVE, POST, Subscribed, World, open_world

ROOM_OPENS = ["AccessChanged", "AccessChanged", "RoomConfigured", "AccessChanged", "SessionStarted"]
SEEDED = ["ContentAdded"] * 4  # the demo's shelf, which room moderators see


@pytest.fixture
async def opened(world: World) -> World:
    """The demo room, with a moderator, a chat moderator and a student inside."""
    await world.enter("moderator", "chatmod", "student-001")
    return world


@pytest.fixture
async def silent(settings: Settings) -> AsyncIterator[World]:
    """The same room, on a server that sends no checkpoints during a test."""
    async with open_world(settings.model_copy(update={"stream_checkpoint_seconds": 3600})) as world:
        await world.enter("moderator", "chatmod", "student-001")
        yield world


def kinds(told: list[Event]) -> list[str]:
    return [event["__typename"] for event in told]


async def test_chat_opened_outside_begins_to_deliver_on_admission(opened: World) -> None:
    """Rule 45: a stream that was opened outside delivers chat after its viewer was admitted."""
    async with opened.socket("student-002") as socket:
        streams = [await socket.subscribe(document, room=opened.room) for document in (CHAT, EVENTS)]
        for stream in streams:
            await is_live(stream)
        await opened.post("student-001", "not for those outside")
        await opened.enter("student-002")
        await opened.post("student-001", "welcome")
        assert said(await next_event(streams[0])) == "welcome"
        assert kinds(await until(streams[1], "welcome")) == ["ParticipantJoined", "MessagePosted"]


async def test_a_late_joiner_reads_the_sessions_chat_from_its_beginning(opened: World) -> None:
    """Rule 45: what was hidden from a live stream is in a replay once the viewer may see it."""
    await opened.post("student-001", "early")
    async with opened.socket("student-002") as socket:
        before = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        assert kinds([await next_event(before) for _ in ROOM_OPENS]) == ROOM_OPENS
        await is_live(before)
        await opened.enter("student-002")
        replay = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        await opened.post("student-001", "late")
        assert texts(await until(replay, "late")) == ["early", "late"]


async def test_who_was_inside_reads_on_after_leaving(opened: World) -> None:
    """Rule 45: everyone who is or was admitted to the session reads all of its chat."""
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(CHAT, room=opened.room)
        await is_live(stream)
        await opened.mutate("student-001", LEAVE, room=opened.room)
        await opened.post("moderator", "after they left")
        assert said(await next_event(stream)) == "after they left"


async def test_the_next_sessions_chat_is_for_those_who_are_in_it(opened: World) -> None:
    """Rule 45: group chat belongs to one session."""
    running = "query ($room: ID!) { room(id: $room) { activeSession { id } } }"
    session = (await opened.query("moderator", running, room=opened.room))["room"]["activeSession"]["id"]
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room)
        await is_live(stream)
        await opened.mutate("moderator", END, session=session)
        await opened.enter("moderator", "student-002")
        await opened.post("student-002", "without the first")
        await opened.enter("student-001")
        await opened.post("student-002", "with the first")
        told = await until(stream, "with the first")
        assert kinds(told) == ["SessionEnded", "SessionStarted", "ParticipantJoined", "MessagePosted"]


async def test_who_comes_and_goes_is_for_those_inside_and_the_rooms_moderators(world: World) -> None:
    """A member outside sees that the room opened; a manager outside also sees who is inside."""
    await world.enter("moderator", "student-001")
    async with world.socket("student-002") as member, world.socket("manager") as manager:
        outside = await member.subscribe(EVENTS, room=world.room, after=beginning(world))
        managing = await manager.subscribe(EVENTS, room=world.room, after=beginning(world))
        await world.mutate("student-001", LEAVE, room=world.room)
        await world.enter("manager")
        assert kinds([await next_event(outside) for _ in ROOM_OPENS]) == ROOM_OPENS
        moves = ["ParticipantJoined", "ParticipantJoined", "ParticipantLeft", "ParticipantJoined"]
        told = kinds([await next_event(managing) for _ in [*ROOM_OPENS, *moves, *SEEDED]])
        assert [each for each in told if each not in SEEDED] == [*ROOM_OPENS, *moves]
        await is_live(outside)


async def test_a_room_that_is_not_ones_to_see_is_as_absent(opened: World) -> None:
    """Rule 4: a subscription to a hidden room gets the same error as one to an unknown room."""
    absent = opened.gallery.replace("R2FsbGVyeT", "Um9vb")
    async with opened.socket("outsider") as socket:
        for room in (opened.room, opened.gallery, absent, ""):
            for document in (EVENTS, CHAT, STATUS):
                assert await ending(await socket.subscribe(document, room=room)) == ([], "NOT_FOUND")
        forged = await socket.subscribe(EVENTS, room=opened.room, after="forged")
        assert await ending(forged) == ([], "NOT_FOUND")


async def test_losing_access_ends_every_stream_before_any_further_event(opened: World) -> None:
    """Rules 61 and 63: every stream ends before it delivers a later event."""
    async with opened.socket("student-002") as socket, opened.socket("moderator") as other:
        stays = await other.subscribe(EVENTS, room=opened.room)
        streams = [await socket.subscribe(document, room=opened.room) for document in (EVENTS, CHAT)]
        for stream in (stays, *streams):
            await is_live(stream)
        status = await socket.subscribe(STATUS, room=opened.room)
        await status.next()
        await remove_from_gallery(opened, "student-002")
        for stream in (*streams, status):
            assert await ending(stream) == ([], "FORBIDDEN")
        assert kinds([await next_event(stays)]) == ["AccessChanged"]
        again = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        assert await ending(again) == ([], "NOT_FOUND")


async def test_access_that_is_lost_while_away_is_not_there_on_return(opened: World) -> None:
    """Rule 63: a replay uses the viewer's current rights."""
    async with opened.socket("student-002") as socket:
        cursor = await is_live(await socket.subscribe(EVENTS, room=opened.room))
    await remove_from_gallery(opened, "student-002")
    async with opened.socket("student-002") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room, after=cursor)
        assert await ending(stream) == ([], "NOT_FOUND")


async def test_who_is_inside_stays_until_leaving_and_no_longer(opened: World) -> None:
    """Rule 32: the snapshot gives access until its participant leaves."""
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room)
        await is_live(stream)
        await remove_from_gallery(opened, "student-001")
        await opened.post("moderator", "still with us")
        assert kinds(await until(stream, "still with us")) == ["AccessChanged", "MessagePosted"]
        await opened.mutate("student-001", LEAVE, room=opened.room)
        assert await ending(stream) == ([], "FORBIDDEN")


async def test_the_backchannel_is_by_the_snapshot_of_the_last_admission(opened: World) -> None:
    """Rules 32 and 48: revoked rights take effect on entering again, and then for replays too."""
    await opened.post("moderator", "among us", "BACKCHANNEL")
    async with opened.socket("chatmod") as socket:
        stream = await socket.subscribe(CHAT, room=opened.room, channel="BACKCHANNEL", after=beginning(opened))
        assigned = delete(ModeratorAssignment).where(ModeratorAssignment.user_id.is_not(None))
        await opened.database.transact(THE_SERVER, "configureRoom", lambda tx: tx.execute(assigned))
        await opened.post("moderator", "still among us", "BACKCHANNEL")
        assert texts(await until(stream, "still among us")) == ["among us", "still among us"]
        await opened.mutate("chatmod", LEAVE, room=opened.room)
        await opened.enter("chatmod")
        await opened.post("moderator", "without them", "BACKCHANNEL")
        replay = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        await opened.post("student-001", "hello")
        assert texts(await until(replay, "hello")) == ["hello"]
        assert await nothing_but_checkpoints(stream, 2)


async def nothing_but_checkpoints(stream: Subscribed, count: int) -> set[str]:
    """Reads `count` checkpoints and nothing else. Returns their cursors, which must all differ."""
    events = [await stream.next() for _ in range(count)]
    cursors = {event["cursor"] for event in events}
    assert (kinds(events), len(cursors)) == (["Checkpoint"] * count, count)
    return cursors


async def test_a_cursor_that_is_read_tells_nothing(opened: World) -> None:
    """Rule 48: two cursors that were read one after the other do not show whether an event lies between them."""
    asked = "query ($room: ID!) { room(id: $room) { cursor gallery { cursor } status { cursor } } }"
    found = [(await opened.query("student-001", asked, room=opened.room))["room"] for _ in range(2)]
    cursors = [of["cursor"] for room in found for of in (room, room["gallery"], room["status"])]
    posted = (await opened.post("student-001", "hello"))["cursor"]
    assert len({*cursors, posted}) == 7
    assert len({len(cursor) for cursor in (*cursors, posted)}) == 1


async def test_a_cursor_of_a_list_counts_nothing_that_is_hidden(opened: World) -> None:
    """Rule 48: nor events elsewhere in the gallery; messages are numbered within each chat of a session."""
    asked = "query ($room: ID!) { room(id: $room) { messages { edges { cursor } } } }"
    for text, channel in (("one", "GROUP"), ("hidden", "BACKCHANNEL"), ("two", "GROUP"), ("three", "GROUP")):
        await opened.post("moderator", text, channel)
    edges = (await opened.query("student-001", asked, room=opened.room))["room"]["messages"]["edges"]
    held = [json.loads(urlsafe_b64decode(edge["cursor"] + "==")) for edge in edges]
    assert [place for _session, place in held] == [1, 2, 3]
    assert len({session for session, _place in held}) == 1


async def test_backchannel_traffic_makes_no_item_on_an_attendees_stream(silent: World) -> None:
    """Rule 48: a hidden event causes neither an event nor a checkpoint."""
    async with silent.socket("student-001") as socket, silent.socket("moderator") as moderating:
        streams = [await socket.subscribe(d, room=silent.room, after=beginning(silent)) for d in (EVENTS, CHAT)]
        among = await moderating.subscribe(CHAT, room=silent.room, channel="BACKCHANNEL", after=beginning(silent))
        hidden = await socket.subscribe(CHAT, room=silent.room, channel="BACKCHANNEL", after=beginning(silent))
        for number in range(5):
            await silent.post("moderator", f"hidden {number}", "BACKCHANNEL")
        await silent.post("student-001", "seen")
        assert len(texts(await until(among, "hidden 4"))) == 5
        for stream in streams:
            told = [await stream.next()]
            while said(told[-1]) != "seen":
                told.append(await stream.next())
            assert texts(told) == ["seen"]
            assert "Checkpoint" not in kinds(told)
        assert hidden.waiting() == 0


async def test_backchannel_traffic_holds_no_checkpoint_back(opened: World) -> None:
    """Rule 48: a stream without visible events gets checkpoints, whether or not there are hidden events."""

    async def chatter() -> None:
        while True:
            await opened.query("moderator", POST, room=opened.room, text="hush", channel="BACKCHANNEL")

    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(CHAT, room=opened.room)
        quiet = await nothing_but_checkpoints(stream, 2)
        talking = asyncio.create_task(chatter())
        try:
            busy = await nothing_but_checkpoints(stream, 4)
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        assert not quiet & busy
        assert len({len(cursor) for cursor in quiet | busy}) == 1
