"""What all mutations on stage and hands share: retries, refusals, the audit record, and the number of statements."""

from typing import Any

import pytest

from tests.support.audit_records import audited
from tests.support.people import local
from tests.support.retries import retry
from tests.support.running_session import IN_ROOM, OF_DEVICES, OF_SESSION, PERSON, TO_PARTICIPANT, VERBS, Meeting, meet
from tests.support.statement_counts import statements_of
from tests.support.statement_log import statements
from tests.support.world import END, LEAVE, World

ONE = "student-001"


ON_STAGE = ("removeFromStage", "leaveStage", "setDevices", "switchOffAllDevices")
CHANGING: dict[str, dict[str, Any]] = {
    "setDevices": {"microphone": True},
    "switchOffDevices": {"block": True},
    "switchOffAllDevices": {"block": True},
}
"""Values with which these mutations change something."""


async def staged(world: World, verb: str) -> tuple[Meeting, str, dict[str, Any]]:
    """Prepares a session in which the mutation changes something. Returns it, with the actor and the input."""
    meeting = await meet(world, ONE)
    if verb in (*ON_STAGE, "acceptStage", "declineStage"):
        await meeting.does("moderator", "inviteToStage", ONE)
    if verb in ON_STAGE:
        await meeting.does(ONE, "acceptStage")
    if verb.startswith("unblock"):
        await meeting.does("moderator", "switchOffDevices", ONE, block=True)
    if verb in ("lowerHand", "lowerAllHands"):
        await meeting.does(ONE, "raiseHand")
    if verb == "requestStage":
        await meeting.does("moderator", "setStageAccess", access="BY_REQUEST")
    return meeting, ONE if verb in IN_ROOM else "moderator", meeting.given(verb, ONE, **CHANGING.get(verb, {}))


@pytest.mark.parametrize("verb", VERBS)
async def test_a_retry_gives_the_same_and_does_nothing(world: World, verb: str) -> None:
    """Rule 62."""
    _, who, given = await staged(world, verb)
    await retry(world, who, verb, VERBS[verb], given)


async def test_only_inside_one_acts_for_oneself(world: World) -> None:
    """Rules 36, 40: neither before entering, nor after leaving or the end; moderators no more than others."""
    meeting = await meet(world, ONE, "manager")
    for verb in IN_ROOM:
        assert await meeting.may_not("student-002", verb) == "NOT_IN_SESSION"
    await world.mutate("manager", LEAVE, room=world.room)
    for verb in IN_ROOM:
        assert await meeting.may_not("manager", verb) == "NOT_IN_SESSION"
    await world.mutate("moderator", END, session=meeting.session)
    for who in (ONE, "moderator"):
        for verb in IN_ROOM:
            assert await meeting.may_not(who, verb) == "SESSION_ENDED"


async def test_a_session_that_is_over_is_not_mistaken_for_the_next(world: World) -> None:
    """Rule 40: also if the person in question is inside the next session."""
    meeting = await meet(world, ONE)
    await world.mutate("moderator", END, session=meeting.session)
    later = await meet(world, ONE)
    await later.does(ONE, "raiseHand")
    for verb in (*TO_PARTICIPANT, *OF_DEVICES):
        assert await meeting.may_not("moderator", verb, ONE) == "SESSION_ENDED"
    for verb in OF_SESSION:
        assert await meeting.may_not("moderator", verb) == "SESSION_ENDED"
    assert await later.hands() == [ONE]


async def test_managing_the_stage_is_audited(world: World) -> None:
    """Rule 67: with role and target; refusals too, also those of rule 12. Acts on oneself are not audited."""
    meeting = await meet(world, ONE, "manager")
    await meeting.does("manager", "requestStage")
    async with audited(world) as audit:
        await meeting.does("moderator", "inviteToStage", ONE)
        await meeting.does(ONE, "acceptStage")
        await meeting.does(ONE, "raiseHand")
        await meeting.does(ONE, "lowerHand", ONE)
        await meeting.does("moderator", "lowerAllHands")
        await meeting.may_not("moderator", "removeFromStage", "manager")
        await meeting.may_not(ONE, "inviteToStage", "manager")
    may = "MANAGE_STAGE"
    assert audit.lines == [
        ("moderator", "inviteToStage", may, "participant", "ROOM_MODERATOR", "DONE"),
        ("moderator", "lowerAllHands", may, "session", "ROOM_MODERATOR", "DONE"),
        ("moderator", "removeFromStage", may, "participant", "ROOM_MODERATOR", "FORBIDDEN"),
        (ONE, "inviteToStage", may, "participant", None, "FORBIDDEN"),
    ]
    targets = [meeting.ids[ONE], meeting.session, meeting.ids["manager"], meeting.ids["manager"]]
    assert [each.target_id for each in audit.records] == [local(target) for target in targets]


MOST = 12


@pytest.mark.parametrize("verb", VERBS)
async def test_what_an_act_costs(world: World, verb: str) -> None:
    """The number of statements, without those of the payload's fields, does not depend on the number of people."""
    _, who, given = await staged(world, verb)
    document = VERBS[verb].replace(OF_SESSION.get(verb, PERSON), "")
    assert len(await statements_of(world, who, document, given)) <= MOST


BOTH = """query ($id: ID!, $first: Int) { gallery(by: {id: $id}) { sessions(first: $first) { edges { node {
  stage { id } hands { edges { node { id } } } } } } } }"""


async def test_stage_and_hands_of_many_sessions_cost_what_those_of_one_do(world: World) -> None:
    """One statement for each, besides those for visibility."""
    for _ in range(3):
        meeting = await meet(world, ONE)
        await world.mutate("moderator", END, session=meeting.session)
    await meet(world, ONE)
    for given in ({"id": world.gallery, "first": 1}, {"id": world.gallery, "first": 4}):
        with statements() as seen:
            found = await world.query("moderator", BOTH, **given)
        assert len(found["gallery"]["sessions"]["edges"]) == given["first"]
        for column in ("stage_turn", "hand_turn"):
            assert sum(f"participants.{column} IS NOT NULL" in each for each in seen) == 1
