"""Deleted and cleared texts are returned only to chat moderators, on every read path (rules 46, 47)."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from models.events.log import Entry
from models.storage.base import Base
from models.tables.chat import ChatMessage
from schema.context import Context
from schema.root import schema
from server.settings import Settings
from subscriptions.delivery import Checkpoint
from subscriptions.streams import follow
from tests.support.captured_logs import talkative
from tests.support.chat import CHAT, EVENTS, GONE, ONE, SAID, Talk, kinds, talk, told
from tests.support.event_streams import beginning, eventually, gallery_id, is_live
from tests.support.world import POST, World, open_world

HOW = ("deleteMessage", "clearChat")
CHANNELS = ("GROUP", "BACKCHANNEL", "ANNOUNCEMENTS")
OTHERS = {
    "GROUP": ("student-001", "student-002", "moderator"),
    "BACKCHANNEL": ("moderator",),
    "ANNOUNCEMENTS": ("student-001", "student-002", "moderator"),
}
"""The readers of each channel who are not chat moderators. The first one is the author, except for announcements."""
each_way = pytest.mark.parametrize("how", HOW)
each_channel = pytest.mark.parametrize("channel", CHANNELS)


@pytest.fixture(params=[1024, 1], ids=["from the ring", "from the log"])
async def world(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A server whose rings hold all events of a test, or only one."""
    async with open_world(settings.model_copy(update={"stream_ring_entries": request.param})) as opened:
        yield opened


async def spoken(world: World, channel: str) -> Talk:
    """Plays a conversation with a message that was answered, pinned and reacted to. The test then removes it."""
    room = await talk(world, "student-001")
    author = OTHERS[channel][0] if channel != "ANNOUNCEMENTS" else "chatmod"
    await room.say(author, "before", channel)
    await room.say(author, GONE, channel)
    await room.does("chatmod", "addReaction", GONE, emoji="🎉")
    await room.does("chatmod", "pinMessage", GONE)
    if channel != "ANNOUNCEMENTS":
        await room.say(author, "an answer", channel, to=GONE)
    return room


async def take_away(room: Talk, how: str, channel: str) -> None:
    if how == "clearChat":
        await room.does("chatmod", "clearChat", channel=channel)
    else:
        await room.does("chatmod", "deleteMessage", GONE)


@each_way
@each_channel
async def test_nobody_else_finds_the_words_in_anything_that_they_get(world: World, how: str, channel: str) -> None:
    """Rules 46, 47: not the author, room moderators or late joiners, in no list, id, reply, stream or replay."""
    room = await spoken(world, channel)
    after = await room.cursor("moderator")
    async with world.socket("moderator") as socket:
        live = await socket.subscribe(EVENTS, room=world.room)
        await is_live(live)
        await take_away(room, how, channel)
        await room.say("chatmod", "the end", channel)
        await room.meeting.enter("student-002")
        for who in OTHERS[channel]:
            got = await everything(room, who, channel, after)
            assert GONE not in got, who
            assert "the end" in got, who
        assert GONE in await everything(room, "chatmod", channel, after)
        assert GONE not in json.dumps(await told(live, 2))


async def everything(room: Talk, who: str, channel: str, after: str) -> str:
    """Returns all that somebody can read of the conversation, as one string."""
    world, ids = room.world, list(room.ids.values())
    nodes = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {ONE.partition('node(id: $id)')[2]}"
    found: list[Any] = [
        await world.ask(who, SAID, room=world.room, channel=channel),
        await world.ask(who, SAID, room=world.room, channel=channel, last=100),
        await world.ask(who, nodes, ids=ids),
        *[await world.ask(who, ONE, id=each) for each in ids],
    ]
    async with world.socket(who) as socket:
        for document in (EVENTS, CHAT):
            for place in (beginning(world), after):
                replay = await socket.subscribe(document, room=world.room, channel=channel, after=place)
                events = await told(replay, 1)
                while (events[-1].get("message") or {}).get("text") != "the end":
                    events += await told(replay, 1)
                found += events
    return json.dumps(found)


@each_way
@pytest.mark.parametrize("who", ["student-001", "chatmod"])
async def test_whoever_reads_slowly_gets_what_is_there_when_they_come_to_it(world: World, how: str, who: str) -> None:
    """Rules 46, 60, 65: a stream reads its page again after a removal. No event is sent twice or left out."""
    async with attentive(world) as noticed:
        room = await talk(world, "student-001")
        after = await room.cursor("student-001")
        said = ["one", GONE, "three"]
        for text in said:
            await room.say("student-001", text)
        async with aclosing(slow_reader(world, who, after)) as stalled:
            first = await anext(stalled)
            assert first["message"]["text"] == "one"
            await take_away(room, how, "GROUP")
            await room.say("student-001", "four")
            await noticed("four")
            rest = [await anext(stalled) for _ in range(4)]
    last = "MessageDeleted" if how == "deleteMessage" else "ChatCleared"
    assert kinds(rest) == ["MessagePosted", "MessagePosted", last, "MessagePosted"]
    assert (GONE in json.dumps(rest)) is (who == "chatmod")
    gone, three = [each["message"] for each in rest[:2]]
    assert gone["id"] == room.ids[GONE]
    assert bool(gone["deletedAt"]) is (how == "deleteMessage")
    assert bool(gone["clearedAt"]) is bool(three["clearedAt"]) is (how == "clearChat")
    assert (three["text"] == "three") is (how == "deleteMessage" or who == "chatmod")


@asynccontextmanager
async def attentive(world: World) -> AsyncIterator[Any]:
    """Yields a function that waits for a message on another person's stream; this process then knows the message."""
    async with world.socket("moderator") as socket:
        stream = await socket.subscribe(CHAT, room=world.room)
        await is_live(stream)

        async def noticed(text: str) -> None:
            while (await stream.next()).get("message", {}).get("text") != text:
                pass

        yield noticed


async def slow_reader(world: World, who: str, after: str) -> AsyncGenerator[dict[str, Any], None]:
    """Opens a subscription that continues only when the test reads from it, like one of a client that reads slowly."""
    viewer = (await world.process.accounts.of_token(world.token(who))).viewer
    context = Context(world.process.services, viewer)
    given = {"room": world.room, "after": after}
    streamed: Any = await schema.stream(CHAT, variable_values=given, context_value=context)
    async with aclosing(streamed) as results:
        async for result in results:
            assert result.errors is None
            (event,) = result.data.values()
            if event["__typename"] != "Checkpoint":
                yield event


@each_way
async def test_what_a_process_remembers_says_that_it_was_withdrawn(settings: Settings, how: str) -> None:
    """Rule 46: every entry about a removed message is marked, and no entry about other messages or channels."""
    async with open_world(settings) as world, world.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        room = await spoken(world, "GROUP")
        await room.say("moderator", "elsewhere", "BACKCHANNEL")
        await take_away(room, how, "GROUP")
        await room.say("student-001", "the end")
        reader = world.process.services.readers._readers[gallery_id(world)]
        await eventually(lambda: bool(reader._ring) and said_by(reader._ring[-1]) == "the end")
        withdrawn = {said_by(each) for each in reader._ring if each.spoken and each.spoken.withdrawn}
        kept = {said_by(each) for each in reader._ring if each.spoken and not each.spoken.withdrawn}
    everything_before = {"before", GONE, "an answer"}
    assert withdrawn == ({GONE} if how == "deleteMessage" else everything_before)
    assert kept == everything_before - withdrawn | {"elsewhere", "the end"}


def said_by(entry: Any) -> str | None:
    return entry.spoken.text if entry.spoken else None


async def test_a_page_is_read_anew_as_often_as_something_on_it_is_withdrawn(settings: Settings) -> None:
    """Rules 46, 60: before each entry of a page is read, its message is deleted."""
    async with open_world(settings) as world, attentive(world) as noticed:
        room = await talk(world, "student-001")
        position = world.process.services.cursors.read(gallery_id(world), await room.cursor("student-001"))
        texts = [f"{GONE} {number}" for number in range(6)]
        for text in texts:
            await room.say("student-001", text)
        viewer = (await world.process.accounts.of_token(world.token("student-001"))).viewer
        readers, here = world.process.services.readers, gallery_id(world)
        async with aclosing(follow(readers, viewer, here, position, lambda _event: True)) as entries:
            found = [await next_entry(entries)]
            for text in texts[1:]:
                await room.does("chatmod", "deleteMessage", text)
                await room.say("student-001", f"after {text}")
                await noticed(f"after {text}")
                found.append(await next_entry(entries))
    assert [each.number for each in found] == list(range(found[0].number, found[0].number + 6))
    assert [bool(each.spoken and each.spoken.withdrawn) for each in found] == [False, *[True] * 5]


async def next_entry(entries: AsyncIterator[Entry | Checkpoint]) -> Entry:
    while not isinstance(entry := await anext(entries), Entry):
        pass
    return entry


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The log lines of this process while the test runs."""
    with talkative() as lines:
        yield lines


@each_way
async def test_the_words_are_in_one_table_and_in_no_log(settings: Settings, logged: list[str], how: str) -> None:
    """Rules 46, 67: no event, audit record, idempotency key or line of the process's log holds a message's text."""
    async with open_world(settings) as world:
        room = await talk(world, "student-001")
        posted = await world.mutate("student-001", POST, room=world.room, text=GONE, key=f"key {how}")
        room.ids[GONE] = posted["message"]["id"]
        await world.refused("student-001", POST, room=world.room, text=GONE + "\x00")
        await world.ask("student-001", f'mutation {{ postMessage(input: {{text: "{GONE}"}}) {{ nonsense }} }}')
        await take_away(room, how, "GROUP")
        again = await world.mutate("student-001", POST, room=world.room, text=GONE, key=f"key {how}")
        assert GONE not in json.dumps(again)
        await room.said("chatmod")
        reads = world.database.reads
        for table in Base.metadata.sorted_tables:
            held = [str(row) for row in await reads.rows(select(table))]
            assert any(GONE in row for row in held) is (table.name == ChatMessage.__tablename__), table.name
    assert any('"request"' in line for line in logged)
    assert not [line for line in logged if GONE in line]
