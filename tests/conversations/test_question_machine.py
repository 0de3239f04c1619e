"""Plays random acts on questions on a real server and in tests/model/questions.py, and compares (rules 50 to 52)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from models.database.transaction import Transaction
from models.tables import questions
from server.accounts import THE_SERVER
from tests.model.questions import AT_MOST, CHAT_MODERATORS, PEOPLE, Act, Room, View
from tests.support.admission import REMOVE, own
from tests.support.event_streams import is_live, next_event
from tests.support.people import absent, configure
from tests.support.questions import DOCUMENTS, QUESTION, QUESTIONS, gather, replies_in
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, ENTER, LEAVE, Socket, Subscribed, World

IN_DEPTH = settings.get_current_profile_name() == "in-depth"
EXAMPLES, LENGTH, CHOICES = 3, 30, 8
VERBS = {
    "ask": 1, "claim": 5, "release": 2, "reply": 7, "publish": 5, "dismiss": 2, "reopen": 3, "upvote": 4,
    "take_back": 2, "leave": 2, "enter": 4, "remove": 1, "toggle": 1,
}  # fmt: skip
SENT_AS = {
    "ask": "askQuestion", "claim": "claimQuestion", "release": "releaseQuestion", "reply": "replyToQuestion",
    "publish": "publishAnswer", "dismiss": "dismissQuestion", "reopen": "reopenQuestion", "upvote": "upvoteQuestion",
    "take_back": "removeQuestionUpvote",
}  # fmt: skip
SEEN = f"""query ($room: ID!, $ids: [ID!]!) {{
  room(id: $room) {{ questions(first: 100) {{ edges {{ node {{ {QUESTION} }} }} }} }}
  nodes(ids: $ids) {{ ... on Question {{ {QUESTION} }} }} }}"""

MODERATING = ("claim", "release", "publish", "dismiss", "reopen")
plays = st.lists(st.integers(0, 2**64 - 1), min_size=LENGTH, max_size=LENGTH)


def some_act(random: Random) -> Act:
    verb = random.choice([verb for verb, weight in VERBS.items() for _ in range(weight)])
    moderating = verb in MODERATING and random.random() < 0.8
    who = random.choice(CHAT_MODERATORS if moderating else PEOPLE)
    if verb == "remove" and random.random() < 0.8:
        who = "moderator"
    return Act(who, verb, random.randrange(AT_MOST), random.randrange(5), flag=random.random() < 0.3)


class Play:
    """A session on a real server, and the streams of all people in it."""

    def __init__(self, world: World, session: str, sockets: dict[str, Socket]) -> None:
        self.world = world
        self.ids: list[str] = []
        self._session = session
        self._sockets = sockets
        self._streams: dict[str, Subscribed] = {}
        self._cursors: dict[str, str] = {}
        self._first: dict[str, str] = {}

    async def listen(self, who: str, after: str | None = None) -> None:
        """Opens a person's stream, or resumes it after the last event."""
        self._streams[who] = await self._sockets[who].subscribe(QUESTIONS, room=self.world.room, after=after)
        if after is None:
            self._cursors[who] = self._first[who] = await is_live(self._streams[who])

    async def go_on(self, who: str) -> None:
        """Cuts a person's stream and resumes it."""
        await self._sockets[who].unsubscribe(self._streams[who])
        await self.listen(who, self._cursors[who])

    async def send(self, act: Act) -> str:
        """Sends an act and returns its outcome. Checks replay (rule 64), and that a refusal changed nothing."""
        before = await read_state(self.world.database)
        document, variables = await self._document(act)
        (payload,) = (await self.world.query(act.who, document, **variables)).values()
        code = payload["userErrors"][0]["code"] if payload["userErrors"] else "done"
        after = await read_state(self.world.database)
        assert after == (await fold_all(self.world.database, before) if code == "done" else before)
        if act.verb == "ask" and code == "done":
            self.ids.append(payload["question"]["id"])
        return str(code)

    async def _document(self, act: Act) -> tuple[str, dict[str, Any]]:
        match act.verb:
            case "enter":
                return ENTER, {"room": self.world.room}
            case "leave":
                return LEAVE, {"room": self.world.room}
            case "remove":
                whom = await own(self.world, PEOPLE[act.value % len(PEOPLE)], self._session)
                return REMOVE, {"input": {"participantId": whom["id"]}}
        return DOCUMENTS[SENT_AS[act.verb]], {"input": await self._given(act)}

    async def _given(self, act: Act) -> dict[str, Any]:
        if act.verb == "ask":
            return {"roomId": self.world.room, "text": f"Question {len(self.ids)}", "anonymous": act.flag}
        question = self.ids[act.of] if act.of < len(self.ids) else absent("Question")
        thread = await self._thread(act.of)
        match act.verb:
            case "reply":
                text = f"Reply {len(thread)} to Question {act.of}"
                return {"questionId": question, "text": text, "settles": act.flag}
            case "publish":
                reply = thread[act.value] if act.value < len(thread) else absent("QuestionReply")
                return {"questionId": question, "replyId": reply}
        return {"questionId": question}

    async def _thread(self, of: int) -> list[str]:
        """Returns the ids of the replies, as a chat moderator sees them."""
        nodes = (await self.world.query("chatmod", SEEN, room=self.world.room, ids=self.ids))["nodes"]
        return [each["id"] for each in replies_in(nodes[of])] if of < len(nodes) else []

    async def seen(self, who: str) -> dict[str, Any]:
        """Returns the questions that a person reads, from lists and nodes."""
        found = await self.world.query(who, SEEN, room=self.world.room, ids=self.ids)
        listed = [edge["node"] for edge in found["room"]["questions"]["edges"]]
        return {
            "listed": [(self.ids.index(each["id"]), shown(each)) for each in listed],
            "nodes": [each and shown(each) for each in found["nodes"]],
        }

    async def heard(self, who: str, count: int) -> list[tuple[str, int, View]]:
        """Returns the next events of a person's stream."""
        events = [await next_event(self._streams[who]) for _ in range(count)]
        if events:
            self._cursors[who] = events[-1]["cursor"]
        return [self._event(each) for each in events]

    async def replayed(self, who: str) -> list[tuple[str, int, View]]:
        """Replays a person's stream from the start, and checks that it ends after the last event."""
        stream = await self._sockets[who].subscribe(QUESTIONS, room=self.world.room, after=self._first[who])
        told: list[Any] = []
        while (event := await stream.next())["__typename"] != "Checkpoint":
            told.append(event)
        return [self._event(each) for each in told]

    async def silent(self) -> None:
        """Checks that no further event arrives on any stream."""
        for stream in self._streams.values():
            assert (await stream.next())["__typename"] == "Checkpoint"

    def _event(self, event: dict[str, Any]) -> tuple[str, int, View]:
        return event["__typename"], self.ids.index(event["question"]["id"]), shown(event["question"])


def shown(question: dict[str, Any]) -> View:
    """Returns a question in the terms of the model."""
    plain = ("text", "anonymous", "state", "publishedAnswer", "upvotes", "viewerUpvoted")
    return {name: question[name] for name in plain} | {
        "asker": question["asker"] and question["asker"]["name"],
        "claimedBy": question["claimedBy"] and question["claimedBy"]["name"],
        "replies": [(each["author"]["name"], each["text"], each["byModerator"]) for each in replies_in(question)],
        "published": question["publishedAt"] is not None,
    }


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Play]:
    """Opens a play in a new session, without questions."""

    async def forget(tx: Transaction) -> None:
        await tx.execute(delete(questions.Question))

    session = await gather(world, *PEOPLE[1:])
    try:
        async with AsyncExitStack() as stack:
            sockets = {who: await stack.enter_async_context(world.socket(who)) for who in PEOPLE}
            play = Play(world, session, sockets)
            for who in PEOPLE:
                await play.listen(who)
            yield play
    finally:
        await world.query("manager", END, session=session)
        await world.database.transact(THE_SERVER, "test", forget)


def chosen(room: Room, random: Random, seen: Counter[Any]) -> Act:
    """Returns the act whose predicted outcome has been seen least so far, favouring acts that change something."""
    if len(room.questions) < AT_MOST:
        return Act(random.choice(PEOPLE), "ask", flag=random.random() < 0.5)
    acts = [some_act(random) for _ in range(CHOICES)]
    outcomes = [outcome(room, act) for act in acts]
    place = min(range(CHOICES), key=lambda each: (seen[outcomes[each]] + 1) / worth(outcomes[each]))
    seen[outcomes[place]] += 1
    return acts[place]


def outcome(room: Room, act: Act) -> tuple[str, str, bool]:
    """Returns the model's prediction for an act: verb, outcome, and whether it sends an event."""
    trial = deepcopy(room)
    return act.verb, trial.do(act), any(trial.told.values())


def worth(of: tuple[str, str, bool]) -> float:
    verb, code, told = of
    if (verb, code) == ("ask", "done"):
        return 0.01  # these occur often enough
    return 4 if told else 0.5 if code in ("done", "NOT_FOUND", "NOT_IN_SESSION") else 1


async def agrees(real: Play, room: Room, who: str, story: list[str]) -> None:
    """Checks that a person's events and reads are what the model predicts."""
    views = [question.view(who) for question in room.questions]
    listed = [(place, view) for place, view in enumerate(views) if view]
    assert await real.heard(who, len(room.told[who])) == room.told[who], f"{who}: {story}"
    assert await real.seen(who) == {"listed": listed, "nodes": views}, f"{who}: {story}"


def as_of_now(told: tuple[str, int, View], room: Room, who: str) -> tuple[str, int, View]:
    """Returns an event as a replay shows it, with the current published answer and the viewer's current upvote."""
    kind, of, view = told
    now = room.questions[of].view(who)
    assert now
    answer = now["publishedAnswer"] if view["published"] else None
    return kind, of, view | {"publishedAnswer": answer, "viewerUpvoted": now["viewerUpvoted"]}


@pytest.mark.second_tier
@settings(
    max_examples=500 if IN_DEPTH else EXAMPLES,
    derandomize=not IN_DEPTH,
    database=None,
    phases=[Phase.generate, Phase.shrink] if IN_DEPTH else [Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(play=plays)
async def test_questions_do_what_the_rules_say(lasting_world: World, play: list[int]) -> None:
    """Rules 4, 50 to 52, 60, 63: compares outcomes, lists, `node` and the streams of five people after each step."""
    room, outcomes, story = Room(), Counter[Any](), []
    told: dict[str, list[tuple[str, int, View]]] = {who: [] for who in PEOPLE}
    async with opened(lasting_world) as real:
        for step, number in enumerate(play):
            act = chosen(room, Random(f"{step} {number}"), outcomes)
            expected = room.do(act)
            story.append(f"{act}: {expected}")
            if act.verb == "toggle":
                await configure(lasting_world, qna="ENABLED" if act.flag else "DISABLED")
            else:
                assert await real.send(act) == expected, "\n".join(story)
            await asyncio.gather(*(agrees(real, room, who, story) for who in PEOPLE))
            told = {who: earlier + room.told[who] for who, earlier in told.items()}
            await real.go_on(PEOPLE[step % len(PEOPLE)])
        for who in PEOPLE:
            again = [as_of_now(each, room, who) for each in told[who]]
            assert await real.replayed(who) == again, f"{who}: {story}"
        await real.silent()
