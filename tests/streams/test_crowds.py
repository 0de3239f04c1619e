"""Crowds: subscribers with the same operation are served in one pass, and nobody loses or gets anything by it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection

from schema.execution.renderings import ANYBODY
from server.outlets import SocketOutlet
from server.settings import Settings
from subscriptions import event_crowds, states
from subscriptions.delivery import Item
from subscriptions.reader import Reader
from tests.support.admission import launch
from tests.support.event_streams import (
    CHAT,
    EVENTS,
    STATUS,
    beginning,
    ending,
    eventually,
    is_live,
    next_event,
    remove_from_gallery,
    said,
    say,
    texts,
    until,
)
from tests.support.people import id_of, local, log_head
from tests.support.watchers import renderings
from tests.support.world import LEAVE, Subscribed, World, open_world

pytestmark = pytest.mark.fast_paths

CROWD = [f"student-{number:03}" for number in range(1, 8)]


@asynccontextmanager
async def crowd(world: World, document: str, people: list[str], **variables: object) -> AsyncIterator[list[Subscribed]]:
    """Subscribes each of these people on a socket of their own, and waits until all of them are in a crowd."""
    async with AsyncExitStack() as stack:
        before = in_crowds(world)
        streams = []
        for who in people:
            socket = await stack.enter_async_context(world.socket(who))
            streams.append(await socket.subscribe(document, room=world.room, **variables))
        await eventually(lambda: in_crowds(world) == before + len(people))
        yield streams


def in_crowds(world: World) -> int:
    """Returns how many subscribers wait in crowds."""
    return sum(len(crowd.members) for crowd in world.process.services.readers.crowds._crowds.values())


async def test_an_event_is_rendered_once_for_all_who_wait(settings: Settings) -> None:
    """Also for those who resumed after different cursors, and no subscriber's task is woken."""
    async with open_world(settings.model_copy(update={"stream_checkpoint_seconds": 8})) as world:
        await _rendered_once(world)


async def _rendered_once(world: World) -> None:
    await world.enter("moderator", *CROWD)
    cursors = [await said_at(world, number) for number in range(1, 4)]
    async with AsyncExitStack() as stack:
        streams = await stack.enter_async_context(crowd(world, CHAT, CROWD[:4]))
        for after, who in zip(cursors, CROWD[4:], strict=True):
            streams += await stack.enter_async_context(crowd(world, CHAT, [who], after=after))
            await until(streams[-1], "message 3") if after != cursors[-1] else None
        assert len(world.process.services.readers.crowds._crowds) == 1
        with renderings() as made:
            await say(world, 4, 6)
            for stream in streams:
                assert texts(await until(stream, "message 6")) == [f"message {number}" for number in (4, 5, 6)]
        assert made == [ANYBODY.name] * 3
        assert in_crowds(world) == len(CROWD)


async def said_at(world: World, number: int) -> str:
    """Posts a message. Returns its event's cursor."""
    return str((await world.post("moderator", f"message {number}"))["cursor"])


async def test_more_members_than_are_served_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_crowds, "AT_ONCE", 2)
    monkeypatch.setattr(states, "AT_ONCE", 2)
    await world.enter("moderator", *CROWD)
    async with crowd(world, CHAT, CROWD) as streams, crowd(world, STATUS, CROWD) as watchers:
        await say(world, 1, 3)
        for stream in streams:
            assert texts(await until(stream, "message 3")) == [f"message {number}" for number in (1, 2, 3)]
        counts = [(await watcher.next())["participantCount"] for watcher in watchers]
        await world.mutate("student-007", LEAVE, room=world.room)
        assert [(await watcher.next())["participantCount"] for watcher in watchers] == [each - 1 for each in counts]
        assert in_crowds(world) == 2 * len(CROWD)


async def test_one_who_cannot_be_written_to_goes_on_alone_and_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 65: everything arrives once and in order, for them and for the others."""
    await world.enter("moderator", *CROWD)
    write, refused = SocketOutlet.write, 0

    def sometimes(outlet: SocketOutlet, item: Item) -> bool:
        nonlocal refused
        refused += (full := hash(item) % 3 == 0)
        return not full and write(outlet, item)

    monkeypatch.setattr(SocketOutlet, "write", sometimes)
    async with crowd(world, EVENTS, CROWD) as streams:
        await say(world, 1, 30)
        for stream in streams:
            assert texts(await until(stream, "message 30")) == [f"message {number}" for number in range(1, 31)]
        assert refused > len(CROWD)
        await eventually(lambda: in_crowds(world) == len(CROWD))
        assert len(world.process.services.readers.crowds._crowds) == 1


async def test_one_who_loses_access_is_told_so_and_gets_nothing_after(world: World) -> None:
    """Rule 63: the crowd goes on for the others."""
    await world.enter("moderator", *CROWD)
    async with crowd(world, EVENTS, [*CROWD[:3], "student-020"]) as streams:
        lost = streams.pop()
        await remove_from_gallery(world, "student-020")
        await say(world, 1, 2)
        told, code = await ending(lost)
        assert (texts(told), code) == ([], "FORBIDDEN")
        for stream in streams:
            assert texts(await until(stream, "message 2")) == ["message 1", "message 2"]
        await eventually(lambda: in_crowds(world) == 3)


async def test_an_access_that_changes_is_judged_once_for_all_streams_of_one_person(world: World) -> None:
    """And for nobody whom it does not concern."""
    await launch(world, *CROWD)
    judged: list[list[str]] = []
    async with crowd(world, EVENTS, CROWD), crowd(world, CHAT, CROWD), crowd(world, STATUS, CROWD):
        (reader,) = world.process.services.readers._readers.values()
        sights = reader.sights
        judge = sights._judge_all

        async def noting() -> None:
            judged.append([each.viewer.name for each in sights._known_stale()])
            await judge()

        sights._judge_all = noting  # type: ignore[method-assign]  # counts the readings
        await world.mutate(CROWD[0], LEAVE, room=world.room)
        await reader.reaches(await log_head(world))
        await eventually(lambda: in_crowds(world) == 3 * len(CROWD) and bool(judged))
    assert judged == [["Student 001"]]


async def test_a_stream_that_begins_is_judged_without_looking_at_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise 2,000 who reconnect at once look at each other four million times."""
    await launch(world, *CROWD)
    asked: list[UUID] = []
    access_changed = Reader.access_changed

    def noting(reader: Reader, user_id: UUID, *, inside: bool) -> int:
        asked.append(user_id)
        return access_changed(reader, user_id, inside=inside)

    async with crowd(world, EVENTS, CROWD[1:]):
        monkeypatch.setattr(Reader, "access_changed", noting)
        async with crowd(world, EVENTS, CROWD[:1]):
            pass
    assert set(asked) == {local(await id_of(world, CROWD[0]))}


async def test_a_completed_operation_gets_nothing_though_its_id_is_used_again(world: World) -> None:
    await world.enter("moderator", "student-001")
    async with world.raw_socket() as wire:
        await wire.send(json.dumps({"type": "connection_init", "payload": world.credentials("student-001")}))
        await wire.recv()
        for selection in ("authorName", "text"):
            document = f"""subscription ($room: ID!) {{ chat(roomId: $room) {{
              ... on MessagePosted {{ message {{ {selection} }} }} }} }}"""
            payload = {"query": document, "variables": {"room": world.room}}
            await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            await eventually(lambda: in_crowds(world) == 1)
            await say(world, 1, 1)
            told = await next_message(wire)
            assert list(told["message"]) == [selection]
            await wire.send(json.dumps({"id": "1", "type": "complete"}))
            await say(world, 2, 2)
            await eventually(lambda: in_crowds(world) == 0)


async def next_message(wire: ClientConnection) -> dict[str, Any]:
    while True:
        payload = json.loads(await wire.recv())["payload"]["data"]["chat"]
        if payload:
            return dict(payload)


async def test_a_crowd_tells_quiet_from_dead(settings: Settings) -> None:
    """Checkpoints come to all, and a stream resumes after any of them."""
    quick = settings.model_copy(update={"stream_checkpoint_seconds": 0.3, "stream_poll_seconds": 0.1})
    async with open_world(quick) as world:
        await world.enter("moderator", *CROWD)
        async with crowd(world, CHAT, CROWD[:2]) as streams, world.socket("student-003") as socket:
            rests = [await is_live(stream) for stream in streams for _ in range(3)]
            assert in_crowds(world) == 2
            await say(world, 1, 1)
            for stream in streams:
                assert said(await next_event(stream)) == "message 1"
            for rest in rests[::2]:
                resumed: Subscribed = await socket.subscribe(CHAT, room=world.room, after=rest)
                assert said(await next_event(resumed)) == "message 1"


async def test_a_failure_in_a_crowd_is_met_by_each_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rendering that fails ends the streams with its error, and others with the same operation can be opened."""
    await world.enter("moderator", *CROWD)
    async with crowd(world, CHAT, CROWD[:3]) as streams:
        with monkeypatch.context() as patch:
            patch.setattr("schema.execution.renderings.load_ahead", broken)
            await say(world, 1, 1)
            for stream in streams:
                assert await stream.error() == "INTERNAL"
    async with crowd(world, CHAT, CROWD[:3]) as streams:
        await say(world, 2, 2)
        for stream in streams:
            assert said(await next_event(stream)) == "message 2"


async def broken(*_: object) -> None:
    raise OSError("the disk is full")


async def test_without_fast_paths_nobody_waits_in_a_crowd(settings: Settings) -> None:
    async with open_world(settings.model_copy(update={"fast_paths": False})) as world:
        await world.enter("moderator", "student-001")
        async with world.socket("student-001") as socket:
            stream = await socket.subscribe(CHAT, room=world.room, after=beginning(world))
            await say(world, 1, 1)
            assert said(await next_event(stream)) == "message 1"
            assert in_crowds(world) == 0


async def test_a_crowd_that_loses_its_last_member_in_a_pass_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.enter("moderator", "student-001")
    async with crowd(world, CHAT, ["student-001"]):
        (made,) = world.process.services.readers.crowds._crowds.values()
        (member,) = made.members
        task = made.task
        assert task

        async def lose() -> None:
            made.position = made.reader.position
            made.remove(member)

        monkeypatch.setattr(made, "serve", lose)
        await say(world, 1, 1)
        await eventually(task.done)


async def test_a_checkpoint_that_is_told_to_each_alone_comes_too(settings: Settings) -> None:
    """Otherwise a client whose document selects its own part of every event takes a quiet stream for dead."""
    quick = settings.model_copy(update={"stream_checkpoint_seconds": 0.3, "stream_poll_seconds": 0.1})
    own = """subscription ($room: ID!) { roomEvents(roomId: $room) {
      __typename ... on Event { cursor } ... on RoomEvent { room { viewerPermissions } } } }"""
    async with open_world(quick) as world:
        await world.enter("moderator", *CROWD)
        async with crowd(world, own, CROWD[:2]) as streams:
            assert len({await is_live(stream) for stream in streams for _ in range(2)}) == 4
