"""Random acts on interactions, in any order, have the outcomes that a model of interactions predicts (rules 38, 53, 54, 64, 75 to 78)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from models.cursors import Position
from models.events.every import Event
from models.events.interactions import InteractionDeleted, OfInteraction
from models.tables.deadlines import Deadline, DeadlineKind
from server import deadlines
from tests.conftest import BACKENDS, own_database
from tests.model.interactions import RUNS_INTERACTIONS, SECOND, Model, ModelInteraction, Told
from tests.model.scenes import StillClock
from tests.support.interactions import INTERACTION, VERBS, Interactions, choice, choosing, meet, seen, stored, totals
from tests.support.people import change, events_since, local, log_head
from tests.support.running_session import students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, ENTER, LEAVE, World, open_world

IN_DEPTH = settings.get_current_profile_name() == "in-depth"
EXAMPLES, LENGTH = 4, 60
PEOPLE = [RUNS_INTERACTIONS, "moderator", *students(6)]
DAY = timedelta(days=1)
NODES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Interaction {{ {INTERACTION} }} }} }}"

ACTS = ["create"] * 2 + ["update", "delete", "close", "schedule", "schedule", "unschedule"] + ["open"] * 3
ACTS += ["answer"] * 16 + ["wait"] * 6 + ["leave", "enter", "enter"]
WAITS = [100, 400, 700, SECOND, 3 * SECOND, 10 * SECOND, 130 * SECOND]
AHEAD = [5_050, 125_050]
"""How far ahead an interaction is scheduled: within the two minutes in which it cannot be changed, or not."""
SHARING = ["NEVER", "AFTER_CLOSING", "LIVE"]
ENDS = 0.02
"""How often a session ends during a play; each play ends its last session."""


def some_act(number: int) -> tuple[Any, ...]:
    """Returns the act of this number: verb, actor, interaction (counted from the newest), further values."""
    random = Random(number)
    verb, runs = random.choice(ACTS), random.choice([RUNS_INTERACTIONS] * 8 + PEOPLE[1:])
    back, shared = random.choice([0, 0, 0, 0, 1, 2]), random.choice(SHARING)
    if random.random() < ENDS:
        return ("end",)
    match verb:
        case "create":
            return verb, runs, random.randint(2, 4), random.random() < 0.6, shared, random.random() < 0.5
        case "update":
            return verb, runs, back, random.randint(2, 4), shared
        case "open":
            return verb, runs, back, random.choice([None, None, 10, 20])
        case "schedule":
            return verb, runs, back, random.choice(AHEAD)
        case "answer":
            places = random.choices(range(4), weights=[5, 5, 3, 1], k=random.choice([0, *[1] * 12, 2, 2, 3]))
            return verb, random.choice(PEOPLE), back, places
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


@settings(
    max_examples=1000 if IN_DEPTH else EXAMPLES,
    derandomize=not IN_DEPTH,
    database=None,
    phases=[Phase.generate],  # no shrinking: another number is an unrelated act
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(numbers=st.lists(st.integers(0, 2**64 - 1), min_size=LENGTH, max_size=LENGTH))
async def test_interactions_do_what_the_rules_say(lasting_world: World, numbers: list[int]) -> None:
    """Rules 38, 53, 54, 64, 75 to 78: compares outcomes, events in order, and what people see, after each step."""
    interactions = await meet(lasting_world, *PEOPLE[2:])
    await stay(lasting_world)
    beside = Beside(interactions)
    try:
        for verb, *details in map(some_act, numbers):
            await beside.step(verb, *details)
    finally:
        await beside.end()


async def stay(world: World) -> None:
    """Lets nobody be absent for a day."""
    absence = update(Deadline).where(Deadline.kind == DeadlineKind.ABSENCE)
    await change(world, absence.values(due_at=world.clock() + DAY))


@dataclass
class Beside:
    """The interactions of a real session, beside their model."""

    interactions: Interactions
    model: Model = field(default_factory=Model)
    ids: dict[int, str] = field(default_factory=dict)
    steps: int = 0

    @property
    def world(self) -> World:
        return self.interactions.world

    async def step(self, verb: str, *details: Any) -> None:
        """Performs an act in both, and compares."""
        before, head = await read_state(self.world.database), await log_head(self.world)
        self.model.told.clear()
        if verb in ("wait", "leave", "enter", "end"):
            await getattr(self, f"_{verb}")(*details)
        else:
            expected, got = await self._both(verb, *details)
            assert got == expected, (verb, details)
        assert await fold_all(self.world.database, before) == await read_state(self.world.database)
        await self._compare(head)

    async def _leave(self, who: str) -> None:
        if who not in self.model.away:
            await self.world.query(who, LEAVE, room=self.world.room)
            self.model.away.add(who)

    async def _enter(self, who: str) -> None:
        await self.world.query(who, ENTER, room=self.world.room)
        self.model.away.discard(who)
        await stay(self.world)

    async def _end(self) -> None:
        await self.world.query("moderator", END, session=self.interactions.session)
        self.model.end()
        self.interactions = await meet(self.world, *PEOPLE[2:])
        await stay(self.world)

    async def _wait(self, span: int, worked_off: bool) -> None:
        self.world.clock.advance(milliseconds=span)
        self.model.now += span
        if worked_off:
            await deadlines.once(self.world.database, self.world.process.attendance)
            self.model.work_off()

    async def _both(self, verb: str, who: str, *details: Any) -> tuple[str, str]:
        """Returns the model's outcome and the real one."""
        if verb == "create":
            size, multiple, shared, changeable = details
            given = choice("?", texts(size), multipleAnswers=multiple, shareResults=shared, changeable=changeable)
            expected = self.model.create(who, size, multiple=multiple, shared=shared, changeable=changeable)
            return expected, await self._create(who, given)
        back, *more = details
        if back >= len(self.model.interactions):
            return "done", "done"
        of = self.model.interactions[-1 - back]
        match verb:
            case "answer":
                return self.model.answer(who, of, more[0]), await self._answer(who, of, more[0])
            case "update":
                questions = choice("?", texts(more[0]), multipleAnswers=of.multiple)["questions"]
                given = {"questions": questions, "shareResults": more[1]}
                expected = self.model.update(who, of, more[0], shared=more[1])
            case "open":
                given = {"durationSeconds": more[0]}
                expected = self.model.open(who, of, more[0] and more[0] * SECOND)
            case "schedule":
                opens_at = self.world.clock() + timedelta(milliseconds=more[0])
                given = {"opensAt": opens_at.isoformat(), "durationSeconds": 10}
                expected = self.model.schedule(who, of, more[0])
            case _:
                given, expected = {}, getattr(self.model, verb)(who, of)
        return expected, await self.interactions.tries(who, f"{verb}Interaction", self.ids[of.number], **given)

    async def _create(self, who: str, given: dict[str, Any]) -> str:
        asked = given | {"roomId": self.world.room}
        made = (await self.world.query(who, VERBS["createInteraction"], input=asked))["createInteraction"]
        if made["userErrors"]:
            return str(made["userErrors"][0]["code"])
        self.ids[len(self.ids)] = made["interaction"]["id"]
        return "done"

    async def _answer(self, who: str, interaction: ModelInteraction, chosen: list[int]) -> str:
        found = await seen(self.world, self.ids[interaction.number])
        options = [each["id"] for each in found["questions"][0]["options"]] if found else []
        named = [options[place] if place < len(options) else f"no option {place}" for place in chosen]
        return await self.interactions.tries(
            who, "answerInteraction", self.ids[interaction.number], answers=choosing(named)
        )

    async def _compare(self, head: Position) -> None:
        told = [self._told(event) for event in await events_since(self.world, head) if is_about_one(event)]
        assert told == self.model.told
        self.steps += 1
        for who in (RUNS_INTERACTIONS, PEOPLE[self.steps % len(PEOPLE)]):
            expected = {
                self.ids[interaction.number]: interaction.seen_by(who) for interaction in self.model.interactions
            }
            assert await self._shown(who) == {of: each for of, each in expected.items() if each}
        closed = [number for kind, number, *_ in told if kind == "InteractionClosed"]
        for interaction in self.model.interactions:
            if interaction.state == "OPEN" or interaction.number in closed:
                assert await stored(self.world, self.ids[interaction.number]) == (
                    len(interaction.ballots),
                    list(interaction.votes),
                )
            if interaction.number in closed and interaction.opened and interaction.closed_at is not None:
                assert await self._was_open(interaction) == timedelta(
                    milliseconds=interaction.closed_at - interaction.opened[0]
                )

    async def _shown(self, who: str) -> dict[str, tuple[object, ...]]:
        found = (await self.world.query(who, NODES, ids=list(self.ids.values())))["nodes"]
        return {each["id"]: as_modelled(each) for each in found if each}

    async def _was_open(self, interaction: ModelInteraction) -> timedelta:
        found = await seen(self.world, self.ids[interaction.number])
        open_for = datetime.fromisoformat(found["closedAt"]) - datetime.fromisoformat(found["openedAt"])
        return timedelta(milliseconds=100 * (open_for // timedelta(milliseconds=100)))

    def _told(self, event: Event) -> Told:
        numbers = {local(of): number for number, of in self.ids.items()}
        if isinstance(event, InteractionDeleted):
            return event.kind, numbers[event.interaction_id], 0, ()
        assert isinstance(event, OfInteraction)
        return event.kind, numbers[event.interaction.id], event.tally.answers, tuple(event.tally.votes.values())

    async def end(self) -> None:
        """Ends the session, which closes open interactions."""
        head = await log_head(self.world)
        await self.world.query("moderator", END, session=self.interactions.session)
        self.model.told.clear()
        self.model.end()
        told = await events_since(self.world, head)
        assert [self._told(event) for event in told if is_about_one(event)] == self.model.told


def texts(size: int) -> list[str]:
    return [f"option {place} of {size}" for place in range(size)]


def is_about_one(event: Event) -> bool:
    return isinstance(event, OfInteraction | InteractionDeleted)


def as_modelled(interaction: dict[str, Any]) -> tuple[object, ...]:
    """Returns what an interaction shows, in the terms of the model."""
    answers, votes = totals(interaction)
    order = [option["id"] for option in interaction["questions"][0]["options"]]
    own = interaction["viewerAnswer"]
    chosen = own and sorted(order.index(each["id"]) for each in own["questions"][0]["options"])
    return interaction["state"], answers, tuple(votes), chosen
