"""Chat moderators make announcements, and everyone inside receives them (rules 7, 45, 46, 55)."""

from unicodedata import normalize

import pytest

from tests.inputs.odd_texts import TEXTS
from tests.support.chat import CHAT, EVENTS, kinds, talk, told
from tests.support.event_streams import beginning, is_live
from tests.support.people import configure
from tests.support.world import World


async def test_everyone_inside_hears_what_chat_moderators_announce(world: World) -> None:
    """Rules 45, 55: late joiners read all of them, people outside none; in their own channel and in room events."""
    room = await talk(world, "student-001")
    async with world.socket("student-001") as socket, world.socket("student-002") as outside:
        channel = await socket.subscribe(CHAT, room=world.room, channel="ANNOUNCEMENTS")
        events = await socket.subscribe(EVENTS, room=world.room)
        chat = await socket.subscribe(CHAT, room=world.room)
        nothing = await outside.subscribe(EVENTS, room=world.room)
        for stream in (channel, events, chat, nothing):
            await is_live(stream)
        for who in ("student-001", "moderator", "manager"):
            assert await room.may_not(who, "announce", text="Hear me") == "FORBIDDEN"
        announced = await room.does("chatmod", "announce", text="A break of ten minutes.")
        for stream in (channel, events):
            (event,) = await told(stream, 1)
            assert event["__typename"] == "Announced"
            assert event["cursor"] == announced["cursor"]
            assert event["message"] == announced["message"]
        assert announced["message"]["channel"] == "ANNOUNCEMENTS"
        assert announced["message"]["authorName"] == "Chandra Chatmod"
        for stream in (chat, nothing):
            assert kinds([await stream.next()]) == ["Checkpoint"]
        assert await room.texts("student-002", "ANNOUNCEMENTS") == []
        await room.meeting.enter("student-002")
        assert await room.texts("student-002", "ANNOUNCEMENTS") == ["A break of ten minutes."]
        replay = await outside.subscribe(CHAT, room=world.room, channel="ANNOUNCEMENTS", after=beginning(world))
        assert kinds(await told(replay, 1)) == ["Announced"]
    assert await room.texts("student-001") == await room.texts("moderator", "BACKCHANNEL") == []


async def test_they_go_on_while_group_chat_is_switched_off(world: World) -> None:
    """Rules 45, 55: announcements can also be reacted to, pinned and deleted."""
    room = await talk(world, "student-001")
    await configure(world, groupChat="DISABLED")
    await room.say("chatmod", "still here", "ANNOUNCEMENTS")
    await room.does("student-001", "addReaction", "still here", emoji="👍")
    await room.does("chatmod", "pinMessage", "still here")
    await room.does("chatmod", "deleteMessage", "still here")
    assert await room.texts("student-001", "ANNOUNCEMENTS") == [None]


@pytest.mark.parametrize("who", ["student-001", "chatmod"])
async def test_the_channel_takes_no_messages(world: World, who: str) -> None:
    """Rule 55: announcements are made with `announce`; posting into their channel is refused."""
    room = await talk(world, "student-001")
    assert await room.may_not_say(who, "Hello", "ANNOUNCEMENTS") == ("INVALID", "channel")


async def test_switching_group_chat_holds_at_once_for_all_that_is_said_in_it(world: World) -> None:
    """Rules 28, 45: at once, in a running session, for messages, replies and reactions; removal is still possible."""
    room = await talk(world, "student-001")
    await room.say("student-001", "mine")
    await room.does("student-001", "addReaction", "mine", emoji="👍")
    await room.say("moderator", "among us", "BACKCHANNEL")
    await configure(world, groupChat="DISABLED")
    assert await room.may_not_say("student-001", "Hello") == ("CHAT_DISABLED", "channel")
    assert await room.may_not_say("chatmod", "Hello", to="mine") == ("CHAT_DISABLED", "channel")
    assert await room.may_not("student-001", "addReaction", "mine", emoji="🎉") == "CHAT_DISABLED"
    await room.does("moderator", "addReaction", "among us", emoji="🎉")
    await room.does("chatmod", "pinMessage", "mine")
    await room.does("student-001", "removeReaction", "mine", emoji="👍")
    assert await room.texts("student-001") == ["mine"]
    await configure(world, groupChat="ENABLED")
    await room.does("student-001", "addReaction", "mine", emoji="🎉")


@pytest.mark.parametrize("channel", ["GROUP", "BACKCHANNEL", "ANNOUNCEMENTS"])
async def test_what_is_said_comes_back_letter_by_letter(world: World, channel: str) -> None:
    """Rule 20: markup, emoji, marks and bidirectional controls are returned unchanged; clients isolate them."""
    room = await talk(world)
    texts = [
        *TEXTS.values(),
        "\u202eopen",
        "\u2066\u2067open",
        "closed\u2069\u202c",
        "one\n\u202btwo\n\tthree",
        "a" + "\u0330" * 10,
    ]
    for text in texts:
        await room.say("chatmod", text, channel)
    assert await room.texts("moderator", channel) == [normalize("NFC", text) for text in texts]
