"""Renderings that the watchers of a room share: how many are made, and that nobody receives another viewer's data."""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_composite_type

from schema.execution import ahead
from schema.execution import renderings as module
from schema.execution.impersonal import IMPERSONAL
from schema.root import schema
from tests.support.admission import launch, lock, unlock, wait
from tests.support.event_streams import STATUS, eventually, remove_from_gallery
from tests.support.recordings import start
from tests.support.watchers import all_told, renderings, watching
from tests.support.world import LEAVE, PATIENCE, World

pytestmark = pytest.mark.fast_paths

BADGE = "subscription ($room: ID!) { roomStatus(roomId: $room) { state participantCount } }"
WAITING = "subscription ($room: ID!) { roomStatus(roomId: $room) { participantCount waitingCount } }"
STUDENTS = [f"student-{number:03}" for number in range(11, 16)]
NOBODY = "anybody"

# The path in a status to each type with shared fields.
PLACES = {
    "RoomStatus": "{}",
    "RoomSession": "session {{ {} }}",
    "RoomLimits": "session {{ limits {{ {} }} }}",
    "Recording": "recording {{ {} }}",
    "User": "session {{ startedBy {{ {} }} }}",
}


def enters(world: World, who: str) -> Callable[[], Awaitable[None]]:
    return partial(world.enter, who)


def leaves(world: World, who: str) -> Callable[[], Awaitable[Any]]:
    return partial(world.mutate, who, LEAVE, room=world.room)


def status_of(selection: str) -> str:
    return f"subscription ($room: ID!) {{ roomStatus(roomId: $room) {{ {selection} }} }}"


async def test_watchers_with_one_document_share_one_rendering_of_each_change(world: World) -> None:
    await launch(world)
    async with watching(world, STUDENTS, STATUS) as watchers:
        with renderings() as made:
            told = await all_told(watchers)
            assert told == [told[0]] * 5
            for change, count in ((enters(world, "student-001"), 2), (leaves(world, "student-001"), 1)):
                assert [each["participantCount"] for each in await all_told(watchers, change)] == [count] * 5
    assert made == [NOBODY] * 3


async def test_each_document_and_operation_and_each_variables_have_a_rendering_of_their_own(world: World) -> None:
    """The order of variables, and variables that the document does not declare, make no difference."""
    await launch(world)
    two = f"{BADGE.replace('(', 'One(', 1)} {STATUS.replace('(', 'Two(', 1)}"
    shown = """subscription ($a: Boolean!, $b: Boolean!, $room: ID!) {
      roomStatus(roomId: $room) { mode @include(if: $a) locked @skip(if: $b) } }"""
    async with (
        watching(world, STUDENTS[:2], BADGE) as one,
        watching(world, STUDENTS[:2], STATUS) as other,
        watching(world, STUDENTS[:2], two, "One") as first,
        watching(world, STUDENTS[:2], two, "Two") as second,
        watching(world, STUDENTS[:2], shown, a=True, b=True) as modes,
        watching(world, STUDENTS[:2], shown, b=False, a=False, c=1) as locks,
        watching(world, STUDENTS[:2], shown, a=False, b=False) as locks_too,
    ):
        watchers = [*one, *other, *first, *second, *modes, *locks, *locks_too]
        await all_told(watchers)
        with renderings() as made:
            told = await all_told(watchers, enters(world, "student-001"))
    badge, whole = {"state": "OPEN", "participantCount": 2}, {"state": "OPEN", "mode": "WEBINAR", "participantCount": 2}
    by_document = [badge, whole, badge, whole, {"mode": "WEBINAR"}, {"locked": False}, {"locked": False}]
    assert told == [each for each in by_document for _ in range(2)]
    assert made == [NOBODY] * 6


async def test_a_moderator_and_a_student_never_share_how_many_wait(world: World) -> None:
    """Rule 37: with the same document at the same time. All who may admit people share one rendering."""
    session = await launch(world, "student-001", "student-002")
    await lock(world, session)
    people = ["moderator", "student-001", "manager", "chatmod", "student-003"]
    async with watching(world, people, WAITING) as watchers:
        told = await all_told(watchers)
        assert [each["waitingCount"] for each in told] == [0, None, 0, None, None]
        (moderator, manager), others = watchers[::2][:2], [watchers[1], *watchers[3:]]
        with renderings() as made:
            told = await all_told([moderator, manager], partial(wait, world, "student-004"))
            assert told == [{"participantCount": 3, "waitingCount": 1}] * 2
        assert made == [NOBODY]
        with renderings() as made:
            told = await all_told([moderator, *others, manager], leaves(world, "student-002"))
            assert [each["waitingCount"] for each in told] == [1, None, None, None, 1]
            assert {each["participantCount"] for each in told} == {2}
        assert made == [NOBODY] * 2


async def test_whatever_is_not_named_as_shared_is_rendered_for_each(world: World) -> None:
    """Rules 4, 48: also fields that are added later and not listed."""
    session = await launch(world, *STUDENTS[:2])
    await start(world, "moderator", session)
    personal = [each for of, place in PLACES.items() for each in map(place.format, unnamed(of))]
    assert len(personal) > 10
    for selection in personal:
        async with watching(world, STUDENTS[:2], status_of(f"state {selection}")) as watchers:
            with renderings() as made:
                await all_told(watchers)
            assert Counter(made) == {"Student 011": 1, "Student 012": 1}, selection


def unnamed(of: str) -> list[str]:
    """Returns a selection of the type's fields that are not listed as shared."""
    kind = schema._schema.type_map[of]
    assert isinstance(kind, GraphQLObjectType)
    fields = {name: get_named_type(field.type) for name, field in kind.fields.items() if name not in IMPERSONAL[of]}
    return [f"{name} {{ {_of(type_.name)} }}" if is_composite_type(type_) else name for name, type_ in fields.items()]


def _of(kind: str) -> str:
    """Returns a field of an object that is read. Of an object that is linked to, the id is known without reading it."""
    return {"Room": "mode", "RoomSession": "mode"}.get(kind, "__typename")


async def test_the_id_of_what_is_linked_to_is_shared(world: World) -> None:
    session = await launch(world, *STUDENTS[:2])
    linked = status_of("id room { ...Id } session { room { it: id __typename } }") + " fragment Id on Room { id }"
    async with watching(world, STUDENTS[:2], linked) as watchers:
        with renderings() as made:
            told = await all_told(watchers)
    assert made == [NOBODY]
    assert session
    assert told[0] == told[1]
    assert told[0]["room"] == {"id": world.room}
    assert told[0]["session"] == {"room": {"it": world.room, "__typename": "Room"}}


async def test_a_document_is_personal_only_if_its_variables_select_what_is(world: World) -> None:
    await launch(world, *STUDENTS[:2])
    asked = """subscription ($room: ID!, $own: Boolean!) { roomStatus(roomId: $room) {
      session { ...Own @include(if: $own) } } } fragment Own on RoomSession { viewerParticipant { user { name } } }"""
    for own, viewers in ((False, [NOBODY]), (True, ["Student 011", "Student 012"])):
        async with watching(world, STUDENTS[:2], asked, own=own) as watchers:
            with renderings() as made:
                told = await all_told(watchers)
        assert sorted(map(str, made)) == viewers
        names = [each["session"].get("viewerParticipant", {}).get("user", {}).get("name") for each in told]
        assert names == (["Student 011", "Student 012"] if own else [None, None])


async def test_whoever_loses_access_is_told_no_more_and_the_others_are(world: World) -> None:
    """Rule 63: the rendering is shared, but access is checked for each watcher."""
    await launch(world)
    async with watching(world, ["student-011", "student-012"], STATUS) as watchers:
        await all_told(watchers)
        lost, kept = watchers
        ended = asyncio.create_task(lost.next())
        await remove_from_gallery(world, "student-011")
        (error,) = (await ended)["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        (told,) = await all_told([kept], enters(world, "student-001"))
        assert told["participantCount"] == 2


class Gate:
    """Stops renderings until the test releases them or makes them fail."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.fault: str | None = None
        self.maker: asyncio.Task[Any] | None = None
        load_ahead = ahead.load_ahead

        async def through(*arguments: Any) -> Any:
            self.maker = asyncio.current_task()
            self.reached.set()
            await self.opened.wait()
            if self.fault:
                raise OSError(self.fault)
            return await load_ahead(*arguments)

        patch.setattr(module, "load_ahead", through)

    async def wait(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.reached.wait()


async def test_a_watcher_who_goes_while_rendering_keeps_nobody_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 65: the others get the same as otherwise."""
    await launch(world)
    async with watching(world, STUDENTS, STATUS) as watchers:
        await all_told(watchers)
        gate = Gate(monkeypatch)
        waiting = [asyncio.create_task(watcher.status()) for watcher in watchers]
        with renderings() as made:
            await world.enter("student-001")
            await gate.wait()
            assert gate.maker in waiting
            gate.maker.cancel()
            gate.opened.set()
            told = await asyncio.gather(*waiting, return_exceptions=True)
    shown = {"state": "OPEN", "mode": "WEBINAR", "participantCount": 2}
    assert [each for each in told if not isinstance(each, asyncio.CancelledError)] == [shown] * 4
    assert made == [NOBODY] * 2


async def test_a_failed_rendering_ends_its_streams_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A watcher that reconnects gets the status, also for the same position."""
    await launch(world)
    async with watching(world, STUDENTS, STATUS) as watchers, watching(world, STUDENTS, BADGE) as late:
        await all_told([*watchers, *late])
        with pytest.MonkeyPatch.context() as patch:
            gate = Gate(patch)
            waiting = [asyncio.create_task(watcher.next()) for watcher in watchers]
            gate.fault = "the disk is full"
            gate.opened.set()
            await world.enter("student-001")
            answers = await asyncio.gather(*waiting)
        assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["INTERNAL"] * 5
        for watcher in watchers:
            with pytest.raises(StopAsyncIteration):
                await watcher.next()
        async with watching(world, STUDENTS, STATUS) as again:
            assert {each["participantCount"] for each in await all_told([*again, *late])} == {2}
    assert "the disk is full" in caplog.text


async def test_what_is_shared_is_in_the_schema(world: World) -> None:
    """A field that was renamed would silently no longer be shared."""
    types = (await world.query("student-001", "{ __schema { types { name fields { name } } } }"))["__schema"]["types"]
    there = {of["name"]: {field["name"] for field in of["fields"] or ()} for of in types}
    assert {of: fields - there[of] for of, fields in IMPERSONAL.items() if fields - there[of]} == {}


async def test_watching_costs_no_memory_with_time(world: World) -> None:
    """Rule 65: each change frees the objects of the one before, for shared and unshared renderings."""
    await launch(world)
    own = status_of("participantCount session { viewerParticipant { id } }")
    async with watching(world, STUDENTS, STATUS) as shared, watching(world, STUDENTS, own) as alone:
        watchers = [*shared, *alone]
        await all_told(watchers)
        held = Counter[str]()
        for turn in range(3):
            held = of_graphql() if turn == 2 else held
            for change in (enters, leaves) * 2:
                await all_told(watchers, change(world, "student-001"))
        # An execution may end shortly after its item arrives, so the test waits. A leak would leave four more.
        await eventually(lambda: of_graphql() <= held)


def of_graphql() -> Counter[str]:
    """Counts the objects of each kind that executions consist of or are stored in."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    kept = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    return Counter({kind: count for kind, count in kept.items() if kind.startswith(("graphql.execution", "schema."))})


async def test_locking_is_told_to_all_at_once(world: World) -> None:
    session = await launch(world)
    async with watching(world, STUDENTS, status_of("locked session { locked }")) as watchers:
        await all_told(watchers)
        for act, locked in ((lock, True), (unlock, False)):
            told = await all_told(watchers, partial(act, world, session))
            assert told == [{"locked": locked, "session": {"locked": locked}}] * 5
