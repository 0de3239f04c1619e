"""What a subscriber receives: the log after a cursor, then live events, once and in order (rules 45, 60, 62, 64)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from models.cursors import Position
from models.events.log import Recorded
from server.settings import Settings
from subscriptions import pages
from subscriptions.wakeup import RESYNC
from tests.support.event_streams import (
    CHAT,
    EVENTS,
    STATUS,
    beginning,
    ending,
    eventually,
    is_live,
    next_event,
    said,
    say,
    texts,
    until,
)
from tests.support.world import POST, World, open_world

OPENING = [
    "AccessChanged",
    "AccessChanged",
    "RoomConfigured",
    "AccessChanged",
    "SessionStarted",
    "ParticipantJoined",
    "ParticipantJoined",
]


@pytest.fixture
async def opened(world: World) -> World:
    """The demo room, with a moderator and a student inside."""
    await world.enter("moderator", "student-001")
    return world


@pytest.fixture
async def small_ring(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same room in a process with a tiny ring, so that older entries are read from the tables."""
    monkeypatch.setattr(pages, "PAGE", 5)
    async with open_world(settings.model_copy(update={"stream_ring_entries": 4})) as world:
        await world.enter("moderator", "student-001")
        yield world


async def test_a_stream_without_a_cursor_starts_at_the_logs_head(opened: World) -> None:
    await opened.post("student-001", "before")
    async with opened.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room)
        await is_live(stream)
        posted = await opened.post("student-001", "after")
        event = await next_event(stream)
        assert (said(event), event["cursor"]) == ("after", posted["cursor"])


async def test_a_stream_after_a_cursor_tells_all_that_followed_and_goes_on_live(opened: World) -> None:
    """Rule 60: from the start, all visible events in order; events of the gallery alone are not included."""
    await opened.post("student-001", "earlier")
    await opened.post("moderator", "among us", "BACKCHANNEL")
    async with opened.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        told = await until(stream, "among us")
        kinds = [event["__typename"] for event in told if event["__typename"] != "ContentAdded"]  # the demo's shelf
        assert kinds == [*OPENING, "MessagePosted", "MessagePosted"]
        await opened.post("student-001", "later")
        assert texts([await next_event(stream)]) == ["later"]


async def test_every_events_cursor_is_where_the_stream_goes_on(opened: World) -> None:
    await say(opened, 1, 4)
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room, after=beginning(opened))
        told = await until(stream, "message 4")
        for place, event in enumerate(told[:-1]):
            again = await socket.subscribe(EVENTS, room=opened.room, after=event["cursor"])
            assert await until(again, "message 4") == told[place + 1 :]


async def test_the_cursor_of_a_query_is_where_its_news_begin(opened: World) -> None:
    """Rule 64: the state at a cursor, then the events after it."""
    asked = "query ($room: ID!) { room(id: $room) { cursor status { cursor } } }"
    room = (await opened.query("student-001", asked, room=opened.room))["room"]
    await say(opened, 1, 2)
    async with opened.socket("student-001") as socket:
        for cursor in (room["cursor"], room["status"]["cursor"]):
            stream = await socket.subscribe(EVENTS, room=opened.room, after=cursor)
            assert texts(await until(stream, "message 2")) == ["message 1", "message 2"]


async def test_an_acknowledged_mutation_is_in_the_log_at_its_cursor(opened: World) -> None:
    """Rule 62: a stream that resumes after a mutation's cursor does not send its event again."""
    first = await opened.post("student-001", "first")
    await opened.post("student-001", "second")
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=opened.room, after=first["cursor"])
        assert said(await next_event(stream)) == "second"


async def test_a_replay_larger_than_ring_and_page_goes_live_without_gap_or_duplicate(small_ring: World) -> None:
    """Rule 60, with concurrent writers: tables, ring and live events make one stream."""
    earlier = await say(small_ring, 1, 23)
    async with small_ring.socket("student-001") as socket:
        streams = [await socket.subscribe(EVENTS, room=small_ring.room, after=beginning(small_ring))]
        writing = asyncio.create_task(say(small_ring, 24, 60))
        while not writing.done() and len(streams) < 10:
            streams.append(await socket.subscribe(CHAT, room=small_ring.room, after=beginning(small_ring)))
            await small_ring.query("student-001", "{ viewer { id } }")
        everything = earlier + await writing
        for stream in streams:
            assert texts(await until(stream, "message 60")) == everything


async def test_more_that_is_hidden_than_fits_a_page_holds_nobody_up(small_ring: World) -> None:
    """Rule 60: a stream continues after events that its viewer may not see."""
    async with small_ring.socket("student-001") as socket:
        live = await socket.subscribe(CHAT, room=small_ring.room)
        await is_live(live)
        for number in range(12):
            variables = {"room": small_ring.room, "text": f"hidden {number}", "channel": "BACKCHANNEL"}
            await small_ring.query("moderator", POST, **variables)
        await say(small_ring, 1, 1)
        replay = await socket.subscribe(CHAT, room=small_ring.room, after=beginning(small_ring))
        for stream in (live, replay):
            assert said(await next_event(stream)) == "message 1"


async def test_checkpoints_come_on_a_quiet_stream_and_resume_without_loss(opened: World) -> None:
    """Checkpoints show that a quiet stream is alive, and their cursors can be resumed from."""
    async with opened.socket("student-001") as socket:
        stream = await socket.subscribe(CHAT, room=opened.room)
        cursors = [await is_live(stream) for _ in range(3)]
    missed = await say(opened, 1, 3)
    async with opened.socket("student-001") as socket:
        for cursor in cursors:
            stream = await socket.subscribe(CHAT, room=opened.room, after=cursor)
            assert texts(await until(stream, "message 3")) == missed


async def test_a_chat_stream_tells_its_own_channel_only(opened: World) -> None:
    async with opened.socket("moderator") as socket:
        group = await socket.subscribe(CHAT, room=opened.room, after=beginning(opened))
        backchannel = await socket.subscribe(CHAT, room=opened.room, channel="BACKCHANNEL", after=beginning(opened))
        for text in ("one", "two"):
            await opened.post("student-001", f"group {text}")
            await opened.post("moderator", f"backchannel {text}", "BACKCHANNEL")
        assert texts(await until(group, "group two")) == ["group one", "group two"]
        assert texts(await until(backchannel, "backchannel two")) == ["backchannel one", "backchannel two"]


async def test_one_socket_carries_many_subscriptions(opened: World) -> None:
    async with opened.socket("moderator") as socket:
        status = await socket.subscribe(STATUS, room=opened.room)
        streams = [
            await socket.subscribe(document, room=opened.room, after=beginning(opened))
            for document in (EVENTS, CHAT) * 5
        ]
        await opened.post("student-001", "heard by all")
        for stream in streams:
            assert texts(await until(stream, "heard by all")) == ["heard by all"]
        assert (await status.next())["participantCount"] == 2


async def test_trouble_with_one_subscription_leaves_the_others_alone(opened: World) -> None:
    async with opened.socket("moderator") as socket:
        good = await socket.subscribe(EVENTS, room=opened.room)
        await is_live(good)
        forged = await socket.subscribe(EVENTS, room=opened.room, after="forged")
        assert await ending(forged) == ([], "CURSOR_INVALID")
        await opened.post("student-001", "still here")
        assert said(await next_event(good)) == "still here"


async def test_a_forged_cursor_ends_the_stream_before_any_event(opened: World) -> None:
    """Rule 61."""
    async with opened.socket("moderator") as socket:
        for after in ("", "forged", "Ä", "A" * 48, "A" * 60_000):
            for document in (EVENTS, CHAT):
                stream = await socket.subscribe(document, room=opened.room, after=after)
                assert await ending(stream) == ([], "CURSOR_INVALID")


@pytest.mark.parametrize("how", ["unsubscribe", "close", "cut"])
async def test_a_subscriber_who_goes_leaves_nothing_behind(opened: World, how: str) -> None:
    """Rule 65: no reader, task, lease or database connection."""
    before = held(opened)
    async with opened.socket("moderator") as socket:
        with_socket = held(opened)
        streams = [await socket.subscribe(document, room=opened.room) for document in (EVENTS, CHAT, STATUS) * 3]
        for stream in streams:
            await stream.next()
        assert len(opened.process.services.readers._readers) == 1
        if how == "unsubscribe":
            for stream in streams:
                await socket.unsubscribe(stream)
            await eventually(lambda: not held(opened) - with_socket)
            assert (await opened.query("moderator", "{ viewer { id } }"))["viewer"]
        elif how == "cut":
            socket.wire.transport.abort()
    await eventually(lambda: not held(opened) - before)


def held(world: World) -> set[object]:
    """Returns what the process holds for clients: tasks, readers, leases, and one number per connection in use."""
    services, accounts = world.process.services, world.process.accounts
    taken: int = services.database._read_engine.pool.checkedout()  # type: ignore[attr-defined]  # the engines of both databases have one
    readers = services.readers._readers.values()
    return {*asyncio.all_tasks(), *readers, *accounts._leases, *range(taken)}


async def test_events_arrive_by_the_poll_when_no_wake_up_does(opened: World) -> None:
    """Rule 60: the bus may lose every wake-up."""
    opened.database.on_commit = lambda _recorded: None
    async with opened.socket("student-001") as socket:
        events = await socket.subscribe(EVENTS, room=opened.room)
        status = await socket.subscribe(STATUS, room=opened.room)
        await is_live(events)
        assert (await status.next())["participantCount"] == 2
        await say(opened, 1, 3)
        assert texts(await until(events, "message 3")) == ["message 1", "message 2", "message 3"]
        await opened.enter("student-002")
        assert (await status.next())["participantCount"] == 3


async def test_a_resync_makes_every_reader_look(settings: Settings) -> None:
    """Rule 60: the bus asks for a resync when it may have missed something."""
    async with open_world(settings.model_copy(update={"stream_poll_seconds": 3600})) as world:
        world.database.on_commit = lambda _recorded: None
        await world.enter("moderator", "student-001")
        async with world.socket("student-001") as socket:
            stream = await socket.subscribe(EVENTS, room=world.room, after=beginning(world))
            assert [(await next_event(stream))["__typename"] for _ in OPENING] == OPENING
            await say(world, 1, 2)
            world.process.bus._deliver(RESYNC)
            assert texts(await until(stream, "message 2")) == ["message 1", "message 2"]


async def test_a_transaction_in_several_galleries_wakes_the_readers_of_all(
    opened: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 60: the bus wakes every gallery whose log the transaction has written to."""
    heard: list[tuple[UUID, int]] = []
    monkeypatch.setattr(opened.process.bus, "publish", lambda *wake_up: heard.append(wake_up))
    places = [Recorded(UUID(int=which), Position(number, 0)) for which, number in ((1, 4), (1, 5), (2, 9))]
    opened.database.on_commit(places)
    assert heard == [(UUID(int=1), 5), (UUID(int=2), 9)]
