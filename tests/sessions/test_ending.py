"""The end of a session with many people, and simultaneous mutations (rules 28, 33, 36 to 40)."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import insert, select, update

from models.storage.base import new_id
from models.tables.deadlines import Deadline, DeadlineKind, due_in
from models.tables.site import RoomLimits
from resolvers.deadlines import work_off
from server import deadlines
from server.accounts import THE_SERVER
from tests.support.admission import lock, wait
from tests.support.due_deadlines import GRACE, HEARTBEAT, KEPT, after, fall_due, state_of, wait_for_time_left
from tests.support.event_streams import EVENTS, is_live
from tests.support.people import change, events_since, local, log_head
from tests.support.running_session import kinds, meet, students
from tests.support.statement_counts import statements_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, ENTER, LEAVE, World

END_IT = "mutation ($input: EndSessionInput!) { endSession(input: $input) { userErrors { code } } }"


async def test_nothing_falls_due_any_more_of_anyone_who_was_there(world: World) -> None:
    """Rules 38, 39: deadlines of people inside, invited or waiting, and of the session are deleted; others stay."""
    meeting = await meet(world, *students(3), mode="WEBINAR")
    await meeting.does("moderator", "inviteToStage", "student-001")
    await lock(world, meeting.session)
    await wait(world, *students(2, start=4))
    other = {"subject_id": new_id(), "gallery_id": local(world.gallery), "due_at": world.clock()}
    await change(world, insert(Deadline).values(kind=DeadlineKind.ABSENCE, **other))  # type: ignore[arg-type]  # `change` runs INSERT too
    await world.mutate("moderator", LEAVE, room=world.room)
    kinds = set(await world.database.reads.values(select(Deadline.kind)))
    assert kinds == {DeadlineKind.ABSENCE, DeadlineKind.INVITATION, DeadlineKind.HOST_ABSENCE}
    await world.mutate("manager", END, session=meeting.session)
    assert await world.database.reads.values(select(Deadline.subject_id)) == [other["subject_id"]]


async def test_ending_takes_the_same_statements_for_few_and_for_many(world: World) -> None:
    """Rule 38: the statements are identical; if they named people, they could become too long."""
    seen = []
    for crowd in (students(1), students(9)):
        meeting = await meet(world, *crowd)
        await lock(world, meeting.session)
        await wait(world, *students(len(crowd), start=20))
        seen.append(await statements_of(world, "moderator", END_IT, {"sessionId": meeting.session}))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("first", ["end", "absence"])
async def test_an_end_and_an_absence_that_falls_due_at_the_same_moment(world: World, first: str) -> None:
    """Rules 36, 38, 40: in either order, everyone leaves once, and the second does nothing."""
    meeting = await meet(world, *students(3))
    world.clock.advance(seconds=91)
    await world.enter("moderator")
    head = await log_head(world)
    before = await read_state(world.database)
    end = world.query("moderator", END, session=meeting.session)
    absences = deadlines.once(world.database, world.process.attendance)
    await asyncio.gather(*((end, absences) if first == "end" else (absences, end)))
    assert await fold_all(world.database, before) == await read_state(world.database)
    told = kinds(await events_since(world, head))
    assert told.count("SessionEnded") == 1
    assert told[-1] == "SessionEnded"
    assert set(told) <= {"ParticipantLeft", "SessionEnded"}
    assert await world.database.reads.values(select(Deadline.subject_id)) == []
    assert await fall_due(world) == []
    assert [await state_of(world, who) for who in ("moderator", *students(3))] == ["LEFT"] * 4


async def test_an_absence_that_was_seen_before_the_end_and_is_worked_off_after_it(world: World) -> None:
    """Rules 38, 40: nothing happens; in the other order, the end skips people who have left."""
    meeting = await meet(world, *students(1))
    world.clock.advance(seconds=91)
    await world.enter("moderator")
    now = world.clock()
    (due,) = await due_in(world.database.reads, local(world.gallery), now, 10)
    await world.mutate("moderator", END, session=meeting.session)
    state = await read_state(world.database)
    work = partial(work_off, due=due, now=now, wait=True)
    assert await world.database.transact(THE_SERVER, "deadline", work)
    assert await read_state(world.database) == state


async def test_who_is_heard_of_between_the_look_and_the_act_stays(world: World) -> None:
    """Rules 33, 36: the worker reads the deadline again under its lock."""
    await meet(world, *students(1))
    world.clock.advance(seconds=91)
    await world.enter("moderator")
    now = world.clock()
    (due,) = await due_in(world.database.reads, local(world.gallery), now, 10)
    await world.mutate("student-001", HEARTBEAT, room=world.room)
    work = partial(work_off, due=due, now=now, wait=True)
    assert await world.database.transact(THE_SERVER, "deadline", work)
    assert await state_of(world, "student-001") == "ADMITTED"
    assert await after(world, seconds=85) == []
    assert "ParticipantLeft" in await after(world, seconds=10)


async def test_a_running_session_keeps_the_limits_that_it_was_launched_with(world: World) -> None:
    """Rule 28: whatever the site's limits are later; the next session has the new ones."""
    await change(world, update(RoomLimits).values(participant_capacity=3))
    meeting = await meet(world, "student-001")
    await change(world, update(RoomLimits).values(participant_capacity=2))
    await world.enter("student-002")
    assert (await world.refused("student-003", ENTER, room=world.room))["code"] == "ROOM_FULL"
    await world.mutate("moderator", END, session=meeting.session)
    await meet(world, "student-001")
    assert (await world.refused("student-002", ENTER, room=world.room))["code"] == "ROOM_FULL"


async def test_who_is_suspended_inside_leaves_by_their_absence(world: World) -> None:
    """Rules 36, 66: their socket is closed, so they leave after the grace period."""
    await meet(world, "student-001")
    async with world.socket("student-001") as socket:
        await is_live(await socket.subscribe(EVENTS, room=world.room))
        await wait_for_time_left(world, "student-001", *KEPT)
        await world.suspend("student-001")
        assert await socket.closed() == 4403
    await wait_for_time_left(world, "student-001", *GRACE)
    assert await state_of(world, "student-001") == "ADMITTED"
    world.clock.advance(seconds=55)
    await world.enter("moderator")
    assert await after(world, seconds=6) == ["ParticipantLeft"]
    assert await state_of(world, "student-001") == "LEFT"
