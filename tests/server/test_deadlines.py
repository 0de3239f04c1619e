"""Due deadlines are processed once, by any process that is up, and one that fails delays no other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update

from models.database.transaction import Transaction
from models.storage.base import new_id
from models.tables.deadlines import Deadline, DeadlineKind, set_deadline
from models.tables.galleries import Gallery
from models.tables.participants import Participant
from models.tables.recordings import Recording
from server import deadlines
from server.accounts import THE_SERVER
from server.demo_people import STUDENTS
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.due_deadlines import after, due_at, fall_due, participant_of, session_row, state_of
from tests.support.event_streams import EVENTS, STATUS
from tests.support.people import change, events_since, local, log_head
from tests.support.processes import ServerProcess, client_of
from tests.support.statement_counts import _counted
from tests.support.world import PATIENCE, Clock, World, open_world

STUDENT = "student-001"


async def set_due(world: World, kind: DeadlineKind, subject_id: UUID, seconds: float) -> None:
    """Sets the deadline to so many seconds from now."""

    async def work(tx: Transaction) -> None:
        await set_deadline(tx, kind, subject_id, local(world.gallery), tx.now + timedelta(seconds=seconds))

    await world.database.transact(THE_SERVER, "test", work)


async def all_deadlines(world: World) -> list[DeadlineKind]:
    return list(await world.database.reads.values(select(Deadline.kind)))


async def once(world: World) -> None:
    await deadlines.once(world.database, world.process.attendance)


async def test_two_workers_at_once_act_once(settings: Settings) -> None:
    """Rules 36, 59: one event for each absent participant, whichever worker processes it."""
    clock = Clock()
    async with open_world(settings, clock) as first, open_world(settings, clock) as second:
        await first.enter("moderator", *STUDENTS[:12])
        head = await log_head(first)
        clock.advance(seconds=91)
        while set(await all_deadlines(first)) != {DeadlineKind.HOST_ABSENCE}:
            await asyncio.gather(once(first), once(second), once(first), once(second))
        told = [event.participant.user_id for event in await events_since(first, head)]  # type: ignore[union-attr]  # other events fail the test
        assert sorted(Counter(told).values()) == [1] * 13
        assert (await session_row(first)).participant_count == 0


async def test_an_invitation_lapses(world: World) -> None:
    """Rule 43."""
    await world.enter("moderator", STUDENT)
    invited = await participant_of(world, STUDENT)
    now = world.clock()
    await change(
        world, update(Participant).where(Participant.id == invited.id).values(invited_at=now, invited_until=now)
    )
    await set_due(world, DeadlineKind.INVITATION, invited.id, 60)
    assert await after(world, seconds=45) == []
    assert await after(world, seconds=20) == ["StageChanged"]
    row = await participant_of(world, STUDENT)
    assert (row.invited_at, row.invited_until, row.state) == (None, None, "ADMITTED")
    assert await due_at(world, DeadlineKind.INVITATION, invited.id) is None


async def test_a_recording_that_nobody_reports_on_has_failed(world: World) -> None:
    """Rule 58: the event has a reason."""
    await world.enter("moderator")
    session, recording_id, now = await session_row(world), new_id(), world.clock()
    row = {"id": recording_id, "gallery_id": local(world.gallery), "session_id": session.id, "state": "PROCESSING"}
    none = dict.fromkeys(["started_by", "duration_seconds", "failure_reason"])
    await change(world, insert(Recording).values(**row, **none, started_at=now, ended_at=now))  # type: ignore[arg-type]  # `change` runs INSERT too
    await set_due(world, DeadlineKind.RECORDING, recording_id, 30)
    assert await after(world, seconds=15) == []
    assert await after(world, seconds=20) == ["RecordingFailed"]
    failed = await world.database.reads.first(select(Recording))
    assert failed
    assert (failed.state, bool(failed.failure_reason)) == ("FAILED", True)


async def test_what_is_set_again_replaces_what_was_set(world: World) -> None:
    await world.enter("moderator")
    subject = (await participant_of(world, "moderator")).id
    for seconds in (500, 400):
        await set_due(world, DeadlineKind.ABSENCE, subject, seconds)
    assert await all_deadlines(world) == [DeadlineKind.ABSENCE]
    assert await after(world, seconds=380) == []
    assert await after(world, seconds=25) == ["ParticipantLeft"]


async def test_one_that_fails_blocks_no_other_and_is_tried_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is postponed for all processes, and logged."""
    await world.enter("moderator", STUDENT, "student-002")
    broken = await participant_of(world, STUDENT)
    await set_due(world, DeadlineKind.ABSENCE, broken.id, 1)  # due before all others
    spoil = text("UPDATE participants SET roles = :roles WHERE id = :id")
    key = broken.id.hex if world.settings.database_url.startswith("sqlite") else broken.id

    async def set_roles(roles: str) -> None:
        await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(spoil, {"roles": roles, "id": key}))

    await set_roles('["NOBODY"]')
    world.clock.advance(seconds=91)
    await once(world)
    assert f"ABSENCE {broken.id}" in caplog.text
    await set_roles('["ATTENDEE"]')
    assert [await state_of(world, who) for who in ("moderator", STUDENT, "student-002")] == ["LEFT", "ADMITTED", "LEFT"]
    assert await after(world, seconds=15) == []
    assert await after(world, seconds=20) == ["ParticipantLeft"]


@asynccontextmanager
async def busy(world: World) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Event]]:
    """Lets a mutation hold the gallery. Yields the mutation, and the event on which it goes on."""
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        assert await tx.value(select(Gallery.id).where(Gallery.id == local(world.gallery)).with_for_update())
        held.set()
        await go_on.wait()

    mutation = asyncio.create_task(world.database.transact(THE_SERVER, "test", hold))
    await held.wait()
    try:
        yield mutation, go_on
    finally:
        go_on.set()
        await mutation


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_one_that_waits_in_vain_is_a_warning(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with it, so nobody has to look: it is done later."""
    await world.enter("moderator")
    await set_due(world, DeadlineKind.ABSENCE, (await participant_of(world, "moderator")).id, -10)
    async with busy(world):
        with monkeypatch.context() as patched:
            patched.setattr(deadlines, "PATIENCE_SECONDS", 0.2)
            await once(world)
    (told,) = [each for each in caplog.records if each.name == deadlines.logger.name]
    assert (told.levelname, told.exc_info) == ("WARNING", None)
    assert await after(world, seconds=35) == ["ParticipantLeft"]


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_a_busy_gallery_is_passed_over_and_waited_for_once_it_is_late(world: World) -> None:
    """Skipping a locked gallery delays no other, and waiting for it later prevents starvation."""
    await world.enter("moderator")
    subject = (await participant_of(world, "moderator")).id
    await set_due(world, DeadlineKind.ABSENCE, subject, -1)
    async with asyncio.timeout(PATIENCE), busy(world) as (mutation, go_on):
        assert await fall_due(world) == []
        world.clock.advance(seconds=10)
        late = asyncio.create_task(fall_due(world))
        while not await world.database.reads.value(WAITING):  # noqa: ASYNC110  only the database knows
            await asyncio.sleep(0.01)
        assert not late.done()
        go_on.set()
        await mutation
        assert await late == ["ParticipantLeft"]


WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


async def test_an_idle_look_is_one_statement(world: World) -> None:
    await world.enter("moderator", STUDENT)
    await once(world)
    with _counted() as statements:
        await once(world)
    assert len(statements) == 1


async def test_the_process_looks_by_itself(settings: Settings) -> None:
    """Rule 36: at its start, and then regularly."""
    clock = Clock()
    async with open_world(settings.model_copy(update={"deadline_look_seconds": 0.05}), clock) as world:
        for who in ("moderator", STUDENT):
            await world.query(
                who, "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { launched } }", room=world.room
            )
        async with world.socket("student-002") as socket:
            stream = await socket.subscribe(STATUS, room=world.room)
            assert (await stream.next())["participantCount"] == 2
            clock.advance(seconds=91)
            while (await stream.next())["participantCount"] != 0:
                pass


@pytest.mark.second_tier
async def test_the_people_of_a_killed_process_leave_once(
    postgres: Databases, redis_url: str, postgres_template: str, tmp_path: object
) -> None:
    """Rules 33, 36: another process removes them after lease and grace period, and not before."""
    name = f"enfilade_killed_{id(tmp_path)}"
    url = postgres.create_database(name, postgres_template)
    settings = Settings(dev=True, database_url=url, redis_url=redis_url, stream_checkpoint_seconds=0.3)
    survivor = settings.model_copy(update={"deadline_look_seconds": 3600, "drain_seconds": 0})
    async with open_world(survivor) as world:
        with ServerProcess(settings) as doomed:
            async with (
                client_of(doomed) as client,
                client.socket(STUDENT) as socket,
                client.socket("moderator") as other,
            ):
                await world.enter("moderator", STUDENT)
                for each in (socket, other):
                    stream = await each.subscribe(EVENTS, room=world.room)
                    await stream.next()
                assert await fall_due(world) == []
                await asyncio.to_thread(doomed.kill)
                assert await socket.closed() == 1006
        assert await after(world, seconds=65) == []
        assert await after(world, seconds=26) == ["ParticipantLeft", "ParticipantLeft"]
        assert await after(world, seconds=600) == []
    postgres.drop_database(name)
