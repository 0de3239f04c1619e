"""Random acts on interactions, in any order, have the outcomes that a model of interactions predicts (rules 38, 53, 54, 64, 74 to 80)."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import BACKENDS, own_database
from tests.model.interaction_answers import KINDS
from tests.model.interactions import SECOND
from tests.model.one_interaction import RUNS_INTERACTIONS
from tests.model.real_interactions import PEOPLE, Beside, stay
from tests.model.scenes import StillClock
from tests.support.interactions import meet
from tests.support.world import World, open_world

IN_DEPTH = settings.get_current_profile_name() == "in-depth"
LENGTH = 45
AT_FIRST = ("WORDS", "SURVEY")
"""The kinds that are played in the first tier. A survey has choices, ratings and texts."""
SECOND_TIER = pytest.mark.second_tier  # Seven plays take long.

ACTS = ["create", "update", "delete", "close", "schedule", "schedule", "unschedule"] + ["open"] * 4
ACTS += ["answer"] * 30 + ["hide", "publish"] + ["wait"] * 6 + ["leave", "enter", "enter", "enter"]
MODERATING = {"WORDS": ["hide"] * 6, "TEXT": ["publish"] * 6, "SURVEY": ["publish"] * 6}
"""What is moderated of these kinds."""
WAITS = [100, 400, 700, SECOND, 3 * SECOND, 10 * SECOND, 130 * SECOND]
AHEAD = [5_050, 125_050]
"""How far ahead an interaction is scheduled: within the two minutes in which it cannot be changed, or not."""
SHARING = ["NEVER", "AFTER_CLOSING", "LIVE"]
ENDS = 0.01
"""How often a session ends during a play; each play ends its last session."""


def some_act(random: Random, kinds: list[str]) -> tuple[Any, ...]:
    """Returns an act: verb, actor, interaction (counted from the newest), further values."""
    verb = random.choice(ACTS + MODERATING.get(kinds[0], []))
    runs = random.choice([RUNS_INTERACTIONS] * 25 + PEOPLE[1:])
    back, shared = random.choice([0, 0, 0, 0, 1, 2]), random.choice(SHARING)
    if random.random() < ENDS:
        return ("end",)
    match verb:
        case "create":
            kind, multiple = random.choice(kinds), random.random() < 0.6
            return verb, runs, kind, random.randint(2, 4), multiple, shared, random.random() < 0.5
        case "update":
            return verb, runs, back, random.randint(2, 4), shared
        case "open":
            return verb, runs, back, random.choice([None, None, 10, 20])
        case "schedule":
            return verb, runs, back, random.choice(AHEAD)
        case "answer":
            return verb, random.choice(PEOPLE), back, random
        case "hide" | "publish":
            return verb, runs, back, random.randrange(4), random.random() < 0.7
        case "wait":
            return verb, random.choice(WAITS), random.random() < 0.4
        case "leave" | "enter":
            return verb, random.choice([RUNS_INTERACTIONS, *PEOPLE[2:]])  # the moderator keeps the session open
        case _:
            return verb, runs, back


@pytest.fixture(scope="module", params=BACKENDS)
async def lasting_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One world for all plays, each in a session of its own. Its clock moves only when a play moves it."""
    with own_database(str(request.param), request, tmp_path_factory.mktemp("interactions")) as found:
        async with open_world(found, StillClock()) as world:
            yield world


@pytest.mark.parametrize(
    "kind", [each if each in AT_FIRST else pytest.param(each, marks=SECOND_TIER) for each in KINDS]
)
@settings(
    max_examples=200 if IN_DEPTH else 2,
    derandomize=not IN_DEPTH,
    database=None,
    phases=[Phase.generate],  # no shrinking: another seed is an unrelated play
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**64 - 1))
async def test_interactions_do_what_the_rules_say(lasting_world: World, kind: str, seed: int) -> None:
    """Rules 38, 53, 54, 64, 74 to 80: compares outcomes, events in order, and what people see, after each step."""
    random = Random(f"{kind} {seed}")
    kinds = [kind] * 3 + [random.choice(KINDS)]
    beside = Beside(await meet(lasting_world, *PEOPLE[2:]))
    await stay(lasting_world)
    try:
        await beside.step("create", RUNS_INTERACTIONS, kind, 3, random.random() < 0.6, "LIVE", True)
        await beside.step("open", RUNS_INTERACTIONS, 0, None)
        for _ in range(LENGTH):
            verb, *details = some_act(random, kinds)
            await beside.step(verb, *details)
    finally:
        await beside.end()
