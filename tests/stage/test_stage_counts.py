"""Random acts on stage and hands keep the rules (rules 23, 43, 44, 64)."""

from random import Random
from typing import Any

import pytest

from tests.support.people import events_since, log_head
from tests.support.running_session import (
    IN_ROOM,
    OF_DEVICES,
    OF_SESSION,
    TO_PARTICIPANT,
    Meeting,
    limit_stage,
    meet,
    moved,
    students,
)
from tests.support.stored_state import fold_all, read_state
from tests.support.world import LEAVE, World

ACCESSES = ("EVERYONE", "BY_REQUEST", "INVITE_ONLY")


@pytest.mark.parametrize("seed", range(3))
async def test_counts_in_events_are_those_of_the_rows_whatever_happens(world: World, seed: int) -> None:
    """Rules 23, 43, 44, 64: at the same moment; stage and invitations stay within the limit, the order has no ties."""
    random, cap = Random(seed), 2
    await limit_stage(world, cap)
    people = students(3)
    meeting = await meet(world, *people, "manager")
    await meeting.does("moderator", "setStageAccess", access="EVERYONE")
    seen: set[str] = set()
    for _ in range(100):
        head, before = await log_head(world), await read_state(world.database)
        code = await random_act(world, meeting, random, [*people, "moderator", "manager"])
        told = await events_since(world, head)
        assert await fold_all(world.database, before) == await read_state(world.database)
        assert code == "done" or told == [], code
        up = await meeting.counted()
        await keeps_its_rules(world, meeting, cap)
        assert {event.counts.stage_count for event in moved(told)} <= {up}
        seen |= {code, f"{up} up", *(event.kind for event in told)}
    assert seen >= {"STAGE_FULL", "NOT_INVITED", "0 up", f"{cap} up", "HandRaised"}


async def random_act(world: World, meeting: Meeting, random: Random, people: list[str]) -> str:
    who, whom = random.choice(people), random.choice(people)
    if random.random() < 0.05:
        world.clock.advance(seconds=random.choice([20, 61]))
    if random.random() < 0.05:
        (left,) = (await world.query(whom, LEAVE, room=world.room)).values()
        if left["userErrors"]:
            await meeting.enter(whom)
        return "done"
    verb = random.choice(
        [*IN_ROOM * 2, *["requestStage"] * 6, *["leaveStage"] * 2, *TO_PARTICIPANT * 2, *OF_DEVICES, *OF_SESSION]
    )
    if verb in TO_PARTICIPANT or verb in OF_DEVICES or verb in OF_SESSION:
        who = random.choice(["moderator", "manager", who])
    more: dict[str, dict[str, Any]] = {
        "setStageAccess": {"access": random.choice(ACCESSES)},
        "setDevices": {"microphone": random.random() < 0.7},
        "switchOffDevices": {"block": random.random() < 0.3},
    }
    return await meeting.tries(who, verb, whom, **more.get(verb, {}))


async def keeps_its_rules(world: World, meeting: Meeting, cap: int) -> None:
    now = world.clock()
    everybody = [await meeting.stored_participant(who) for who in meeting.ids]
    up = [one for one in everybody if one.stage_turn is not None]
    held = [one for one in everybody if one.invited_until and one.invited_until > now]
    assert len(up) + len(held) <= cap
    assert all((one.invited_at is None) == (one.invited_until is None) for one in everybody)
    assert all(one.stage_turn is None or one.invited_at is None for one in everybody)
    assert all((one.hand_turn is None) == (one.hand_raised_at is None) for one in everybody)
    assert all(one.microphone != "ON" for one in everybody if one.stage_turn is None)
    turns = [turn for one in everybody for turn in (one.stage_turn, one.hand_turn) if turn is not None]
    assert len(turns) == len(set(turns))
