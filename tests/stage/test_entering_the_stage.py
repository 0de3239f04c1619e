"""Coming onto the stage by entering (rules 87, 89)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from models.storage.base import read_facts
from models.tables.rooms import RoomMode
from models.tables.sessions import SessionCounts
from models.tables.site import RoomLimits
from tests.support.admission import ADMIT, admit_all, lock, unlock
from tests.support.due_deadlines import session_row
from tests.support.people import change, configure, events_since, id_of, log_head
from tests.support.running_session import Meeting, kinds, meet, moved, students
from tests.support.statement_counts import statements_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, LEAVE, World

ENTER = """mutation ($input: EnterRoomInput!) { enterRoom(input: $input) {
  cursor participant { id state onStage camera microphone screen } userErrors { code message field } } }"""
STATUS = "subscription ($room: ID!) { roomStatus(roomId: $room) { participantCount onStageCount } }"


async def enters(meeting: Meeting, who: str, **wishes: Any) -> tuple[str, bool, str]:
    """Lets somebody enter. Returns their state, whether they are on the stage, and their camera's state."""
    world = meeting.world
    one = (await world.mutate(who, ENTER, input={"roomId": world.room, **wishes}))["participant"]
    meeting.ids[who] = one["id"]
    assert (one["microphone"], one["screen"]) == ("OFF", "OFF")
    return one["state"], one["onStage"], one["camera"]


async def test_who_enters_an_interactive_session_is_on_its_stage(world: World) -> None:
    """Rules 87, 89: the host too, camera on; with one event each, which has the counts; not after declining it."""
    await configure(world, mode="INTERACTIVE")
    head = await log_head(world)
    meeting = await meet(world, mode="INTERACTIVE")
    assert await enters(meeting, "student-001") == ("ADMITTED", True, "ON")
    assert await enters(meeting, "student-002", stage="OFF") == ("ADMITTED", False, "OFF")
    assert await enters(meeting, "student-003", stage="BY_MODE", camera=False) == ("ADMITTED", True, "OFF")
    told = await events_since(world, head)
    assert kinds(told) == ["SessionStarted", *["ParticipantJoined"] * 4]
    assert [(each.counts.stage_count, each.counts.turns) for each in moved(told)] == [(1, 1), (2, 2), (2, 2), (3, 3)]
    assert await meeting.on_stage() == ["student-003", "student-001", "moderator"]
    assert await meeting.counted() == 3
    await meeting.does("student-002", "requestStage")
    assert await meeting.devices("student-002") == ("ON", "OFF", "OFF")


async def test_who_is_inside_does_not_come_up_by_entering_again(world: World) -> None:
    """Rules 36, 87: from another device; leaving and entering is coming up again, as the latest."""
    meeting = await meet(world, *students(2), mode="INTERACTIVE")
    await meeting.does("student-001", "leaveStage")
    assert await enters(meeting, "student-001") == ("ADMITTED", False, "OFF")
    assert await enters(meeting, "student-002", stage="OFF", camera=False) == ("ADMITTED", True, "ON")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await enters(meeting, "student-001") == ("ADMITTED", True, "ON")
    assert await meeting.on_stage() == ["student-001", "student-002", "moderator"]


@pytest.mark.parametrize("access", ["BY_REQUEST", "INVITE_ONLY"])
async def test_a_stage_that_is_not_open_to_everyone_is_entered_by_nobody(world: World, access: str) -> None:
    """Rules 42, 87: from the moment on that a moderator closes it; moderators step up by themselves."""
    meeting = await meet(world, mode="INTERACTIVE")
    await meeting.does("moderator", "setStageAccess", access=access)
    assert await enters(meeting, "student-001") == ("ADMITTED", False, "OFF")
    assert await enters(meeting, "manager", camera=True) == ("ADMITTED", False, "OFF")


async def test_a_webinar_is_entered_off_the_stage(world: World) -> None:
    """Rules 42, 87, 89: whatever its access; cameras are off by default there."""
    meeting = await meet(world, speakerIds=[await id_of(world, "speaker")])
    await meeting.does("moderator", "setStageAccess", access="EVERYONE")
    for who in ("speaker", "student-001"):
        assert await enters(meeting, who, camera=True) == ("ADMITTED", False, "OFF")
        await meeting.does(who, "requestStage")
        assert await meeting.devices(who) == ("OFF", "OFF", "OFF")


async def test_who_waits_comes_up_on_admission_unless_they_decline(world: World) -> None:
    """Rules 37, 87: in the order of admission, each with an event; the last wish counts, and moderators are told of it."""
    meeting = await meet(world, mode="INTERACTIVE")
    await lock(world, meeting.session)
    wished: list[dict[str, Any]] = [{}, {"stage": "OFF"}, {"camera": False}, {"stage": "OFF"}]
    for who, wishes in zip(students(4), wished, strict=True):
        assert await enters(meeting, who, **wishes) == ("WAITING", False, "OFF")
    head = await log_head(world)
    await enters(meeting, "student-004")
    await enters(meeting, "student-004")
    assert kinds(await events_since(world, head)) == ["ParticipantWaiting"]
    head = await log_head(world)
    assert await admit_all(world, meeting.session) == ["ADMITTED"] * 4
    told = moved(await events_since(world, head))
    assert [(each.counts.participant_count, each.counts.stage_count) for each in told] == [
        (2, 2),
        (3, 2),
        (4, 3),
        (5, 4),
    ]
    assert [each.counts for each in told[-1:]] == [await counts_of(world)]
    assert await meeting.on_stage() == ["student-004", "student-003", "student-001", "moderator"]
    assert [(await meeting.devices(who))[0] for who in students(4)] == ["ON", "OFF", "OFF", "ON"]


async def counts_of(world: World) -> SessionCounts:
    """Returns the counts of the newest session, from its row."""
    return read_facts(SessionCounts, await session_row(world))


async def limit_interactive(world: World, capacity: int) -> None:
    limits = update(RoomLimits).where(RoomLimits.mode == RoomMode.INTERACTIVE)
    await change(world, limits.values(stage_capacity=capacity))


async def test_a_full_stage_keeps_nobody_outside(world: World) -> None:
    """Rules 23, 43, 87: where the site limits it, invitations hold places, and who comes later is simply not on it."""
    await limit_interactive(world, 3)
    meeting = await meet(world, mode="INTERACTIVE")
    assert await enters(meeting, "student-001", stage="OFF") == ("ADMITTED", False, "OFF")
    await meeting.does("moderator", "inviteToStage", "student-001")
    await lock(world, meeting.session)
    for who in students(2, start=2):
        await enters(meeting, who)
    assert await admit_all(world, meeting.session) == ["ADMITTED"] * 2
    assert await meeting.on_stage() == ["student-002", "moderator"]
    await unlock(world, meeting.session)
    await meeting.does("student-001", "acceptStage")
    assert await enters(meeting, "student-004") == ("ADMITTED", False, "OFF")
    await meeting.does("student-002", "leaveStage")
    assert await enters(meeting, "student-005") == ("ADMITTED", True, "ON")
    assert await meeting.counted() == 3


async def test_all_who_enter_at_once_have_turns_of_their_own(world: World) -> None:
    """Rules 23, 31, 87: the stage has everyone once, in one order, and the count is theirs."""
    meeting = await meet(world, mode="INTERACTIVE")
    before = await read_state(world.database)
    await asyncio.gather(*(meeting.enter(who) for who in students(12)))
    assert await fold_all(world.database, before) == await read_state(world.database)
    up = await meeting.on_stage()
    assert (up[-1], set(up[:-1])) == ("moderator", set(students(12)))
    assert await meeting.counted() == 13


async def test_the_page_is_told_how_many_are_on_stage(world: World) -> None:
    """Rules 64, 87: by entering and by leaving."""
    meeting = await meet(world, mode="INTERACTIVE")
    async with world.socket("visitor-001") as socket:
        stream = await socket.subscribe(STATUS, room=world.room)
        assert await stream.next() == {"participantCount": 1, "onStageCount": 1}
        await meeting.enter("student-001")
        assert await stream.next() == {"participantCount": 2, "onStageCount": 2}
        await world.mutate("student-001", LEAVE, room=world.room)
        assert await stream.next() == {"participantCount": 1, "onStageCount": 1}


async def test_entering_costs_no_statement_more_for_the_stage(world: World) -> None:
    """Rule 87: entering a stage costs what entering a webinar does, and so does admitting many."""
    found: dict[str, list[int]] = {}
    for mode in ("WEBINAR", "INTERACTIVE"):
        meeting = await meet(world, mode=mode)
        one = await statements_of(world, "student-001", ENTER, {"roomId": world.room})
        await lock(world, meeting.session)
        for who in students(4, start=2):
            await world.query(who, ENTER, input={"roomId": world.room})
        all_ = await statements_of(world, "moderator", ADMIT, {"sessionId": meeting.session, "all": True})
        found[mode] = [len(one), len(all_)]
        await world.mutate("moderator", END, session=meeting.session)
    assert found["INTERACTIVE"] == found["WEBINAR"]
