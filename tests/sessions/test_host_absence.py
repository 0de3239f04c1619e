"""A session without a room moderator inside ends automatically (rule 39)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from models.tables.deadlines import DeadlineKind
from server.settings import Settings
from tests.support.due_deadlines import HEARTBEAT, after, due_at, fall_due, session_row, state_of
from tests.support.people import group_id, id_of, join_group, local, quit_group
from tests.support.world import END, ENTER, LEAVE, Clock, World, open_world

STUDENT = "student-001"
MINUTES = 15
LIMIT = """mutation ($seconds: Int!) { updateSite(input: {hostAbsenceTimeoutSeconds: $seconds}) {
  userErrors { code message field } } }"""


@asynccontextmanager
async def staying(world: World, *people: str) -> AsyncIterator[None]:
    """Keeps these people inside while time passes."""
    presence = world.process.services.presence
    await world.enter(*people)
    if not people:
        yield
        return
    with presence.listening(local(await id_of(world, people[0])), local(world.gallery)):
        async with staying(world, *people[1:]):
            yield


async def leave(world: World, who: str) -> None:
    await world.mutate(who, LEAVE, room=world.room)


async def ends_at(world: World) -> object:
    """Returns when the session ends without a moderator; None if no such deadline is set."""
    session_id: UUID = (await session_row(world)).id
    return await due_at(world, DeadlineKind.HOST_ABSENCE, session_id)


async def test_a_session_without_a_moderator_ends_after_fifteen_minutes(world: World) -> None:
    """Rules 38, 39: for everyone, with its reason, and with one event."""
    async with staying(world, "moderator", STUDENT, "chatmod"):
        await leave(world, "moderator")
        assert await after(world, minutes=MINUTES, seconds=-20) == []
        assert await after(world, seconds=30) == ["SessionEnded"]
        session = await session_row(world)
        assert (session.end_reason, session.participant_count) == ("HOST_ABSENT", 0)
        assert [await state_of(world, who) for who in (STUDENT, "chatmod")] == ["LEFT", "LEFT"]
        assert (await world.refused(STUDENT, HEARTBEAT, room=world.room))["code"] == "SESSION_ENDED"
        assert await after(world, hours=1) == []
    assert (await world.mutate("moderator", ENTER, room=world.room))["launched"] is True


async def test_a_return_cancels_it(world: World) -> None:
    """Rule 39: the time starts again when the moderator leaves again."""
    async with staying(world, "moderator", STUDENT):
        await leave(world, "moderator")
        world.clock.advance(minutes=14)
        await world.enter("moderator")
        assert await ends_at(world) is None
        assert await after(world, minutes=14) == []
        await leave(world, "moderator")
        assert await after(world, minutes=14) == []
        assert await after(world, minutes=2) == ["SessionEnded"]


async def test_any_room_moderator_keeps_it_and_nobody_else_does(world: World) -> None:
    """Rules 7, 9, 39: gallery managers are room moderators, chat moderators are not."""
    async with staying(world, "moderator", "manager", "chatmod"):
        await leave(world, "moderator")
        assert await ends_at(world) is None
        await leave(world, "manager")
        assert await ends_at(world) is not None


async def test_who_moderates_is_the_snapshot_s_to_say(world: World) -> None:
    """Rules 10, 32, 39: people admitted as moderators count, later ones do not."""
    assistants = await group_id(world, "teaching-assistants")
    async with staying(world, "moderator", "manager", STUDENT):
        await quit_group(world, assistants, "moderator")
        await join_group(world, assistants, STUDENT)
        await leave(world, "manager")
        assert await ends_at(world) is None
        await leave(world, "moderator")
        assert await ends_at(world) is not None


async def test_a_moderator_in_the_grace_period_is_inside(world: World) -> None:
    """Rules 33, 39: the fifteen minutes begin after the grace period."""
    await world.enter("moderator")
    async with staying(world, STUDENT):
        assert await after(world, seconds=75) == []
        assert await ends_at(world) is None
        assert await after(world, seconds=30) == ["ParticipantLeft"]
        assert await after(world, minutes=MINUTES, seconds=-20) == []
        assert await after(world, seconds=30) == ["SessionEnded"]


async def test_how_long_is_the_site_s_to_say(world: World) -> None:
    """Rule 39."""
    await world.mutate("admin", LIMIT, world.settings.admin_scope, seconds=60)
    async with staying(world, "moderator", STUDENT):
        await leave(world, "moderator")
        assert await after(world, seconds=45) == []
        assert await after(world, seconds=30) == ["SessionEnded"]


async def test_ending_it_by_hand_leaves_nothing_to_fall_due(world: World) -> None:
    """Rules 38, 39: the next session is not ended either."""
    async with staying(world, "moderator", STUDENT):
        await leave(world, "moderator")
        session = await world.query(
            STUDENT, "query ($room: ID!) { room(id: $room) { activeSession { id } } }", room=world.room
        )
        await world.mutate("moderator", END, session=session["room"]["activeSession"]["id"])
        assert await ends_at(world) is None
        async with staying(world, "moderator"):
            assert await after(world, hours=1) == []


async def test_it_survives_a_restart(settings: Settings) -> None:
    """Rule 39: a new process processes remaining deadlines when it starts."""
    clock = Clock()
    async with open_world(settings, clock) as world:
        await world.enter("moderator", STUDENT)
        await leave(world, "moderator")
    clock.advance(minutes=MINUTES, seconds=1)
    async with open_world(settings.model_copy(update={"deadline_look_seconds": 0.05}), clock) as world:
        async with world.socket(STUDENT) as socket:
            stream = await socket.subscribe(STATUS, room=world.room)
            while (await stream.next())["state"] != "CLOSED":
                pass
        assert (await session_row(world)).end_reason == "HOST_ABSENT"
        assert await fall_due(world) == []


STATUS = "subscription ($room: ID!) { roomStatus(roomId: $room) { state } }"
