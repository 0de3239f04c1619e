"""Two mutations on the same person or session at the same moment (rules 29, 31, 36, 37, 38, 40)."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from models.tables.site import RoomLimits
from tests.support.admission import (
    ADMIT,
    DECLINE,
    LOCK,
    REMOVE,
    UNLOCK,
    at_once,
    counted,
    kinds_since,
    launch,
    lock,
    locked,
    own,
    wait,
)
from tests.support.people import change, log_head
from tests.support.world import END, ENTER, LEAVE, World

ROUNDS = range(4)
Act = tuple[str, str, dict[str, Any]]


def enter(world: World, who: str) -> Act:
    return who, ENTER, {"room": world.room}


def leave(world: World, who: str) -> Act:
    return who, LEAVE, {"room": world.room}


def end(session: str, who: str = "moderator") -> Act:
    return who, END, {"session": session}


def act(document: str, who: str = "moderator", **given: Any) -> Act:
    return who, document, {"input": given}


async def test_entering_twice_at_once_is_entering_once(world: World) -> None:
    """Rule 36: from two devices, into an open or a locked room."""
    session = await launch(world)
    for who, kind in (("student-001", "ParticipantJoined"), ("student-002", "ParticipantWaiting")):
        head = await log_head(world)
        assert await at_once(world, [enter(world, who)] * 6) == ["done"] * 6
        assert await kinds_since(world, head) == [kind]
        if kind == "ParticipantJoined":
            await lock(world, session)


async def test_entering_while_the_session_ends(world: World) -> None:
    """Rules 30, 38: the person is inside when it ends, or is refused; nobody stays inside."""
    for turn in ROUNDS:
        session = await (locked(world) if turn % 2 else launch(world))
        got = await at_once(world, [enter(world, "student-001"), end(session), enter(world, "student-002")])
        assert got[1] == "done"
        assert {got[0], got[2]} <= {"done", "ROOM_NOT_OPEN"}
        assert await counted(world, session) == (0, 0)


async def test_locking_while_someone_enters(world: World) -> None:
    """Rule 37: the person is inside or waits, and the log agrees."""
    for turn in ROUNDS:
        session = await launch(world)
        acts = [act(LOCK, sessionId=session), enter(world, "student-001")]
        head = await log_head(world)
        assert await at_once(world, acts if turn % 2 else acts[::-1]) == ["done", "done"]
        told = await kinds_since(world, head)
        state = (await own(world, "student-001", session))["state"]
        in_order = {"ADMITTED": ["ParticipantJoined", "RoomLocked"], "WAITING": ["RoomLocked", "ParticipantWaiting"]}
        assert told == in_order[state]
        await world.mutate("moderator", END, session=session)


async def test_two_moderators_do_opposite_things_about_someone_who_waits(world: World) -> None:
    """Rules 35, 37: one succeeds, and the other's answer says so."""
    for turn in ROUNDS:
        session = await locked(world, "manager")
        (waiting,) = await wait(world, "student-001")
        named: dict[str, Any] = {"sessionId": session, "participantIds": [waiting]}
        acts = [act(ADMIT, **named), act(DECLINE, "manager", **named)]
        head = await log_head(world)
        assert await at_once(world, acts if turn % 2 else acts[::-1]) == ["done", "done"]
        state = (await own(world, "student-001", session))["state"]
        kind, loser, code = {
            "ADMITTED": ("ParticipantJoined", DECLINE, "CONFLICT"),
            "DECLINED": ("ParticipantLeft", ADMIT, "NOT_IN_SESSION"),
        }[state]
        assert await kinds_since(world, head) == [kind]
        again = await world.mutate("manager", loser, input=named)
        assert [each["userError"]["code"] for each in again["results"]] == [code]
        await world.mutate("moderator", END, session=session)


async def test_admitting_twice_at_once_is_admitting_once(world: World) -> None:
    """Rule 37: by id and with `all`."""
    session = await locked(world, "manager")
    waiting = await wait(world, *[f"student-{number:03}" for number in range(1, 9)])
    acts = [act(ADMIT, sessionId=session, participantIds=waiting), act(ADMIT, "manager", sessionId=session, all=True)]
    head = await log_head(world)
    assert await at_once(world, acts * 2) == ["done"] * 4
    assert await kinds_since(world, head) == ["ParticipantJoined"] * 8
    assert await counted(world, session) == (10, 0)


async def test_removing_someone_while_they_leave(world: World) -> None:
    """Rules 36, 41: the first one decides how the person left, and one event is sent."""
    for turn in ROUNDS:
        session = await launch(world, "student-001")
        mine = (await own(world, "student-001", session))["id"]
        acts = [act(REMOVE, participantId=mine), leave(world, "student-001")]
        head = await log_head(world)
        got = await at_once(world, acts if turn % 2 else acts[::-1])
        assert sorted(got) == ["NOT_IN_SESSION", "done"]
        assert await kinds_since(world, head) == ["ParticipantLeft"]
        removed = dict(zip(["removed", "left"], got if turn % 2 else got[::-1], strict=True))["removed"] == "done"
        assert (await own(world, "student-001", session))["state"] == ("REMOVED" if removed else "LEFT")
        await world.mutate("moderator", END, session=session)


async def test_banning_someone_while_they_enter_again(world: World) -> None:
    """Rules 36, 41: in either order, the person is outside in the end."""
    session = await launch(world, "student-001")
    mine = (await own(world, "student-001", session))["id"]
    got = await at_once(world, [act(REMOVE, participantId=mine, ban=True), enter(world, "student-001")])
    assert got[0] == "done"
    assert got[1] in ("done", "REMOVED_FROM_SESSION")
    assert (await own(world, "student-001", session))["state"] == "REMOVED"


@pytest.mark.parametrize("document", [LOCK, UNLOCK, ADMIT, DECLINE, REMOVE])
async def test_acting_while_the_session_ends(world: World, document: str) -> None:
    """Rule 40: the act succeeds before the end or gets SESSION_ENDED; the session ends once."""
    session = await (launch(world, "manager") if document is LOCK else locked(world, "manager"))
    waiting = [(await world.mutate(f"student-{n:03}", ENTER, room=world.room))["participant"]["id"] for n in (1, 2)]
    given: dict[str, Any] = {"sessionId": session}
    if document in (ADMIT, DECLINE):
        given |= {"participantIds": waiting}
    if document is REMOVE:
        given = {"participantId": waiting[0]}
    acts = [act(document, **given), end(session), act(document, "manager", **given), end(session, "manager")]
    head = await log_head(world)
    got = await at_once(world, acts)
    assert sorted((got[1], got[3])) == ["SESSION_ENDED", "done"]
    assert {got[0], got[2]} <= {"done", "SESSION_ENDED"}
    told = await kinds_since(world, head)
    assert told[-1] == "SessionEnded"
    assert told.count("SessionEnded") == 1
    assert await counted(world, session) == (0, 0)


async def test_letting_in_and_joining_never_overshoot_together(world: World) -> None:
    """Rule 31: admitted people and people who enter an unlocked room share the remaining places."""
    await change(world, update(RoomLimits).values(participant_capacity=10))
    session = await locked(world, "manager")
    crowd = [f"student-{number:03}" for number in range(1, 25)]
    waiting = await wait(world, *crowd[:12])
    acts = [act(ADMIT, sessionId=session, participantIds=[each]) for each in waiting[:6]]
    acts += [act(ADMIT, "manager", sessionId=session, all=True), act(UNLOCK, sessionId=session)]
    acts += [enter(world, who) for who in crowd[12:]]
    got = await at_once(world, acts)
    assert set(Counter(got)) <= {"done", "ROOM_FULL"}
    assert (await counted(world, session))[0] == 10
    assert (await world.refused("student-029", ENTER, room=world.room))["code"] == "ROOM_FULL"
