"""People who were inside and wait again: people inside do not notice (rules 34, 37, 40)."""

from typing import Any

import pytest

from tests.support.admission import (
    admit,
    admit_all,
    decline,
    kinds_since,
    launch,
    lock,
    locked,
    own,
    people,
    remove,
    wait,
)
from tests.support.due_deadlines import after
from tests.support.people import events_since, local, log_head
from tests.support.running_session import VERBS
from tests.support.world import END, ENTER, LEAVE, World

AGAIN = "chatmod"
THOSE_INSIDE = ["student-001", "student-002"]
SEEN = """query ($session: ID!, $id: ID!, $gone: [ParticipantState!], $out: [ParticipantState!]) {
  node(id: $session) { ... on RoomSession {
    participants { edges { node { ...P } cursor } }
    gone: participants(states: $gone) { edges { node { ...P } } }
    inside: participants(states: [ADMITTED]) { edges { node { ...P } } }
    out: participants(states: $out) { edges { node { ...P } } }
    none: participants(states: []) { edges { node { ...P } } } } }
  one: node(id: $id) { ...P } }
fragment P on Participant { id state roles roleSources { role source } joinedAt leftAt onStage invitedToStage
  handRaisedAt permissionsStale user { name } }"""


async def been_inside(world: World, how: str) -> tuple[str, str]:
    """Lets somebody enter and leave, or be removed, and locks the session. Returns it and their participant."""
    session = await launch(world, *THOSE_INSIDE)
    entered = (await world.mutate(AGAIN, ENTER, room=world.room))["participant"]
    if how == "LEFT":
        await world.mutate(AGAIN, LEAVE, room=world.room)
    else:
        await remove(world, entered["id"])
    await world.mutate(THOSE_INSIDE[1], LEAVE, room=world.room)
    await lock(world, session)
    return session, str(entered["id"])


async def seen(world: World, session: str, participant: str, gone: str) -> list[Any]:
    """Returns all that people who are or were inside read of the participants, and the refusals of acts on this one."""
    others = [state for state in ("WAITING", "DECLINED", "REMOVED", "LEFT") if state != gone]
    given = {"session": session, "id": participant, "gone": [gone], "out": others}
    read = [await world.query(who, SEEN, **given) for who in THOSE_INSIDE]
    (of_state,) = [edge["node"] for edge in read[0]["node"]["gone"]["edges"] if edge["node"]["id"] == participant]
    assert of_state == read[0]["one"]
    assert of_state["state"] == gone
    lowered = await world.refused(THOSE_INSIDE[0], VERBS["lowerHand"], input={"participantId": participant})
    return [*read, lowered["code"]]


FATES = ["waits", "declined", "leaves", "removed", "banned", "absent"]


@pytest.mark.parametrize("how", ["LEFT", "REMOVED"])
@pytest.mark.parametrize("fate", FATES)
async def test_those_inside_read_the_same_of_them_whatever_becomes_of_waiting(
    world: World, how: str, fate: str
) -> None:
    """Rules 37, 40: as left or removed, with the roles and times of their time inside."""
    session, participant = await been_inside(world, how)
    before = await seen(world, session, participant, how)
    assert before[-1] == "FORBIDDEN"
    world.clock.advance(seconds=60)
    await world.enter("moderator", *THOSE_INSIDE[:1])
    assert await wait(world, AGAIN) == [participant]
    match fate:
        case "declined":
            await decline(world, session, participant)
        case "leaves":
            await world.mutate(AGAIN, LEAVE, room=world.room)
        case "removed" | "banned":
            await remove(world, participant, ban=fate == "banned")
        case "absent":
            world.clock.advance(seconds=60)
            await world.enter("moderator", *THOSE_INSIDE[:1])
            assert await after(world, seconds=31) == ["ParticipantLeft"]
    assert await seen(world, session, participant, how) == before
    state = {"waits": "WAITING", "declined": "DECLINED", "leaves": "LEFT", "absent": "LEFT"}.get(fate, "REMOVED")
    assert (await people(world, "moderator", session, state))[state] >= 1
    assert (await own(world, AGAIN, session))["state"] == state


@pytest.mark.parametrize("how", ["LEFT", "REMOVED"])
async def test_the_end_of_the_session_is_not_theirs(world: World, how: str) -> None:
    """Rules 37, 38: people inside see that they left when they had left, not at the session's end."""
    session, participant = await been_inside(world, how)
    before = (await seen(world, session, participant, how))[0]["one"]
    await wait(world, AGAIN)
    await world.mutate("moderator", END, session=session)
    read = await world.query(THOSE_INSIDE[0], SEEN, session=session, id=participant)
    assert read["one"] == before
    assert await own(world, AGAIN, session) == {key: before[key] for key in ("id", "roles", "joinedAt", "leftAt")} | {
        "state": "LEFT"
    }


async def test_they_themselves_and_moderators_read_that_they_wait_and_since_when(world: World) -> None:
    """Rules 32, 37: without roles; once waiting ends without admission, with those of their time inside."""
    session, participant = await been_inside(world, "LEFT")
    was = await own(world, AGAIN, session)
    assert was["roles"] == ["CHAT_MODERATOR"]
    await wait(world, AGAIN)
    mine = await own(world, AGAIN, session)
    assert (mine["state"], mine["roles"], mine["leftAt"]) == ("WAITING", [], None)
    assert mine["joinedAt"] > was["leftAt"]
    theirs = (await world.query("moderator", SEEN, session=session, id=participant))["one"]
    assert {key: theirs[key] for key in mine} == mine
    assert theirs["roleSources"] == []
    await decline(world, session, participant)
    assert await own(world, AGAIN, session) == was | {"state": "DECLINED"}


async def test_who_comes_back_stands_behind_those_who_waited_already(world: World) -> None:
    """Rule 37: the order is that of the start of waiting, not of the first visit."""
    session, participant = await been_inside(world, "LEFT")
    (first,) = await wait(world, "student-003")
    await wait(world, AGAIN)
    head = await log_head(world)
    assert await admit_all(world, session) == ["ADMITTED", "ADMITTED"]
    joined = [event.participant for event in await events_since(world, head)]  # type: ignore[union-attr]  # all are ParticipantJoined
    assert [one.id for one in joined] == [local(first), local(participant)]
    assert [(one.waiting_since, one.left_at) for one in joined] == [(None, None)] * 2


async def test_being_let_in_again_is_a_time_inside_of_its_own(world: World) -> None:
    """Rules 32, 37: somebody who had been removed is admitted for people inside, and can be removed again."""
    session, participant = await been_inside(world, "REMOVED")
    await wait(world, AGAIN)
    assert await admit(world, session, participant) == ["ADMITTED"]
    assert await people(world, THOSE_INSIDE[0], session, "REMOVED") == {}
    await world.mutate(AGAIN, LEAVE, room=world.room)
    assert await people(world, THOSE_INSIDE[0], session, "LEFT") == {"LEFT": 2}
    head = await log_head(world)
    await wait(world, AGAIN)
    assert await kinds_since(world, head) == ["ParticipantWaiting"]
    assert await people(world, THOSE_INSIDE[0], session, "LEFT") == {"LEFT": 2}


async def test_whoever_was_never_inside_stays_hidden(world: World) -> None:
    """Rule 37: also after they have left."""
    session = await locked(world, THOSE_INSIDE[0])
    gone, declined, removed = await wait(world, "student-003", "student-004", "student-005")
    await world.mutate("student-003", LEAVE, room=world.room)
    await decline(world, session, declined)
    await remove(world, removed)
    assert await people(world, THOSE_INSIDE[0], session) == {"ADMITTED": 2}
    for participant in (gone, declined, removed):
        read = await world.query(THOSE_INSIDE[0], SEEN, session=session, id=participant)
        assert read["one"] is None
