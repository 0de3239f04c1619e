"""The interactions of a real session, played beside their model and compared with it after each act."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import update

from models.cursors import Position
from models.events.every import Event
from models.events.interactions import InteractionDeleted, OfInteraction
from models.tables.deadlines import Deadline, DeadlineKind
from schema.types.ids import global_id
from server import deadlines
from tests.model.interaction_answers import Part, Question, asked, folded, some_answer
from tests.model.interactions import SECOND, Model, Told
from tests.model.one_interaction import RUNS_INTERACTIONS, ModelInteraction
from tests.support.interactions import (
    ASKED,
    INTERACTION,
    VERBS,
    Interactions,
    answers_of,
    choosing,
    meet,
    seen,
    stored,
    totals,
)
from tests.support.people import change, events_since, local, log_head
from tests.support.running_session import students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, ENTER, LEAVE, World

PEOPLE = [RUNS_INTERACTIONS, "moderator", *students(6)]
DAY = timedelta(days=1)
NODES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Interaction {{ {INTERACTION} }} }} }}"


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
            return await self._create(who, *details)
        back, *more = details
        of = self.model.interactions[-1 - min(back, len(self.model.interactions) - 1)]
        if verb in ("answer", "hide", "publish"):
            outcomes: tuple[str, str] = await getattr(self, f"_{verb}")(who, of, *more)
            return outcomes
        match verb:
            case "update":
                questions = asked(of.kind, more[0], multiple=_is_multiple(of))
                given = {"questions": _as_given(questions), "shareResults": more[1]}
                expected = self.model.update(who, of, questions, shared=more[1])
            case "open":
                given = {"durationSeconds": more[0]}
                expected = self.model.open(who, of, more[0] and more[0] * SECOND)
            case "schedule":
                opens_at = self.world.clock() + timedelta(milliseconds=more[0])
                given = {"opensAt": opens_at.isoformat(), "durationSeconds": 10}
                expected = self.model.schedule(who, of, more[0])
            case _:
                given, expected = {}, getattr(self.model, verb)(who, of)
        return expected, await self._tries(who, f"{verb}Interaction", of, **given)

    async def _tries(self, who: str, verb: str, of: ModelInteraction, **given: Any) -> str:
        return await self.interactions.tries(who, verb, self.ids[of.number], **given)

    async def _create(
        self, who: str, kind: str, size: int, multiple: bool, shared: str, changeable: bool
    ) -> tuple[str, str]:
        questions = asked(kind, size, multiple=multiple)
        given = {"kind": kind, "questions": _as_given(questions), "shareResults": shared, "changeable": changeable}
        expected = self.model.create(who, kind, questions, shared=shared, changeable=changeable)
        sent = given | {"roomId": self.world.room}
        made = (await self.world.query(who, VERBS["createInteraction"], input=sent))["createInteraction"]
        if made["userErrors"]:
            return expected, str(made["userErrors"][0]["code"])
        self.ids[len(self.ids)] = made["interaction"]["id"]
        return expected, "done"

    async def _answer(self, who: str, of: ModelInteraction, random: Random) -> tuple[str, str]:
        parts = some_answer(random, of.questions)
        found = await seen(self.world, self.ids[of.number])
        sent = list(map(_part, found["questions"], parts)) if found else choosing(["no option"])
        got = await self._tries(who, "answerInteraction", of, answers=sent)
        return self.model.answer(who, of, parts), got

    async def _hide(self, who: str, of: ModelInteraction, place: int, hidden: bool) -> tuple[str, str]:
        found = await seen(self.world, self.ids[of.number])
        given = found["questions"][0]["options"] if found and of.kind == "WORDS" else []
        word = given[place] if place < len(given) else None
        expected = self.model.hide(who, of, folded(word["text"]) if word else None, hidden=hidden)
        option = word["id"] if word else global_id("InteractionOption", UUID(int=0))
        return expected, await self._tries(who, "hideWord", of, optionId=option, hidden=hidden)

    async def _publish(self, who: str, of: ModelInteraction, place: int, published: bool) -> tuple[str, str]:
        texts = await self._texts(of)
        author = list(of.texts)[place] if place < len(of.texts) else None
        expected = self.model.publish(who, of, author, published=published)
        text = texts[place] if author else global_id("InteractionText", UUID(int=0))
        return expected, await self._tries(who, "publishInteractionText", of, textId=text, published=published)

    async def _texts(self, of: ModelInteraction) -> list[str]:
        """Returns the ids of the answers to an open question, in the order in which people answered first."""
        if not of.texts:
            return []
        answers = await answers_of(self.world, self.ids[of.number])
        return [each["questions"][-1]["text"]["id"] for each in answers]

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
                answers, votes = await stored(self.world, self.ids[interaction.number])
                assert (answers, sorted(votes, key=str)) == (
                    len(interaction.ballots),
                    sorted(interaction.all_votes, key=str),
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
            return event.kind, numbers[event.interaction_id], 0, (), 0, 0, 0
        assert isinstance(event, OfInteraction)
        number, tally = numbers[event.interaction.id], event.tally
        counts = tally.right, len(tally.hidden), len(tally.published)
        return event.kind, number, tally.answers, tuple(tally.votes.values()), *counts

    async def end(self) -> None:
        """Ends the session, which closes open interactions."""
        head = await log_head(self.world)
        await self.world.query("moderator", END, session=self.interactions.session)
        self.model.told.clear()
        self.model.end()
        told = await events_since(self.world, head)
        assert [self._told(event) for event in told if is_about_one(event)] == self.model.told


def _is_multiple(of: ModelInteraction) -> bool:
    return of.questions[0].multiple


def _as_given(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Returns the questions as `createInteraction` takes them."""
    return [{"text": f"{each.kind}?", **_fields(each), **_kind(each, len(questions))} for each in questions]


def _kind(question: Question, of_how_many: int) -> dict[str, str]:
    return {"kind": question.kind} if of_how_many > 1 else {}


def _fields(question: Question) -> dict[str, Any]:
    match question.kind:
        case "CHOICE" | "QUIZ":
            texts = [f"option {place} of {question.options}" for place in range(question.options)]
            right = {"rightOptions": sorted(question.right)} if question.right else {}
            return {"options": texts, "multipleAnswers": question.multiple, **right}
        case "RATING":
            return {"highest": question.options}
        case "VOTE":
            return {"emoji": ASKED["VOTE"]["emoji"]}
    return {}


def _part(question: dict[str, Any], part: Part) -> dict[str, Any]:
    """Returns the answer to a question as `answerInteraction` takes it."""
    of = {"questionId": question["id"]}
    match question["kind"]:
        case "TEXT":
            return {**of, "text": part[0]}
        case "WORDS":
            return {**of, "words": list(part)}
        case "RATING":
            return {**of, "rating": int(part[0]) + 1}
    options = [each["id"] for each in question["options"]]
    return {
        **of,
        "optionIds": [options[int(each)] if int(each) < len(options) else f"no option {each}" for each in part],
    }


def is_about_one(event: Event) -> bool:
    return isinstance(event, OfInteraction | InteractionDeleted)


def as_modelled(interaction: dict[str, Any]) -> tuple[object, ...]:
    """Returns what an interaction shows, in the terms of the model."""
    answers, votes = totals(interaction)
    questions, own = interaction["questions"], interaction["viewerAnswer"]
    if interaction["kind"] == "WORDS":
        results: tuple[object, ...] = tuple((folded(each["text"]), each["votes"]) for each in questions[0]["options"])
    else:
        results = tuple(votes)
    published = [each["text"] for question in questions for each in question["published"]]
    chosen = own and list(map(_chosen, questions, own["questions"]))
    return interaction["state"], answers, results, published, interaction["rightCount"], chosen, own and own["right"]


def _chosen(question: dict[str, Any], answered: dict[str, Any]) -> Part:
    match question["kind"]:
        case "TEXT":
            return (answered["text"]["text"],)
        case "WORDS":
            return tuple(sorted(folded(each["text"]) for each in answered["options"]))
    order = [option["id"] for option in question["options"]]
    return tuple(sorted(order.index(each["id"]) for each in answered["options"]))
