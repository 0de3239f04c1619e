"""roomStatus sends a room's state at once and after every change (rules 4, 21, 31, 38, 63)."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from models.errors import Forbidden
from schema.statuses import Statuses, read_statuses
from server.settings import Settings
from subscriptions.states import latest
from subscriptions.wakeup import RESYNC
from tests.support.event_streams import STATUS, ending, gallery_id, remove_from_gallery, say
from tests.support.recordings import start
from tests.support.statement_log import statements
from tests.support.world import CONFIGURE, END, ENTER, LEAVE, Subscribed, World, open_world

WHOLE = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  state mode locked participantCount cursor session { id mode peakParticipants } } }"""


def shown(state: str, count: int, mode: str = "WEBINAR") -> dict[str, Any]:
    return {"state": state, "mode": mode, "participantCount": count}


async def configure(world: World, **settings: Any) -> None:
    await world.mutate("manager", CONFIGURE, input={"galleryId": world.gallery, **settings})


async def session_of(world: World) -> str:
    asked = "query ($room: ID!) { room(id: $room) { activeSession { id } } }"
    return str((await world.query("moderator", asked, room=world.room))["room"]["activeSession"]["id"])


@pytest.mark.parametrize("who", ["student-002", "manager"])
async def test_a_rooms_state_is_told_at_once_and_after_every_change(world: World, who: str) -> None:
    """To every member of the gallery; none of these is inside."""
    async with world.socket(who) as socket:
        stream = await socket.subscribe(STATUS, room=world.room)
        assert await stream.next() == shown("CLOSED", 0)
        await configure(world, mode="INTERACTIVE")
        assert await stream.next() == shown("CLOSED", 0, "INTERACTIVE")
        await world.enter("moderator")
        assert await stream.next() == shown("OPEN", 1, "INTERACTIVE")
        await world.enter("student-001")
        assert await stream.next() == shown("OPEN", 2, "INTERACTIVE")
        await world.mutate("student-001", LEAVE, room=world.room)
        assert await stream.next() == shown("OPEN", 1, "INTERACTIVE")
        await configure(world, mode="WEBINAR")  # changes the next session, so nothing in the status
        await world.mutate("moderator", END, session=await session_of(world))
        assert await stream.next() == shown("CLOSED", 0)
        await configure(world, enabled=False)
        assert await stream.next() == shown("DISABLED", 0)


async def test_the_state_is_told_whole(world: World) -> None:
    await world.enter("moderator", "student-001")
    async with world.socket("student-002") as socket:
        told = await (await socket.subscribe(WHOLE, room=world.room)).next()
    assert told.pop("cursor")
    session = {"id": await session_of(world), "mode": "WEBINAR", "peakParticipants": 2}
    assert told == {**shown("OPEN", 2), "locked": False, "session": session}


async def test_chat_makes_no_item(world: World) -> None:
    """Neither does the backchannel (rule 48): the next item is for the next change."""
    await world.enter("moderator", "student-001")
    async with world.socket("student-002") as outside, world.socket("student-001") as inside:
        streams = [await socket.subscribe(STATUS, room=world.room) for socket in (outside, inside)]
        for stream in streams:
            assert await stream.next() == shown("OPEN", 2)
        await say(world, 1, 5)
        await world.post("moderator", "among us", "BACKCHANNEL")
        await world.enter("student-003")
        for stream in streams:
            assert await stream.next() == shown("OPEN", 3)


async def test_a_change_among_other_news_is_told(settings: Settings) -> None:
    """A batch of entries may start and end with chat."""
    async with open_world(settings.model_copy(update={"stream_poll_seconds": 3600})) as world:
        await world.enter("moderator")
        async with world.socket("student-002") as socket:
            stream = await socket.subscribe(STATUS, room=world.room)
            assert await stream.next() == shown("OPEN", 1)
            world.database.on_commit = lambda _recorded: None
            await say(world, 1, 1, "moderator")
            await world.enter("student-001")
            await say(world, 2, 2)
            world.process.bus._deliver(RESYNC)
            assert await stream.next() == shown("OPEN", 2)


async def test_a_change_costs_the_same_for_one_watcher_and_for_many(settings: Settings) -> None:
    """The state is read once per process; rights are read only where they may have changed."""
    async with open_world(settings.model_copy(update={"stream_poll_seconds": 3600})) as world:
        await world.enter("moderator", "student-001")
        await world.mutate("student-001", LEAVE, room=world.room)
        await start(world, "moderator", await session_of(world))
        one, many = await statements_of_a_change(world, 1), await statements_of_a_change(world, 40)
        assert one
        assert many == one


async def statements_of_a_change(world: World, watchers: int) -> list[str]:
    async with world.socket("student-002") as socket:
        streams = [await socket.subscribe(RECORDED, room=world.room) for _ in range(watchers)]
        await each_is_told(streams, 1)
        with statements() as seen:
            await world.query("student-001", ENTER, room=world.room)
            await each_is_told(streams, 2)
        await world.query("student-001", LEAVE, room=world.room)
        await each_is_told(streams, 1)
    # Counts statements on rooms and visibility only; the log and accounts are polled independently.
    return sorted(each for each in seen if any(table in each for table in ASKED))


RECORDED = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  participantCount session { id locked } recording { id state startedAt } } }"""
ASKED = ("room_limits", "moderator_assignments", "room_sessions", "recordings")


async def each_is_told(streams: list[Subscribed], count: int) -> None:
    for stream in streams:
        told = await stream.next()
        assert (told["participantCount"], told["recording"]["state"]) == (count, "RECORDING")


async def test_what_a_watcher_is_told_first_includes_all_that_was_done_before(settings: Settings) -> None:
    """Also if another process made the change, and this process has not been told yet."""
    async with open_world(settings.model_copy(update={"stream_poll_seconds": 3600})) as world:
        await world.enter("moderator")
        async with world.socket("student-002") as socket:
            assert await (await socket.subscribe(STATUS, room=world.room)).next() == shown("OPEN", 1)
            world.database.on_commit = lambda _recorded: None
            await world.enter("student-001")
            assert await (await socket.subscribe(STATUS, room=world.room)).next() == shown("OPEN", 2)


async def test_who_may_be_told_is_judged_after_the_state_was_read(world: World) -> None:
    """Rule 63: the state that was read last may be from after the watcher lost access."""
    services, of = world.process.services, gallery_id(world)
    viewer = (await world.process.accounts.of_token(world.token("student-002"))).viewer

    async def read() -> Statuses:
        await remove_from_gallery(world, "student-002")
        return await read_statuses(world.database.reads, of)

    async with aclosing(latest(services.readers, viewer, of, lambda _event: True, read)) as states:
        with pytest.raises(Forbidden):
            await anext(states)


async def test_the_latest_state_wins(world: World) -> None:
    """Several changes may be one item, but the last item has the current state."""
    await world.enter("moderator")
    async with world.socket("student-030") as socket:
        stream = await socket.subscribe(STATUS, room=world.room)
        counts = [(await stream.next())["participantCount"]]
        crowd = [f"student-{number:03}" for number in range(1, 13)]
        await asyncio.gather(
            *(world.query(who, ENTER, room=world.room) for who in crowd), say(world, 1, 9, "moderator")
        )
        while counts[-1] < 13:
            counts.append((await stream.next())["participantCount"])
        assert counts == sorted(counts)
        await asyncio.gather(
            *(world.query(who, LEAVE, room=world.room) for who in crowd), say(world, 1, 9, "moderator")
        )
        await settled(stream, 1)


async def settled(stream: Subscribed, count: int) -> None:
    while (await stream.next())["participantCount"] != count:
        pass


async def test_the_state_of_a_room_that_is_not_ones_to_see_is_not_told(world: World) -> None:
    async with world.socket("outsider") as socket:
        assert await ending(await socket.subscribe(STATUS, room=world.room)) == ([], "NOT_FOUND")
