"""Admitting and declining people who wait: one, several, or all (rules 31, 32, 37, 67)."""

from typing import Any

import pytest
from sqlalchemy import select, update

from models.events.sessions import ParticipantJoined, ParticipantLeft
from models.tables.audit import AuditRecord
from models.tables.galleries import GalleryRole
from models.tables.site import RoomLimits
from tests.support.admission import (
    ADMIT,
    DECLINE,
    LOCK,
    REMOVE,
    UNLOCK,
    admit,
    admit_all,
    counted,
    decline,
    kinds_since,
    launch,
    locked,
    own,
    people,
    state_of,
    wait,
)
from tests.support.people import (
    absent,
    change,
    configure,
    events_since,
    give_role,
    group_id,
    join_group,
    local,
    log_head,
)
from tests.support.statement_counts import statements_of
from tests.support.stored_state import read_state
from tests.support.world import END, ENTER, LEAVE, World

CROWD = [f"student-{number:03}" for number in range(1, 31)]


async def test_one_is_let_in_with_the_rights_of_that_moment(world: World) -> None:
    """Rules 32, 37: roles are resolved on admission, not at the start of waiting."""
    session = await locked(world)
    (waiting,) = await wait(world, "student-001")
    await join_group(world, await group_id(world, "teaching-assistants"), "student-001")
    began = (await own(world, "student-001", session))["joinedAt"]
    head = await log_head(world)
    assert await admit(world, session, waiting) == ["ADMITTED"]
    mine = await own(world, "student-001", session)
    assert (mine["state"], mine["roles"]) == ("ADMITTED", ["ROOM_MODERATOR"])
    assert mine["joinedAt"] > began
    assert await kinds_since(world, head) == ["ParticipantJoined"]
    assert await counted(world, session) == (2, 0)


async def test_all_are_let_in_as_they_came_and_each_event_counts_those_before_it(world: World) -> None:
    """Rules 37, 64: somebody who left and waits again is last."""
    session = await locked(world)
    first, second, third = await wait(world, *CROWD[:3])
    await world.mutate(CROWD[0], LEAVE, room=world.room)
    await wait(world, CROWD[0])
    head = await log_head(world)
    done = await world.mutate("manager", ADMIT, input={"sessionId": session, "all": True})
    assert [each["participantId"] for each in done["results"]] == [second, third, first]
    assert [each["participant"]["state"] for each in done["results"]] == ["ADMITTED"] * 3
    joined = [each for each in await events_since(world, head) if isinstance(each, ParticipantJoined)]
    assert [each.participant.id for each in joined] == [local(each) for each in (second, third, first)]
    counts = [
        (each.counts.participant_count, each.counts.peak_participants, each.counts.waiting_count) for each in joined
    ]
    assert counts == [(2, 2, 2), (3, 3, 1), (4, 4, 0)]
    assert await admit_all(world, session) == []
    assert await kinds_since(world, await log_head(world)) == []


async def test_each_is_answered_for_themselves_in_the_order_asked(world: World) -> None:
    """Rule 37: a refused one does not stop the others; somebody who is named twice gets one result."""
    session = await locked(world, "student-001")
    inside = (await own(world, "student-001", session))["id"]
    second, third, fourth = await wait(world, *CROWD[1:4])
    await decline(world, session, second)
    await world.mutate(CROWD[2], LEAVE, room=world.room)
    ids = ["no id", fourth, second, absent("Participant"), third, inside, fourth, session, "no id"]
    done = await world.mutate("moderator", ADMIT, input={"sessionId": session, "participantIds": ids})
    assert [each["participantId"] for each in done["results"]] == list(dict.fromkeys(ids))
    errors = [each["userError"] and each["userError"]["code"] for each in done["results"]]
    assert errors == ["NOT_FOUND", None, "NOT_IN_SESSION", "NOT_FOUND", "NOT_IN_SESSION", None, "NOT_FOUND"]
    assert done["results"][3]["userError"]["field"] == ["input", "participantIds", "3"]
    states = [each["participant"] and each["participant"]["state"] for each in done["results"]]
    assert states == [None, "ADMITTED", "DECLINED", None, "LEFT", "ADMITTED", None]
    head = await log_head(world)
    again = await world.mutate("moderator", ADMIT, input={"sessionId": session, "participantIds": [fourth, inside]})
    assert again["cursor"] is None
    assert await kinds_since(world, head) == []


async def test_letting_in_checks_the_capacity_again(world: World) -> None:
    """Rules 31, 37: places are given in the order of the input, or of waiting."""
    await change(world, update(RoomLimits).values(participant_capacity=4))
    session = await locked(world)
    one, two, three, four = await wait(world, *CROWD[:4])
    assert await admit(world, session, three, one) == ["ADMITTED", "ADMITTED"]
    assert await admit_all(world, session) == ["ADMITTED", "ROOM_FULL"]
    assert await counted(world, session) == (4, 1)
    assert await admit(world, session, one, four, two) == ["ADMITTED", "ROOM_FULL", "ADMITTED"]
    assert await state_of(world, CROWD[3], session) == "WAITING"


async def test_who_has_lost_access_is_not_let_in(world: World) -> None:
    """Rules 4, 32, 37: they take no place, and keep waiting in case they regain access."""
    await change(world, update(RoomLimits).values(participant_capacity=2))
    session = await locked(world)
    lost, other = await wait(world, *CROWD[:2])
    member = await give_role(world, CROWD[0], None)
    assert await admit_all(world, session) == ["FORBIDDEN", "ADMITTED"]
    assert await admit(world, session, lost) == ["FORBIDDEN"]
    assert await people(world, "moderator", session, "WAITING") == {"WAITING": 1}
    await world.mutate(CROWD[1], LEAVE, room=world.room)
    await configure(world, speakerIds=[member])
    assert await admit(world, session, other, lost) == ["NOT_IN_SESSION", "ADMITTED"]
    assert (await own(world, CROWD[0], session))["roles"] == ["SPEAKER"]


async def test_declining(world: World) -> None:
    """Rule 37: the declined person receives an event, people inside do not; repeating succeeds and sends no event."""
    session = await locked(world, "student-001")
    inside = (await own(world, "student-001", session))["id"]
    second, third, fourth = await wait(world, *CROWD[1:4])
    await world.mutate(CROWD[3], LEAVE, room=world.room)
    head = await log_head(world)
    assert await decline(world, session, third, inside, fourth, absent("Participant"), second) == [
        "DECLINED", "CONFLICT", "NOT_IN_SESSION", "NOT_FOUND", "DECLINED",
    ]  # fmt: skip
    told = [each for each in await events_since(world, head) if isinstance(each, ParticipantLeft)]
    assert [(each.participant.id, each.counts.waiting_count) for each in told] == [
        (local(third), 1),
        (local(second), 0),
    ]
    assert await counted(world, session) == (2, 0)
    head = await log_head(world)
    assert await decline(world, session, second, third, second) == ["DECLINED"] * 2
    assert await kinds_since(world, head) == []
    assert await people(world, "student-001", session) == {"ADMITTED": 2}


@pytest.mark.parametrize("document", [ADMIT, DECLINE])
async def test_a_list_is_bounded_and_unambiguous(world: World, document: str) -> None:
    """Either ids or `all`, and 1 to 500 ids."""
    session = await locked(world)
    (waiting,) = await wait(world, "student-001")
    lists: list[dict[str, Any]] = [{"participantIds": []}, {"participantIds": [waiting] * 501}]
    if document is ADMIT:
        lists += [{}, {"all": False}, {"participantIds": None}, {"all": True, "participantIds": [waiting]}]
    for given in lists:
        refusal = await world.refused("moderator", document, input={"sessionId": session, **given})
        assert refusal["code"] == "INVALID"
        assert refusal["field"] == ["input", "all" if given.get("all") else "participantIds"]
    assert await state_of(world, "student-001", session) == "WAITING"


@pytest.mark.parametrize("document", [ADMIT, DECLINE, LOCK, UNLOCK, REMOVE])
async def test_after_the_end_nobody_is_let_in_or_kept_out(world: World, document: str) -> None:
    """Rule 40: a late retry does not affect the next session."""
    session = await locked(world)
    (waiting,) = await wait(world, "student-001")
    named = {"sessionId": session, "participantIds": [waiting]}
    given = {ADMIT: named, DECLINE: named, REMOVE: {"participantId": waiting}}.get(document, {"sessionId": session})
    await world.mutate("moderator", END, session=session)
    assert (await world.refused("moderator", document, input=given))["code"] == "SESSION_ENDED"
    await launch(world, "student-001")
    assert (await world.refused("moderator", document, input=given))["code"] == "SESSION_ENDED"


async def test_someone_of_another_session_is_not_found(world: World) -> None:
    """Rule 37: participants of an earlier session, or of another room."""
    earlier = await locked(world)
    (before,) = await wait(world, "student-001")
    await world.mutate("moderator", END, session=earlier)
    session = await locked(world)
    for answer in (await admit(world, session, before), await decline(world, session, before)):
        assert answer == ["NOT_FOUND"]


async def test_letting_many_in_costs_what_letting_one_in_costs(world: World) -> None:
    """The number of statements does not depend on the number of people who wait."""
    session = await locked(world)
    for verb in ("admit", "decline"):
        document = ADMIT if verb == "admit" else DECLINE
        seen = []
        for crowd in (CROWD[:1], CROWD[1:15]):
            ids = [(await own(world, who, session))["id"] for who in crowd] if verb == "decline" else []
            for who in crowd:
                await world.query(who, LEAVE, room=world.room)
            ids = await wait(world, *crowd)
            seen.append(
                await statements_of(world, "moderator", document, {"sessionId": session, "participantIds": ids})
            )
        assert len(seen[0]) == len(seen[1]) <= 20, (verb, seen)


async def test_each_who_is_let_in_or_not_is_audited(world: World) -> None:
    """Rule 67: with actor, target and role."""
    session = await locked(world)
    waiting = await wait(world, *CROWD[:3])
    before = set(await world.database.reads.values(select(AuditRecord.id)))
    await admit(world, session, *waiting[:2], by="manager")
    await admit(world, session, waiting[0])
    await decline(world, session, *waiting[2:])
    made = await world.database.reads.all(select(AuditRecord).order_by(AuditRecord.id))
    told = [(each.action, each.target, each.target_id, each.role) for each in made if each.id not in before]
    assert all(role == "ROOM_MODERATOR" for *_, role in told)
    assert [(action, target, of) for action, target, of, _ in told] == [
        ("admitParticipants", "session", local(session)),
        ("admitParticipants", "participant", local(waiting[0])),
        ("admitParticipants", "participant", local(waiting[1])),
        ("admitParticipants", "session", local(session)),
        ("declineParticipants", "session", local(session)),
        ("declineParticipants", "participant", local(waiting[2])),
    ]


@pytest.mark.parametrize("document", [ADMIT, DECLINE, LOCK, UNLOCK, REMOVE])
async def test_a_retry_gives_the_same_and_does_nothing(world: World, document: str) -> None:
    """Rule 62: another body is a mismatch."""
    session = await (launch(world) if document is LOCK else locked(world))
    waiting = [(await world.mutate(who, ENTER, room=world.room))["participant"]["id"] for who in CROWD[:2]]
    named = {"sessionId": session, "participantIds": waiting}
    given = {ADMIT: named, DECLINE: named, REMOVE: {"participantId": waiting[0]}}.get(document, {"sessionId": session})
    keyed = {**given, "idempotencyKey": "key"}
    first = await world.mutate("moderator", document, input=keyed)
    assert first["cursor"]
    await world.enter("manager")
    before = await read_state(world.database)
    assert await world.mutate("moderator", document, input=keyed) == first
    assert await read_state(world.database) == before
    other = {"participantId": waiting[1]} if document is REMOVE else {"sessionId": "another"}
    mismatch = await world.refused("moderator", document, input={**keyed, **other})
    assert (mismatch["code"], mismatch["field"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])


async def test_moderators_of_another_gallery_find_nothing(world: World) -> None:
    """Rule 4: nor do former moderators of this one."""
    session = await locked(world)
    (waiting,) = await wait(world, "student-001")
    await give_role(world, "outsider", GalleryRole.MANAGER)
    await admit(world, session, waiting, by="outsider")
    await give_role(world, "outsider", None)
    for document in (ADMIT, DECLINE):
        given = {"sessionId": session, "participantIds": [waiting]}
        assert (await world.refused("outsider", document, input=given))["code"] == "NOT_FOUND"
    for document in (LOCK, UNLOCK):
        assert (await world.refused("outsider", document, input={"sessionId": session}))["code"] == "NOT_FOUND"
    assert (await world.refused("outsider", REMOVE, input={"participantId": waiting}))["code"] == "NOT_FOUND"
