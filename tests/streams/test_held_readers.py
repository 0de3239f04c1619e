"""A stream that catches up with the log while access changes near the log's head (rules 60, 61, 63).

The test holds the reader between a commit and its read. The stream is about to read a page with entries that the reader
does not know yet. It must not deliver any of them, because a change of access may come right before them.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from models.access.visibility import Visibility
from models.cursors import Position
from models.errors import Forbidden
from models.events.every import Event
from models.events.galleries import GalleryChanged
from models.events.log import Entry
from models.permissions import Viewer
from models.tables.galleries import GalleryRole
from schema.statuses import changes_status, read_statuses
from subscriptions import pages
from subscriptions.delivery import Checkpoint
from subscriptions.reader import Reader
from subscriptions.states import latest
from subscriptions.streams import follow
from tests.support.event_streams import code
from tests.support.people import configure, give_role, id_of, local, log_head
from tests.support.running_session import Meeting, meet
from tests.support.world import World

PAGE, BEHIND = 5, 6
THE_END = "The end"


async def act(world: World, who: str, verb: str, **given: Any) -> None:
    """Sends a mutation, which must succeed. Skips the replay check, which takes too long here."""
    document = (
        f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!) {{ {verb}(input: $input) {{ userErrors {{ code }} }} }}"
    )
    assert (await world.query(who, document, input=given))[verb] == {"userErrors": []}


async def rename(world: World, title: str) -> None:
    """Logs an event for everyone who sees the gallery."""
    await act(world, "manager", "updateGallery", galleryId=world.gallery, title=title)


async def viewer_of(world: World, who: str) -> Viewer:
    return Viewer(local(await id_of(world, who)), who)


class Gate:
    """Holds the readers of a process: they read what was committed meanwhile once the gate is open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = asyncio.Event()
        self._open.set()
        catch_up = Reader._catch_up

        async def through_the_gate(reader: Reader) -> None:
            await self._open.wait()
            await catch_up(reader)

        monkeypatch.setattr(Reader, "_catch_up", through_the_gate)

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    return Gate(monkeypatch)


@pytest.fixture(params=[True, False], ids=["from the ring", "from the tables"])
def remembered(request: pytest.FixtureRequest) -> bool:
    """Whether the ring of the reader holds the entries that the stream has not read yet."""
    return bool(request.param)


@asynccontextmanager
async def behind(
    world: World, who: str, *, remembered: bool, for_members: bool = False
) -> AsyncIterator[AsyncGenerator[Entry | Checkpoint, None]]:
    """Opens a stream that has read one page and has BEHIND - PAGE entries ahead that the reader knows."""
    viewer, process, gallery = await viewer_of(world, who), world.process.services.readers, local(world.gallery)
    async with AsyncExitStack() as stack:
        if remembered:
            await stack.enter_async_context(process.open(gallery))
        start = await log_head(world)
        for number in range(BEHIND):
            await rename(world, f"Title {number}")
        reader = await stack.enter_async_context(process.open(gallery))
        await reader.reaches(await log_head(world))
        stream = follow(process, viewer, gallery, start, lambda _event: True, for_members=for_members)
        await stack.enter_async_context(aclosing(stream))
        assert await take(stream, PAGE) == ["GalleryChanged"] * PAGE
        yield stream


async def take(stream: AsyncGenerator[Entry | Checkpoint, None], count: int) -> list[str]:
    return [(await next_entry(stream)).event.kind for _ in range(count)]


async def next_entry(stream: AsyncGenerator[Entry | Checkpoint, None]) -> Entry:
    while isinstance(entry := await anext(stream), Checkpoint):
        pass
    return entry


async def until_the_end(stream: AsyncGenerator[Entry | Checkpoint, None]) -> list[str]:
    """Returns the kinds of all events up to the last renaming (without it), or up to the loss of access."""
    told: list[Event] = []
    while not (told and isinstance(told[-1], GalleryChanged) and told[-1].title == THE_END):
        try:
            told.append((await next_entry(stream)).event)
        except Forbidden:
            return [*(event.kind for event in told), "FORBIDDEN"]
    return [event.kind for event in told[:-1]]


Acts = Callable[[], Awaitable[None]]


async def told_of(world: World, gate: Gate, stream: AsyncGenerator[Entry | Checkpoint, None], acts: Acts) -> list[str]:
    """Returns the events about these acts; the reader sees them after the stream has requested its next page."""
    gate.close()
    await acts()
    await rename(world, THE_END)
    assert await take(stream, BEHIND - PAGE) == ["GalleryChanged"] * (BEHIND - PAGE)
    rest = asyncio.create_task(until_the_end(stream))
    await turns()  # the stream processes its whole page and requests the next one
    gate.open()
    return await rest


async def turns() -> None:
    """Lets all tasks run until they wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_who_enters_misses_nothing_that_is_said_then(world: World, gate: Gate, remembered: bool) -> None:
    meeting = await meet(world, "student-001")

    async def acts() -> None:
        await meeting.enter("student-002")
        for text in ("one", "two"):
            await act(world, "student-001", "postMessage", roomId=world.room, text=text)

    async with behind(world, "student-002", remembered=remembered) as stream:
        assert await told_of(world, gate, stream, acts) == ["ParticipantJoined", "MessagePosted", "MessagePosted"]


async def test_one_who_is_removed_is_told_nothing_that_follows(world: World, gate: Gate, remembered: bool) -> None:
    user = await id_of(world, "student-002")

    async def acts() -> None:
        await act(world, "manager", "removeGalleryMember", galleryId=world.gallery, principalId=user)
        await rename(world, "Not for everyone")

    async with behind(world, "student-002", remembered=remembered, for_members=True) as stream:
        assert await told_of(world, gate, stream, acts) == ["FORBIDDEN"]


async def test_a_room_moderator_by_snapshot_alone_sees_as_one_until_leaving(
    world: World, gate: Gate, remembered: bool
) -> None:
    """Rules 32, 37: only room moderators see events about people who wait."""
    user = await id_of(world, "student-003")
    await configure(world, roomModeratorIds=[user])
    meeting = await meet(world, "student-003", host="manager")
    await configure(world, roomModeratorIds=[])
    await act(world, "manager", "lockRoom", sessionId=meeting.session)

    async def acts() -> None:
        await act(world, "student-003", "leaveRoom", roomId=world.room)
        await act(world, "student-004", "enterRoom", roomId=world.room)

    async with behind(world, "student-003", remembered=remembered) as stream:
        assert await told_of(world, gate, stream, acts) == ["ParticipantLeft"]
    async with behind(world, "manager", remembered=remembered) as stream:
        assert await told_of(world, gate, stream, lambda: wait(world)) == ["ParticipantWaiting"]


async def wait(world: World) -> None:
    await act(world, "student-005", "enterRoom", roomId=world.room)


async def test_one_who_is_blocked_from_chat_reads_on(world: World, gate: Gate, remembered: bool) -> None:
    """Rule 47."""
    meeting = await meet(world, "student-001", "student-002", "chatmod")

    async def acts() -> None:
        await act(world, "chatmod", "blockFromChat", participantId=meeting.ids["student-002"])
        await act(world, "student-001", "postMessage", roomId=world.room, text="one")
        await act(world, "chatmod", "unblockFromChat", participantId=meeting.ids["student-002"])
        await act(world, "student-001", "postMessage", roomId=world.room, text="two")

    told = ["ParticipantChanged", "MessagePosted"]
    async with behind(world, "student-002", remembered=remembered) as stream:
        assert await told_of(world, gate, stream, acts) == [*told, *told]


@pytest.mark.parametrize("gains", [True, False], ids=["gains", "loses"])
async def test_chat_moderators_rights_are_those_of_the_last_entering(
    world: World, gate: Gate, remembered: bool, gains: bool
) -> None:
    """Rules 32, 50: only the asker and chat moderators see threads."""
    user = await id_of(world, "student-003")
    await configure(world, chatModeratorIds=[] if gains else [user])
    meeting = await meet(world, "student-001", "student-003")
    await configure(world, chatModeratorIds=[user] if gains else [])

    async def acts() -> None:
        await again(meeting, "student-003")
        await act(world, "student-001", "askQuestion", roomId=world.room, text="Is it in the exam?")

    async with behind(world, "student-003", remembered=remembered) as stream:
        told = ["ParticipantLeft", "ParticipantJoined", *(["QuestionAsked"] if gains else [])]
        assert await told_of(world, gate, stream, acts) == told


async def again(meeting: Meeting, who: str) -> None:
    await act(meeting.world, who, "leaveRoom", roomId=meeting.world.room)
    await meeting.enter(who)


@dataclass(frozen=True)
class Told:
    """A room's state as `latest` needs it. It shows whether the room is locked."""

    position: Position
    shows: bool

    def seen_with(self, _visible: Visibility) -> "Told":
        return self


async def test_a_status_newer_than_the_reader_is_not_told_to_one_who_is_removed(world: World, gate: Gate) -> None:
    """`roomStatus` reads the current state, which may be newer than the changes of access known to the process."""
    meeting = await meet(world, "student-001")
    user, process, gallery = await id_of(world, "student-002"), world.process.services.readers, local(world.gallery)
    first, second = asyncio.Event(), asyncio.Event()

    async def read() -> Told:
        if first.is_set():  # a person entered, so the state is read again; more happens before that
            gate.close()
            await act(world, "manager", "removeGalleryMember", galleryId=world.gallery, principalId=user)
            await act(world, "moderator", "lockRoom", sessionId=meeting.session)
            second.set()
        statuses = await read_statuses(world.database.reads, gallery)
        first.set()
        return Told(statuses.position, statuses.views[False, False].make().locked)

    async with aclosing(
        latest(process, await viewer_of(world, "student-002"), gallery, changes_status, read)
    ) as states:
        assert not (await anext(states)).shows
        told = asyncio.ensure_future(anext(states))
        await meeting.enter("student-003")
        await second.wait()
        await read_statuses(world.database.reads, gallery)  # takes as long as the read above
        await turns()
        gate.open()
        with pytest.raises(Forbidden):
            await told


RECORD = "query ($session: ID!) { sessionRecord(sessionId: $session) { edges { cursor } } }"


async def test_a_record_is_not_read_by_one_who_lost_access_since_it_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page is read in a snapshot, after the transaction that audits the read. The snapshot decides."""
    meeting = await meet(world, "student-001")
    await give_role(world, "moderator", GalleryRole.MANAGER)
    read = await world.query("moderator", RECORD, session=meeting.session)
    assert read["sessionRecord"]["edges"]
    transact = world.database.transact

    async def then_demoted(viewer: Viewer, action: str, work: Any) -> Any:
        done = await transact(viewer, action, work)
        if action == "sessionRecord":
            await give_role(world, "moderator", GalleryRole.MEMBER)
        return done

    monkeypatch.setattr(world.database, "transact", then_demoted)
    answer = await world.ask("moderator", RECORD, session=meeting.session)
    assert answer["data"] == {"sessionRecord": None}
    assert code(answer["errors"]) == "FORBIDDEN"
