"""Chat moderation: deleting, pinning and clearing (rules 7, 40, 46, 47, 48)."""

from itertools import count

import pytest

from tests.support.chat import CHAT, EVENTS, GONE, TALK, Talk, kinds, talk, told
from tests.support.event_streams import is_live
from tests.support.people import absent
from tests.support.world import END, ENTER, LEAVE, World

each_channel = pytest.mark.parametrize("channel", ["GROUP", "BACKCHANNEL", "ANNOUNCEMENTS"])


def author_in(channel: str) -> str:
    return {"GROUP": "student-001", "BACKCHANNEL": "moderator", "ANNOUNCEMENTS": "chatmod"}[channel]


@each_channel
async def test_an_author_deletes_their_own_and_a_chat_moderator_any(world: World, channel: str) -> None:
    """Rule 46: a tombstone remains, one event is sent; other people cannot delete it."""
    room = await talk(world, "student-001", "student-002")
    author = author_in(channel)
    others = [who for who in ("moderator", "student-002") if who != author]
    for who, text in ((author, "mine"), ("chatmod", "anyone's")):
        await room.say(author, text, channel)
        for other in others:
            unseen = channel == "BACKCHANNEL" and other == "student-002"
            assert await room.may_not(other, "deleteMessage", text) == ("NOT_FOUND" if unseen else "FORBIDDEN")
        done = await room.does(who, "deleteMessage", text)
        assert done["cursor"]
        assert done["message"]["deletedAt"]
        assert (await room.does(author, "deleteMessage", text))["cursor"] is None
    for who in ("moderator", "chatmod"):
        assert [bool(each["deletedAt"]) for each in await room.said(who, channel)] == [True, True]
    assert await room.texts("moderator", channel) == [None, None]
    assert await room.texts("chatmod", channel) == ["mine", "anyone's"]


async def test_own_words_can_be_taken_back_whatever_else_is_forbidden(world: World) -> None:
    """Rules 40, 46: authors who are blocked, or with group chat off, still delete; inside, while the session runs."""
    room = await talk(world, "student-001")
    for text in ("one", "two", "three", "four"):
        await room.say("student-001", text)
    await room.does("chatmod", "blockFromChat", "student-001")
    await room.does("student-001", "deleteMessage", "one")
    await world.mutate("manager", CONFIGURE_CHAT, gallery=world.gallery, chat="DISABLED")
    await room.does("student-001", "deleteMessage", "two")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await room.may_not("student-001", "deleteMessage", "three") == "NOT_IN_SESSION"
    await room.meeting.enter("student-001")
    await room.does("student-001", "deleteMessage", "three")
    await world.mutate("moderator", END, session=room.meeting.session)
    for who in ("student-001", "chatmod"):
        assert await room.may_not(who, "deleteMessage", "four") == "SESSION_ENDED"
        assert await room.may_not(who, "addReaction", "four", emoji="👍") == "SESSION_ENDED"
    assert await room.may_not("chatmod", "pinMessage", "four") == "SESSION_ENDED"
    await room.meeting.enter("moderator", "student-001", "chatmod")  # these enter the next session
    for who in ("student-001", "chatmod"):
        assert await room.may_not(who, "deleteMessage", "four") == "SESSION_ENDED"
    assert await room.texts("student-001") == [None, None, None, "four"]


CONFIGURE_CHAT = """mutation ($gallery: ID!, $chat: FeatureSetting!) {
  configureRoom(input: {galleryId: $gallery, groupChat: $chat}) { cursor userErrors { code message field } } }"""


async def test_a_chat_moderator_who_is_not_inside_moderates_nothing(world: World) -> None:
    """Rules 7, 32, 46, 47: chat moderation needs the snapshot's role and presence; after leaving they only read."""
    room = await talk(world, "student-001")
    await room.say("student-001", GONE)
    await room.does("chatmod", "deleteMessage", GONE)
    await room.say("student-001", "hello")
    await world.mutate("chatmod", LEAVE, room=world.room)
    for verb in ("deleteMessage", "pinMessage", "unpinMessage"):
        assert await room.may_not("chatmod", verb, "hello") == "NOT_IN_SESSION"
    assert await room.may_not("chatmod", "clearChat") == "NOT_IN_SESSION"
    assert await room.may_not("chatmod", "announce", text="hello") == "NOT_IN_SESSION"
    assert await room.may_not("chatmod", "blockFromChat", "student-001") == "NOT_IN_SESSION"
    assert await room.texts("chatmod") == [GONE, "hello"]


@each_channel
async def test_chat_moderators_pin_and_unpin(world: World, channel: str) -> None:
    """Rule 47: one event each; repeating succeeds and changes nothing."""
    room = await talk(world, "student-001")
    await room.say(author_in(channel), "remember", channel)
    reader = "moderator" if channel == "BACKCHANNEL" else "student-001"
    for who in {"moderator", reader}:
        for verb in ("pinMessage", "unpinMessage"):
            assert await room.may_not(who, verb, "remember") == "FORBIDDEN"
    async with world.socket(reader) as socket:
        stream = await socket.subscribe(CHAT, room=world.room, channel=channel)
        await is_live(stream)
        for verb, pinned in (("pinMessage", True), ("unpinMessage", False), ("pinMessage", True)):
            first = await room.does("chatmod", verb, "remember")
            again = await room.does("chatmod", verb, "remember")
            assert [bool(done["message"]["pinnedAt"]) for done in (first, again)] == [pinned, pinned]
            assert (first["cursor"] is None, again["cursor"] is None) == (False, True)
            assert bool((await room.said(reader, channel))[0]["pinnedAt"]) is pinned
        await room.does("chatmod", "deleteMessage", "remember")
        events = await told(stream, 4)
    assert kinds(events) == ["MessagePinned", "MessageUnpinned", "MessagePinned", "MessageDeleted"]
    assert [bool(each["message"]["pinnedAt"]) for each in events] == [True, False, True, False]
    assert await room.may_not("chatmod", "pinMessage", "remember") == "CONFLICT"
    assert (await room.said(reader, channel))[0]["pinnedAt"] is None


@each_channel
async def test_clearing_takes_away_what_was_said_and_not_what_follows(world: World, channel: str) -> None:
    """Rule 47: only one channel is cleared, chat moderators still read it, and one event is sent."""
    room = await talk(world, "student-001")
    author, reader = author_in(channel), "moderator" if channel == "BACKCHANNEL" else "student-001"
    others = {"GROUP", "BACKCHANNEL", "ANNOUNCEMENTS"} - {channel}
    for text in ("first", GONE):
        await room.say(author, text, channel)
    for other in others:
        await room.say("chatmod", f"in {other}", other)
    for who in ("moderator", "student-001"):
        assert await room.may_not(who, "clearChat", channel=channel) == "FORBIDDEN"
    done = await room.does("chatmod", "clearChat", channel=channel)
    assert (done["cleared"], done["session"]["id"]) == (2, room.meeting.session)
    await room.say(author, "later", channel)
    assert await room.texts(reader, channel) == ["later"]
    assert await room.texts("chatmod", channel) == ["first", GONE, "later"]
    assert [bool(each["clearedAt"]) for each in await room.said("chatmod", channel)] == [True, True, False]
    for other in others:
        assert await room.texts("moderator", other) == [f"in {other}"]
    assert await room.one(reader, GONE) is None
    assert (await room.one("chatmod", GONE) or {})["text"] == GONE
    assert (await room.does("chatmod", "clearChat", channel=channel))["cleared"] == 1
    empty = await room.does("chatmod", "clearChat", channel=channel)
    assert (empty["cleared"], empty["cursor"]) == (0, None)


async def test_what_was_cleared_is_absent_to_others_and_over_for_chat_moderators(world: World) -> None:
    """Rules 46, 47: the author does not find a cleared message either; acts on it are refused and send no event."""
    room = await talk(world, "student-001")
    await room.say("student-001", GONE)
    await room.does("student-001", "addReaction", GONE, emoji="👍")
    await room.does("chatmod", "clearChat")
    acts = {"deleteMessage": {}, "addReaction": {"emoji": "🎉"}, "removeReaction": {"emoji": "👍"}}
    for verb, more in acts.items():
        assert await room.may_not("student-001", verb, GONE, **more) == "NOT_FOUND"
        assert await room.may_not("chatmod", verb, GONE, **more) == "CONFLICT"
    for verb in ("pinMessage", "unpinMessage"):
        assert await room.may_not("chatmod", verb, GONE) == "CONFLICT"
    assert await room.may_not_say("student-001", "What?", to=GONE) == ("NOT_FOUND", "replyToId")
    assert await room.may_not_say("chatmod", "What?", to=GONE) == ("CONFLICT", "replyToId")


async def test_a_new_session_clears_and_shows_its_own(world: World) -> None:
    """Rules 45, 47: clearing affects only the running session."""
    room = await talk(world, "student-001")
    await room.say("student-001", "in the first")
    await world.mutate("moderator", END, session=room.meeting.session)
    await room.meeting.enter("moderator", "chatmod", "student-001")
    await room.say("student-001", "in the second")
    assert (await room.does("chatmod", "clearChat"))["cleared"] == 1
    assert await room.texts("student-001") == ["in the first"]


async def test_answers_to_what_is_not_there_are_refused(world: World) -> None:
    """Rules 4, 45, 48: to messages of another session, channel or room, or unknown ones; CONFLICT if deleted."""
    room = await talk(world, "student-001")
    await room.say("student-001", "of the last session")
    await world.mutate("moderator", END, session=room.meeting.session)
    await room.meeting.enter("moderator", "chatmod", "student-001")
    for channel in ("BACKCHANNEL", "ANNOUNCEMENTS"):
        await room.say("chatmod", f"in {channel}", channel)
    elsewhere = ["of the last session", "in BACKCHANNEL", "in ANNOUNCEMENTS", absent("ChatMessage")]
    for who in ("student-001", "chatmod"):
        for other in elsewhere:
            assert await room.may_not_say(who, "What?", to=other) == ("NOT_FOUND", "replyToId")
    await room.say("chatmod", "first")
    await room.say("student-001", "answer", to="first")
    await room.does("chatmod", "deleteMessage", "first")
    assert await room.may_not_say("student-001", "What?", to="first") == ("CONFLICT", "replyToId")
    answer = (await room.said("student-001"))[-1]
    assert answer["replyTo"] == {"id": room.ids["first"], "text": None}


@each_channel
async def test_history_pages_over_what_was_deleted_and_cleared(world: World, channel: str) -> None:
    """Rules 46, 47: both ways; deleted messages keep their place, cleared ones are for chat moderators alone."""
    room = await talk(world, "student-001")
    author, reader = author_in(channel), "moderator" if channel == "BACKCHANNEL" else "student-001"
    for number in range(5):
        await room.say(author, f"cleared {number}", channel)
    await room.does("chatmod", "clearChat", channel=channel)
    for number in range(7):
        await room.say(author, f"kept {number}", channel)
    for number in (1, 5):
        await room.does("chatmod", "deleteMessage", f"kept {number}")
    kept = [None if number in (1, 5) else f"kept {number}" for number in range(7)]
    everything = [f"cleared {number}" for number in range(5)] + [f"kept {number}" for number in range(7)]
    for who, expected in ((reader, kept), ("chatmod", everything)):
        for size in (1, 2, 3, 100):
            assert await paged(room, who, channel, size, backwards=False) == expected
            assert await paged(room, who, channel, size, backwards=True) == expected


async def test_pinned_messages_are_found_by_themselves(world: World) -> None:
    """Rule 47: readers of the chat list pinned messages in order, while these are pinned and visible."""
    room = await talk(world, "student-001")
    for number in range(5):
        await room.say("student-001", f"message {number}")
    for number in (3, 1, 4, 0):
        await room.does("chatmod", "pinMessage", f"message {number}")
    await room.does("chatmod", "unpinMessage", "message 1")
    await room.does("student-001", "deleteMessage", "message 4")
    for who, sees in {"student-001": True, "moderator": True, "student-002": False}.items():
        assert await pinned(room, who) == (["message 0", "message 3"] if sees else []), who
    await room.does("chatmod", "clearChat")
    assert await pinned(room, "student-001") == []
    assert await pinned(room, "chatmod") == ["message 0", "message 3"]


async def pinned(room: Talk, who: str) -> list[str | None]:
    asked = "query ($room: ID!) { room(id: $room) { messages(pinned: true) { edges { node { text } } } } }"
    found = (await room.world.query(who, asked, room=room.world.room))["room"]["messages"]["edges"]
    return [edge["node"]["text"] for edge in found]


async def paged(room: Talk, who: str, channel: str, size: int, *, backwards: bool) -> list[str | None]:
    """Returns the texts of a whole channel, read page by page."""
    found: list[str | None] = []
    page: dict[str, object] = {}
    for turn in count():
        assert turn < 100
        size_and_place = {"last" if backwards else "first": size, **page}
        read = (await room.world.query(who, SAID_PAGE, room=room.world.room, channel=channel, **size_and_place))[
            "room"
        ]["messages"]
        texts = [edge["node"]["text"] for edge in read["edges"]]
        found = texts + found if backwards else found + texts
        info = read["pageInfo"]
        if not info["hasPreviousPage" if backwards else "hasNextPage"]:
            return found
        page = {"before": info["startCursor"]} if backwards else {"after": info["endCursor"]}
    raise AssertionError


SAID_PAGE = """query ($room: ID!, $channel: ChatChannel, $first: Int, $after: String, $last: Int, $before: String) {
  room(id: $room) { messages(channel: $channel, first: $first, after: $after, last: $last, before: $before) {
    edges { node { text } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def test_the_backchannels_moderation_is_as_hidden_as_its_words(world: World) -> None:
    """Rule 48: attendees notice its pins, reactions, deletions and clearing in no stream, id or refusal."""
    room = await talk(world, "student-001")
    await room.say("moderator", GONE, "BACKCHANNEL")
    async with world.socket("student-001") as socket, world.socket("moderator") as other:
        streams = [await socket.subscribe(CHAT, room=world.room, channel="BACKCHANNEL")]
        streams += [await socket.subscribe(EVENTS, room=world.room)]
        among = await other.subscribe(EVENTS, room=world.room)
        for stream in (*streams, among):
            await is_live(stream)
        await room.does("moderator", "addReaction", GONE, emoji="👍")
        await room.does("chatmod", "pinMessage", GONE)
        await room.does("chatmod", "deleteMessage", GONE)
        await room.does("chatmod", "clearChat", channel="BACKCHANNEL")
        await room.say("student-001", "seen")
        expected = ["MessageReacted", "MessagePinned", "MessageDeleted", "ChatCleared", "MessagePosted"]
        assert kinds(await told(among, 5)) == expected
        assert kinds(await told(streams[1], 1)) == ["MessagePosted"]
        assert kinds([await streams[0].next()]) == ["Checkpoint"]
    for verb, document in TALK.items():
        if verb in ("deleteMessage", "pinMessage", "unpinMessage"):
            asked = [{"messageId": each} for each in (room.ids[GONE], absent("ChatMessage"))]
            answers = [await world.ask("student-001", document, input=each) for each in asked]
            assert answers[0] == answers[1]


async def test_whoever_comes_back_as_less_reads_less(world: World) -> None:
    """Rules 32, 46, 47: the latest admission decides who reads deleted and cleared text."""
    room = await talk(world, "student-001")
    await room.say("student-001", GONE)
    await room.does("chatmod", "deleteMessage", GONE)
    assert await room.texts("chatmod") == [GONE]
    await world.mutate("manager", FORM, input={"galleryId": world.gallery, "chatModeratorIds": []})
    assert await room.texts("chatmod") == [GONE]
    await world.mutate("chatmod", LEAVE, room=world.room)
    assert await room.texts("chatmod") == [GONE]
    await world.mutate("chatmod", ENTER, room=world.room)
    assert await room.texts("chatmod") == [None]
    await room.say("student-001", "hello")
    assert await room.may_not("chatmod", "deleteMessage", "hello") == "FORBIDDEN"


FORM = "mutation ($input: ConfigureRoomInput!) { configureRoom(input: $input) { userErrors { code } } }"
