"""What keeps a participant in the session, and when they leave without it (rules 33, 36)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from models.tables.deadlines import DeadlineKind
from server.settings import Settings
from tests.support.due_deadlines import (
    GRACE,
    HEARTBEAT,
    KEPT,
    after,
    due_at,
    fall_due,
    participant_of,
    snapshot_of,
    state_of,
    wait_for_time_left,
)
from tests.support.event_streams import CHAT, EVENTS, STATUS, is_live
from tests.support.people import configure, group_id, id_of, join_group, log_head, quit_group
from tests.support.statement_counts import statements_of
from tests.support.world import END, ENTER, LEAVE, World, open_world

GALLERY_EVENTS = (
    "subscription ($gallery: ID!) { galleryEvents(galleryId: $gallery) { __typename ... on Event { cursor } } }"
)
STUDENT = "student-001"


@asynccontextmanager
async def present(world: World, who: str, document: str = EVENTS) -> AsyncIterator[None]:
    """Opens a stream of this person, and waits until the server has noted it."""
    async with world.socket(who) as socket:
        await is_live(await socket.subscribe(document, room=world.room))
        await wait_for_time_left(world, who, *KEPT)
        yield


async def test_who_is_not_heard_of_has_left_after_the_lease_and_the_grace_period(world: World) -> None:
    """Rules 33, 36: one event each; the session continues for people who come back."""
    await world.enter("moderator", STUDENT)
    assert await after(world, seconds=75) == []
    assert await after(world, seconds=16) == ["ParticipantLeft", "ParticipantLeft"]
    assert [await state_of(world, who) for who in ("moderator", STUDENT)] == ["LEFT", "LEFT"]
    assert await after(world, seconds=600) == []
    assert (await world.mutate(STUDENT, ENTER, room=world.room))["launched"] is False


@pytest.mark.parametrize("document", [EVENTS, CHAT], ids=["roomEvents", "chat"])
async def test_an_open_stream_keeps_its_participant(world: World, document: str) -> None:
    """Rule 36: while it is open; a server that was suspended does not remove people whose sockets survived."""
    await world.enter("moderator", STUDENT)
    async with present(world, STUDENT, document):
        for _ in range(3):
            told = await after(world, seconds=100)
        assert told == []
        assert [await state_of(world, who) for who in ("moderator", STUDENT)] == ["LEFT", "ADMITTED"]


async def test_a_reconnect_within_the_grace_period_is_no_rejoin(world: World) -> None:
    """Rule 33: same participant and snapshot, no event, whatever happened to the stored roles."""
    assistants = await group_id(world, "teaching-assistants")
    await world.enter("moderator", STUDENT)
    before, head = await snapshot_of(world, STUDENT), await log_head(world)
    async with present(world, STUDENT):
        pass
    await wait_for_time_left(world, STUDENT, *GRACE)
    await join_group(world, assistants, STUDENT)
    assert "ParticipantLeft" not in await after(world, seconds=40)
    async with present(world, STUDENT):
        await world.query("moderator", HEARTBEAT, room=world.room)
        assert await after(world, seconds=50) == []
        assert await snapshot_of(world, STUDENT) == before
        assert await log_head(world) == head


async def test_after_the_grace_period_it_is_a_leave(world: World) -> None:
    """Rules 32, 33: opening a stream does not bring them back; entering does, with current roles."""
    await world.enter("moderator", STUDENT)
    await configure(world, speakerIds=[await id_of(world, STUDENT)])
    async with present(world, STUDENT):
        pass
    await wait_for_time_left(world, STUDENT, *GRACE)
    assert await after(world, seconds=61) == ["ParticipantLeft"]
    async with world.socket(STUDENT) as socket:
        await is_live(await socket.subscribe(EVENTS, room=world.room))
        assert await after(world, seconds=1) == []
        assert await state_of(world, STUDENT) == "LEFT"
        entered = await world.mutate(STUDENT, ENTER, room=world.room)
    assert entered["participant"]["roles"] == ["SPEAKER"]


async def test_the_participant_goes_with_the_last_device(world: World) -> None:
    """Rule 36: all streams and devices of a person are one participant."""
    await world.enter("moderator", STUDENT)
    async with present(world, STUDENT):
        async with world.socket(STUDENT) as phone:
            streams = [await phone.subscribe(document, room=world.room) for document in (EVENTS, CHAT)]
            for stream in streams:
                await is_live(stream)
            await phone.unsubscribe(streams[0])
        # the server notes ends in order, so this one shows that the phone's was noted
        await world.enter("student-002")
        async with present(world, "student-002"):
            pass
        await wait_for_time_left(world, "student-002", *GRACE)
        await wait_for_time_left(world, STUDENT, *KEPT)
        await after(world, seconds=61)
        assert await state_of(world, STUDENT) == "ADMITTED"
    await wait_for_time_left(world, STUDENT, *GRACE)
    await after(world, seconds=61)
    assert await state_of(world, STUDENT) == "LEFT"


async def test_a_stream_that_was_opened_before_entering_counts_from_then_on(world: World) -> None:
    """Rule 36. Leaving through the mutation takes effect although the stream stays open."""
    await world.enter("moderator")
    async with world.socket(STUDENT) as socket:
        await is_live(await socket.subscribe(CHAT, room=world.room))
        await world.enter(STUDENT)
        await after(world, seconds=100)
        assert await state_of(world, STUDENT) == "ADMITTED"
        await world.mutate(STUDENT, LEAVE, room=world.room)
        await after(world, seconds=11)
        participant = await participant_of(world, STUDENT)
        assert await due_at(world, DeadlineKind.ABSENCE, participant.id) is None
        assert participant.state == "LEFT"


@pytest.mark.parametrize("document", [STATUS, GALLERY_EVENTS], ids=["roomStatus", "galleryEvents"])
async def test_what_a_page_listens_to_keeps_nobody_inside(world: World, document: str) -> None:
    """Rule 36: only the room's own streams do."""
    await world.enter("moderator", STUDENT)
    async with world.socket(STUDENT) as socket:
        variables = {"room": world.room} if document is STATUS else {"gallery": world.gallery}
        await (await socket.subscribe(document, **variables)).next()
        await after(world, seconds=91)
        assert await state_of(world, STUDENT) == "LEFT"


async def test_a_heartbeat_keeps_a_participant_without_a_stream(world: World) -> None:
    """Rule 36: it sends no event, and neither takes nor waits for the gallery's lock."""
    await world.enter("moderator", STUDENT)
    head = await log_head(world)
    for _ in range(3):
        world.clock.advance(seconds=30)
        for who in ("moderator", STUDENT):
            beat = await world.mutate(who, HEARTBEAT, room=world.room)
            assert (beat["cursor"], beat["participant"]["state"]) == (None, "ADMITTED")
        assert await fall_due(world) == []
    assert await log_head(world) == head
    document = "mutation ($input: HeartbeatInput!) { heartbeat(input: $input) { userErrors { code } } }"
    statements = await statements_of(world, STUDENT, document, {"roomId": world.room})
    assert len(statements) <= 4
    assert not any("FOR UPDATE" in each or "UPDATE galleries" in each for each in statements)


async def test_a_heartbeat_from_outside_is_refused(world: World) -> None:
    """Rules 4, 36, 40."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]

    async def code(who: str) -> str:
        return str((await world.refused(who, HEARTBEAT, room=world.room))["code"])

    assert [await code(who) for who in (STUDENT, "outsider")] == ["NOT_IN_SESSION", "NOT_FOUND"]
    await world.enter(STUDENT)
    await world.mutate(STUDENT, LEAVE, room=world.room)
    assert await code(STUDENT) == "NOT_IN_SESSION"
    await world.mutate("moderator", END, session=session)
    assert [await code(who) for who in ("moderator", STUDENT)] == ["SESSION_ENDED", "SESSION_ENDED"]


async def test_entering_again_is_a_sign_of_life(world: World) -> None:
    """Rule 36: a second device enters just before the first one's grace period is over."""
    await world.enter("moderator", STUDENT)
    world.clock.advance(seconds=89)
    await world.enter(STUDENT)
    assert await after(world, seconds=60) == ["ParticipantLeft"]
    assert [await state_of(world, who) for who in ("moderator", STUDENT)] == ["LEFT", "ADMITTED"]


async def test_the_snapshot_holds_while_a_stream_keeps_them(world: World) -> None:
    """Rules 10, 32, 33: leaving the group changes nothing inside."""
    await world.enter("moderator")
    before = await snapshot_of(world, "moderator")
    async with present(world, "moderator"):
        await quit_group(world, await group_id(world, "teaching-assistants"), "moderator")
        assert await after(world, seconds=200) == []
        assert await snapshot_of(world, "moderator") == before


async def test_another_process_that_has_a_stream_of_theirs_keeps_them(settings: Settings) -> None:
    """Rule 36: its renewal comes before the end of the grace period that the first process started."""
    async with open_world(settings) as first, open_world(settings) as second:
        second.clock = second.process.database.clock = first.process.database.clock = first.clock
        await first.enter("moderator", STUDENT)
        async with present(second, STUDENT):
            async with present(first, STUDENT):
                pass
            await wait_for_time_left(first, STUDENT, *GRACE)
            first.clock.advance(seconds=11)
            await second.process.attendance.tell()
            await after(first, seconds=60)
            assert await state_of(first, STUDENT) == "ADMITTED"
