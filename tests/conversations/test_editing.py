"""Authors may edit their own messages for 15 minutes. No read path then returns the earlier text (rule 46)."""

import json
from collections.abc import AsyncIterator

import pytest

from server.settings import Settings
from tests.support.chat import CHAT, EVENTS, GONE, ONE, SAID, Talk, talk
from tests.support.event_streams import Event, beginning, is_live, next_event
from tests.support.world import Subscribed, World, open_world

READERS = ("student-001", "student-002", "chatmod", "moderator")


@pytest.fixture(params=[1024, 1], ids=["from the ring", "from the log"])
async def world(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A server whose rings hold all events of a test, or only one."""
    async with open_world(settings.model_copy(update={"stream_ring_entries": request.param})) as opened:
        yield opened


async def edited(world: World) -> Talk:
    """Posts a message and an answer to it, and then edits the message."""
    room = await talk(world, "student-001", "student-002")
    await room.say("student-001", GONE)
    await room.say("student-002", "an answer", to=GONE)
    await room.does("student-001", "editMessage", GONE, text="better words")
    return room


async def up_to_the_edit(stream: Subscribed) -> list[Event]:
    """Returns the events of the stream up to the edit, which is included."""
    events = [await next_event(stream)]
    while events[-1]["__typename"] != "MessageEdited":
        events.append(await next_event(stream))
    return events


async def test_an_edited_message_says_its_new_text_everywhere_and_the_old_one_nowhere(world: World) -> None:
    """Rule 46: in lists, by id, as the message that another one answers, live, and in replays of every stream."""
    async with world.socket("student-002") as socket:
        live = await socket.subscribe(EVENTS, room=world.room)
        await is_live(live)
        room = await edited(world)
        assert "better words" in json.dumps(await up_to_the_edit(live))
    for who in READERS:
        read = [await world.ask(who, SAID, room=world.room), await world.ask(who, ONE, id=room.ids[GONE])]
        read += [await world.ask(who, ONE, id=room.ids["an answer"])]
        async with world.socket(who) as socket:
            for document in (EVENTS, CHAT):
                replay = await socket.subscribe(document, room=world.room, after=beginning(world))
                read += await up_to_the_edit(replay)
        assert GONE not in json.dumps(read), who
        assert "better words" in json.dumps(read), who


async def test_an_edit_tells_when_it_was_made_and_the_same_text_again_changes_nothing(world: World) -> None:
    """Rules 46, 64."""
    room = await edited(world)
    once = (await room.said("student-002", "GROUP"))[0]
    assert (once["text"], once["editedAt"] > once["sentAt"]) == ("better words", True)
    again = await room.does("student-001", "editMessage", GONE, text=" better words ")
    assert (again["cursor"], again["message"]["editedAt"]) == (None, once["editedAt"])


async def test_only_authors_edit_and_only_for_a_quarter_of_an_hour(world: World) -> None:
    """Rule 46: chat moderators may not edit others' messages; they can only delete them."""
    room = await edited(world)
    for who in ("student-002", "chatmod"):
        assert await room.may_not(who, "editMessage", GONE, text="mine now") == "FORBIDDEN"
    world.clock.advance(minutes=14)
    await room.does("student-001", "editMessage", GONE, text="best words")
    world.clock.advance(minutes=2)
    assert await room.may_not("student-001", "editMessage", GONE, text="too late") == "CONFLICT"


async def test_what_was_taken_away_and_those_who_may_not_write_edit_nothing(world: World) -> None:
    """Rules 45, 46, 47."""
    room = await edited(world)
    await room.does("chatmod", "blockFromChat", "student-001")
    assert await room.may_not("student-001", "editMessage", GONE, text="blocked") == "CHAT_BLOCKED"
    await room.does("chatmod", "unblockFromChat", "student-001")
    await room.does("student-001", "deleteMessage", GONE)
    assert await room.may_not("student-001", "editMessage", GONE, text="deleted") == "CONFLICT"
