"""Attendance of a session, step by step (rules 83, 84)."""

from typing import Any

from tests.support.admission import ADMIT, DECLINE, REMOVE, lock, wait
from tests.support.due_deadlines import after, fall_due
from tests.support.people import configure, id_of
from tests.support.running_session import Meeting, meet
from tests.support.session_reports import report, rows
from tests.support.world import END, LEAVE, World

ONE, OTHER = "student-001", "student-002"


async def stays(meeting: Meeting, who: str) -> list[tuple[int, str | None]]:
    """Returns the length of each stay of this person, about, and its end."""
    return [(about(stay["seconds"]), stay["ended"]) for stay in (await attended(meeting, who))["stays"]]


def about(seconds: int) -> int:
    """Returns the seconds by which the test moved the clock, which are multiples of 5. Its own run takes less."""
    return seconds // 5 * 5


async def attended(meeting: Meeting, who: str) -> dict[str, Any]:
    found = (await report(meeting.world, "manager", meeting.session))["attendance"]
    person = await id_of(meeting.world, who)
    (one,) = [each for each in found if each["user"]["id"] == person]
    return dict(one)


async def test_each_stay_is_counted_with_its_end(world: World) -> None:
    """Rule 83: left, absent, removed, and the end of the session; a stay that lasts is counted up to now."""
    meeting = await meet(world, ONE)
    world.clock.advance(seconds=20)
    await world.mutate(ONE, LEAVE, room=world.room)
    world.clock.advance(seconds=30)
    await meeting.enter(ONE)
    world.clock.advance(seconds=10)
    assert await stays(meeting, ONE) == [(20, "LEFT"), (10, None)]
    assert (await attended(meeting, ONE))["stays"][1]["leftAt"] is None
    assert about((await attended(meeting, ONE))["secondsInside"]) == 30
    await world.mutate("moderator", REMOVE, input={"participantId": meeting.ids[ONE], "ban": False})
    await meeting.enter(ONE)
    world.clock.advance(seconds=25)
    await meeting.enter("moderator")  # a sign of life, after which only the student is absent
    await after(world, seconds=70)
    await meeting.enter(ONE)
    world.clock.advance(seconds=5)
    await world.mutate("moderator", END, session=meeting.session)
    world.clock.advance(seconds=100)
    assert await stays(meeting, ONE) == [(20, "LEFT"), (10, "REMOVED"), (95, "ABSENT"), (5, "SESSION_ENDED")]
    assert await stays(meeting, "moderator") == [(160, "SESSION_ENDED")]


async def test_waiting_is_no_stay(world: World) -> None:
    """Rules 37, 83: only admission begins one. A person who was declined did not attend."""
    meeting = await meet(world)
    await lock(world, meeting.session)
    waiting, declined = [*await wait(world, ONE), *await wait(world, OTHER)]
    world.clock.advance(seconds=10)
    given = {"sessionId": meeting.session}
    await world.mutate("moderator", ADMIT, input={**given, "participantIds": [waiting]})
    await world.mutate("moderator", DECLINE, input={**given, "participantIds": [declined]})
    world.clock.advance(seconds=10)
    assert await stays(meeting, ONE) == [(10, None)]
    await world.mutate(ONE, LEAVE, room=world.room)
    await wait(world, ONE)
    world.clock.advance(seconds=10)
    await world.mutate(ONE, LEAVE, room=world.room)
    assert await stays(meeting, ONE) == [(10, "LEFT")]
    found = await report(world, "manager", meeting.session)
    assert [one["user"]["name"] for one in found["attendance"]] == ["Timo Assistant", "Student 001"]
    assert found["totals"]["peak"] == 2


async def test_time_on_stage_is_counted_in_each_stay(world: World) -> None:
    """Rule 83: until they step down, leave, or the session ends."""
    meeting = await meet(world, ONE)
    await meeting.does("moderator", "setStageAccess", access="EVERYONE")
    for seconds in (10, 20):
        await meeting.does(ONE, "requestStage")
        world.clock.advance(seconds=seconds)
        assert about((await attended(meeting, ONE))["secondsOnStage"]) == (10 if seconds == 10 else 30)
        await meeting.does(ONE, "leaveStage")
        world.clock.advance(seconds=5)
    await meeting.does(ONE, "requestStage")
    world.clock.advance(seconds=15)
    await world.mutate(ONE, LEAVE, room=world.room)
    await meeting.enter(ONE)
    await meeting.does(ONE, "requestStage")
    world.clock.advance(seconds=5)
    await world.mutate("moderator", END, session=meeting.session)
    one = await attended(meeting, ONE)
    assert [about(stay["secondsOnStage"]) for stay in one["stays"]] == [45, 5]
    assert (about(one["secondsInside"]), about(one["secondsOnStage"])) == (60, 50)
    assert (await attended(meeting, "moderator"))["secondsOnStage"] == 0


async def test_the_highest_role_of_all_stays_counts(world: World) -> None:
    """Rules 32, 83: the roles are those of the snapshots."""
    meeting = await meet(world, ONE, OTHER)
    await configure(world, speakerIds=[await id_of(world, ONE), await id_of(world, OTHER)])
    assert (await attended(meeting, ONE))["highestRole"] == "ATTENDEE"
    await world.mutate(ONE, LEAVE, room=world.room)
    await meeting.enter(ONE)
    assert (await attended(meeting, ONE))["highestRole"] == "SPEAKER"
    await configure(world, speakerIds=[])
    await world.mutate(ONE, LEAVE, room=world.room)
    await meeting.enter(ONE)
    assert (await attended(meeting, ONE))["highestRole"] == "SPEAKER"
    assert (await attended(meeting, OTHER))["highestRole"] == "ATTENDEE"


async def test_the_curve_has_each_minute_also_those_in_which_nobody_moved(world: World) -> None:
    """Rule 84."""
    meeting = await meet(world, ONE)
    world.clock.advance(seconds=50)
    await meeting.enter("moderator", OTHER)
    await world.mutate(ONE, LEAVE, room=world.room)
    for _ in range(3):
        world.clock.advance(seconds=60)
        await meeting.enter("moderator", OTHER)
        assert await fall_due(world) == []
    await world.mutate(OTHER, LEAVE, room=world.room)
    world.clock.advance(seconds=60)
    found = await report(world, "manager", meeting.session)
    assert [minute["inside"] for minute in found["curve"]] == [3, 2, 2, 2, 1]
    assert (found["totals"]["peak"], found["totals"]["people"]) == (3, 3)
    assert [row["inside"] for row in await rows(world, "manager", meeting.session, "curve")] == [3, 2, 2, 2, 1]
