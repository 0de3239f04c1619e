"""How what is shown is told: to whom, how often, live and later (rules 48, 60, 63, 69, 72, 73)."""

from datetime import datetime, timedelta

import pytest

from resolvers.showing import SEEKS_TOLD_EVERY
from server import deadlines
from server.settings import Settings
from tests.support.event_streams import next_event
from tests.support.media import VIDEO, ids_of
from tests.support.people import events_since, log_head
from tests.support.shelf import DOCUMENT, EVENTS, LINK, STATUS, Shelf, due_seeks, meet, open_shelf, told_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import Clock, Subscribed, World, open_world

A_WHILE = 2.0


class StillClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = super().__call__()

    def __call__(self) -> datetime:
        return self._begun + self._ahead


async def work_off(world: World) -> None:
    await deadlines.once(world.database, world.process.attendance)


async def show_video(shelf: Shelf) -> None:
    (video,) = await ids_of(shelf.world, VIDEO)
    await shelf.show(item=await shelf.add(kind="MEDIA", mediaId=video))


async def test_seeking_while_dragging_is_told_four_times_a_second(settings: Settings) -> None:
    """Rule 72: and the last seek is never lost."""
    async with open_world(settings, StillClock()) as world:
        shelf = await meet(world)
        await show_video(shelf)
        world.clock.advance(seconds=A_WHILE)
        head, before = await log_head(world), await read_state(world.database)
        for step in range(1, 41):  # two seconds of dragging, twenty seeks a second
            assert await shelf.tries("moderator", "updateShown", positionSeconds=float(step)) == "done"
            world.clock.advance(milliseconds=50)
        told = told_of(await events_since(world, head))
        assert told == [("ShownChanged", float(step)) for step in (1, 6, 11, 16, 21, 26, 31, 36)]
        assert (await shelf.shown() or {})["playback"]["positionSeconds"] == 40
        assert await fold_all(world.database, before) == await read_state(world.database)
        assert await due_seeks(world) == 1
        await work_off(world)
        assert told_of(await events_since(world, head))[len(told) :] == [("ShownChanged", 40.0)]
        assert await fold_all(world.database, before) == await read_state(world.database)
        await work_off(world)
        assert await due_seeks(world) == 0
        assert timedelta(seconds=1) == SEEKS_TOLD_EVERY * 4


async def test_all_but_seeks_are_told_at_once_with_the_seeks_before(settings: Settings) -> None:
    """Rules 71, 72: then nothing is left to be told; and what ended is told no more."""
    async with open_world(settings, StillClock()) as world:
        shelf = await meet(world)
        await show_video(shelf)
        head = await log_head(world)
        await shelf.does("moderator", "updateShown", positionSeconds=10.0)
        await shelf.does("moderator", "updateShown", playing=True)
        await shelf.does("moderator", "updateShown", positionSeconds=20.0)
        await shelf.does("moderator", "updateShown", playing=False)
        assert told_of(await events_since(world, head)) == [("ShownChanged", 10.0), ("ShownChanged", 20.0)]
        world.clock.advance(seconds=A_WHILE)
        await work_off(world)
        await shelf.does("moderator", "updateShown", positionSeconds=30.0)
        await shelf.does("moderator", "updateShown", positionSeconds=40.0)
        await shelf.does("moderator", "stopShowing")
        world.clock.advance(seconds=A_WHILE)
        await work_off(world)
        assert told_of(await events_since(world, head))[2:] == [("ShownChanged", 30.0), ("ShownEnded", None)]


async def test_people_inside_are_told_live_and_others_nothing(world: World) -> None:
    """Rules 72, 73: attendees are told what is shown, and nothing of a hidden shelf; who is outside learns neither."""
    shelf = await meet(world, "student-001")
    async with world.socket("student-001") as one, world.socket("student-009") as other:
        inside = await one.subscribe(EVENTS, room=world.room)
        outside = await other.subscribe(EVENTS, room=world.room)
        for stream in (inside, outside):
            assert (await stream.next())["__typename"] == "Checkpoint"
        item = await shelf.add()
        await shelf.show(item=item)
        await shelf.moves(page=2)
        await shelf.does("moderator", "removeContent", item)
        told = [await next_event(inside) for _ in range(3)]
        assert [each["__typename"] for each in told] == ["ShownChanged", "ShownChanged", "ShownEnded"]
        assert [each["shown"]["page"] for each in told[:2]] == [1, 2]
        await open_shelf(world)
        assert [(await next_event(each))["__typename"] for each in (inside, outside)] == ["RoomConfigured"] * 2
        item = await shelf.add(**LINK)
        for stream in (inside, outside):
            told_item = await next_event(stream)
            assert (told_item["__typename"], told_item["item"]["title"]) == ("ContentAdded", LINK["title"])
        await open_shelf(world, visible=False)
        await shelf.does("moderator", "updateContent", item, title="Hidden now")
        await world.enter("student-002")
        told = [await next_event(inside) for _ in range(2)]
        assert [each["__typename"] for each in told] == ["RoomConfigured", "ParticipantJoined"]
        assert (await next_event(outside))["__typename"] == "RoomConfigured"
        replayed = await other.subscribe(EVENTS, room=world.room, after=told_item["cursor"])
        assert (await next_event(replayed))["__typename"] == "RoomConfigured"


async def test_a_replay_shows_nothing_of_a_shelf_that_is_hidden_now(world: World) -> None:
    """Rule 63: an event from before has its item's id, and nothing of the item."""
    shelf = await meet(world, "student-001")
    await open_shelf(world)
    start = await cursor_of(world, "student-001")
    item = await shelf.add()
    await open_shelf(world, visible=False)
    for who, title in (("student-001", None), ("moderator", DOCUMENT["title"])):
        async with world.socket(who) as socket:
            told = await next_event(await socket.subscribe(EVENTS, room=world.room, after=start))
            assert (told["__typename"], told["itemId"]) == ("ContentAdded", item)
            assert (told["item"] or {}).get("title") == title


async def test_who_may_show_is_told_of_the_shelf_while_they_may(world: World) -> None:
    """Rules 63, 70: from the moment that they may, until they leave the stage."""
    shelf = await meet(world, "student-001")
    await shelf.brings_up("student-001", may_show=False)
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        assert (await stream.next())["__typename"] == "Checkpoint"
        await shelf.add()
        await shelf.does("moderator", "setMayShow", "student-001", mayShow=True)
        await shelf.add(**LINK)
        await shelf.does("moderator", "setMayShow", "student-001", mayShow=False)
        await shelf.add()
        await world.enter("student-002")
        told = [await next_event(stream) for _ in range(4)]
        assert [each["__typename"] for each in told] == [
            "StageChanged", "ContentAdded", "StageChanged", "ParticipantJoined",
        ]  # fmt: skip


async def cursor_of(world: World, who: str) -> str:
    asked = "query ($room: ID!) { room(id: $room) { cursor } }"
    return str((await world.query(who, asked, room=world.room))["room"]["cursor"])


async def shown_next(stream: Subscribed) -> tuple[str, int] | None:
    shown = (await stream.next())["shown"]
    return (shown["title"], shown["page"]) if shown else None


async def test_the_status_of_a_room_shows_it_to_those_inside_alone(world: World) -> None:
    """Rule 72: in `roomStatus`, at once and after every change; a page that turns makes no item for who is outside."""
    shelf = await meet(world, "student-001")
    item = await shelf.add()
    async with (
        world.socket("student-001") as one,
        world.socket("student-009") as other,
        world.socket("manager") as third,
    ):
        streams = [await socket.subscribe(STATUS, room=world.room) for socket in (one, other, third)]
        assert [await shown_next(stream) for stream in streams] == [None, None, None]
        await shelf.show(item=item)
        assert await shown_next(streams[0]) == (DOCUMENT["title"], 1)
        await shelf.moves(page=2)
        assert await shown_next(streams[0]) == (DOCUMENT["title"], 2)
        await shelf.does("moderator", "stopShowing")
        assert await shown_next(streams[0]) is None
        await world.enter("student-002")
        assert [(await stream.next())["participantCount"] for stream in streams] == [3, 3, 3]
        await shelf.show(item=item, page=5)
        assert await shown_next(streams[0]) == (DOCUMENT["title"], 5)
        await shelf.enter("student-009")
        told = await streams[1].next()
        while told["shown"] is None:
            told = await streams[1].next()
        assert (told["participantCount"], told["shown"]["page"]) == (4, 5)


@pytest.mark.parametrize("who", ["moderator", "student-001", "manager"])
async def test_a_first_status_has_what_is_shown_for_those_inside(world: World, who: str) -> None:
    shelf = await meet(world, "student-001")
    await shelf.show()
    async with world.socket(who) as socket:
        found = await shown_next(await socket.subscribe(STATUS, room=world.room))
        assert found == (None if who == "manager" else (DOCUMENT["title"], 1))
