"""A locked room: who waits, and how waiting ends (rules 31, 37, 38)."""

import pytest
from sqlalchemy import select, update

from models.tables.deadlines import Deadline
from models.tables.site import RoomLimits
from tests.support.admission import (
    LOCK,
    UNLOCK,
    admit,
    counted,
    decline,
    kinds_since,
    launch,
    lock,
    locked,
    own,
    people,
    state_of,
    status,
    unlock,
    wait,
)
from tests.support.people import change, configure, id_of, local, log_head
from tests.support.world import END, ENTER, LEAVE, POST, World


async def test_locking_is_told_once(world: World) -> None:
    """Rule 37: locking again succeeds and sends no event."""
    session = await launch(world)
    head = await log_head(world)
    for document, kind, now in ((LOCK, "RoomLocked", True), (UNLOCK, "RoomUnlocked", False)):
        done = await world.mutate("moderator", document, input={"sessionId": session})
        assert done["session"] == {"id": session, "locked": now}
        assert (await status(world, "student-001"))["locked"] is now
        assert await kinds_since(world, head) == [kind]
        head = await log_head(world)
        again = await world.mutate("manager", document, input={"sessionId": session})
        assert again == done | {"cursor": None}
        assert await kinds_since(world, head) == []


async def test_newcomers_wait_but_for_room_moderators(world: World) -> None:
    """Rules 8, 37: chat moderators wait too; entering again returns the same participant and sends no event."""
    session = await locked(world, "student-001")
    head = await log_head(world)
    for who in ("student-002", "chatmod"):
        entered = await world.mutate(who, ENTER, room=world.room)
        assert (entered["participant"]["state"], entered["participant"]["roles"]) == ("WAITING", [])
        assert entered["session"]["id"] == session
        assert not entered["launched"]
    assert await kinds_since(world, head) == ["ParticipantWaiting"] * 2
    head = await log_head(world)
    again = await world.mutate("chatmod", ENTER, room=world.room)
    assert again == entered | {"cursor": None}
    assert await kinds_since(world, head) == []
    assert await counted(world, session) == (2, 2)
    joined = await world.mutate("manager", ENTER, room=world.room)
    assert (joined["participant"]["state"], joined["participant"]["roles"]) == ("ADMITTED", ["ROOM_MODERATOR"])
    inside = await world.mutate("student-001", ENTER, room=world.room)
    assert inside["participant"]["state"] == "ADMITTED"
    assert await counted(world, session) == (3, 2)


async def test_who_comes_back_after_leaving_waits_like_a_newcomer(world: World) -> None:
    """Rules 32, 37: without their former roles."""
    session = await locked(world, "chatmod")
    await world.mutate("chatmod", LEAVE, room=world.room)
    (back,) = await wait(world, "chatmod")
    mine = await own(world, "chatmod", session)
    assert (mine["id"], mine["state"], mine["roles"], mine["leftAt"]) == (back, "WAITING", [], None)
    for channel in ("GROUP", "BACKCHANNEL"):
        said = await world.refused("chatmod", POST, room=world.room, text="Psst", channel=channel)
        assert said["code"] == "NOT_IN_SESSION"
    assert await admit(world, session, back) == ["ADMITTED"]
    assert (await own(world, "chatmod", session))["roles"] == ["CHAT_MODERATOR"]


async def test_who_waits_does_not_count_for_the_capacity(world: World) -> None:
    """Rules 31, 37: waiting reserves no place, and people can wait for a full room."""
    await change(world, update(RoomLimits).values(participant_capacity=2))
    session = await locked(world)
    await wait(world, "student-001", "student-002", "student-003")
    await world.enter("manager")
    assert await counted(world, session) == (2, 3)
    await wait(world, "student-004")
    await world.mutate("manager", LEAVE, room=world.room)
    await unlock(world, session)
    await world.enter("student-005")
    assert (await world.refused("student-001", ENTER, room=world.room))["code"] == "ROOM_FULL"
    assert await state_of(world, "student-001", session) == "WAITING"
    assert await counted(world, session) == (2, 4)


async def test_a_locked_full_room_is_full_for_moderators(world: World) -> None:
    """Rules 31, 37: entering directly takes a place."""
    await change(world, update(RoomLimits).values(participant_capacity=1))
    await locked(world)
    assert (await world.refused("manager", ENTER, room=world.room))["code"] == "ROOM_FULL"


async def test_unlocking_admits_nobody_by_itself(world: World) -> None:
    """Rule 37: people who wait can enter again."""
    session = await locked(world)
    waiting = await wait(world, "student-001", "student-002")
    await unlock(world, session)
    assert await counted(world, session) == (1, 2)
    head = await log_head(world)
    entered = (await world.mutate("student-001", ENTER, room=world.room))["participant"]
    assert (entered["id"], entered["state"], entered["roles"]) == (waiting[0], "ADMITTED", ["ATTENDEE"])
    assert await kinds_since(world, head) == ["ParticipantJoined"]
    assert await counted(world, session) == (2, 1)


async def test_who_was_declined_is_told_so_while_the_room_is_locked(world: World) -> None:
    """Rule 37: they can enter once it is unlocked."""
    session = await locked(world)
    (declined,) = await wait(world, "student-001")
    await decline(world, session, declined)
    assert await state_of(world, "student-001", session) == "DECLINED"
    assert (await world.refused("student-001", ENTER, room=world.room))["code"] == "ROOM_LOCKED"
    await unlock(world, session)
    await world.enter("student-001")
    await lock(world, session)
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await wait(world, "student-001") == [declined]


async def test_leaving_while_waiting_leaves_the_waiting_list(world: World) -> None:
    """Rule 37: somebody who comes back is behind those who waited meanwhile."""
    session = await locked(world)
    waiting = await wait(world, "student-001", "student-002")
    head = await log_head(world)
    left = await world.mutate("student-001", LEAVE, room=world.room)
    assert left["participant"] == {"id": waiting[0], "state": "LEFT"}
    assert await kinds_since(world, head) == ["ParticipantLeft"]
    assert await counted(world, session) == (1, 1)
    assert (await world.refused("student-001", LEAVE, room=world.room))["code"] == "NOT_IN_SESSION"
    assert await wait(world, "student-001") == waiting[:1]
    assert await counted(world, session) == (1, 2)


@pytest.mark.parametrize("how", ["end", "disable"])
async def test_the_end_of_the_session_is_the_end_of_waiting(world: World, how: str) -> None:
    """Rules 27, 38, 40: all who wait leave, and the next session is unlocked."""
    session = await locked(world, "student-001")
    await wait(world, "student-002", "student-003")
    if how == "end":
        await world.mutate("moderator", END, session=session)
    else:
        await configure(world, enabled=False, endActiveSession=True)
        await configure(world, enabled=True)
    assert await counted(world, session) == (0, 0)
    assert await state_of(world, "student-002", session) == "LEFT"
    assert (await world.refused("student-002", LEAVE, room=world.room))["code"] == "SESSION_ENDED"
    assert (await world.refused("student-002", ENTER, room=world.room))["code"] == "ROOM_NOT_OPEN"
    fresh = await launch(world, "student-002")
    assert fresh != session
    assert await people(world, "moderator", fresh) == {"ADMITTED": 2}


async def test_who_becomes_a_room_moderator_need_not_wait_on(world: World) -> None:
    """Rules 32, 37: roles are resolved on entering again, not before."""
    session = await locked(world)
    await wait(world, "student-001")
    await configure(world, roomModeratorIds=[await id_of(world, "student-001"), await id_of(world, "moderator")])
    assert await state_of(world, "student-001", session) == "WAITING"
    joined = (await world.mutate("student-001", ENTER, room=world.room))["participant"]
    assert (joined["state"], joined["roles"]) == ("ADMITTED", ["ROOM_MODERATOR"])
    assert await counted(world, session) == (2, 0)


async def test_who_waits_has_a_deadline_like_those_inside_until_it_is_over(world: World) -> None:
    """Rule 36: people without a sign of life stop waiting."""
    session = await locked(world)
    waiting = await wait(world, "student-001", "student-002", "student-003", "student-004")
    assert await due(world) >= {local(each) for each in waiting}
    world.clock.advance(seconds=50)
    await wait(world, "student-001")
    times = {row.subject_id: row.due_at for row in await world.database.reads.all(select(Deadline))}
    assert times[local(waiting[0])] > times[local(waiting[1])]
    await world.mutate("student-001", LEAVE, room=world.room)
    await decline(world, session, waiting[1])
    assert await due(world) & {local(each) for each in waiting} == {local(each) for each in waiting[2:]}
    await admit(world, session, waiting[2])
    times = {row.subject_id: row.due_at for row in await world.database.reads.all(select(Deadline))}
    assert times[local(waiting[2])] > times[local(waiting[3])]
    await world.mutate("moderator", END, session=session)
    assert await due(world) == set()


async def due(world: World) -> set[object]:
    return set(await world.database.reads.values(select(Deadline.subject_id)))
