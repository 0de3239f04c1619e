"""Other people do not notice what happens in threads, and nobody learns who asks anonymously (rules 4, 50, 52)."""

import json
from typing import Any

import pytest
from sqlalchemy import delete

from models.database.transaction import Transaction
from models.tables.chat import ChatMessage
from models.tables.questions import Question
from server.accounts import THE_SERVER
from tests.support.event_streams import is_live
from tests.support.people import absent, id_of
from tests.support.questions import (
    ASKER,
    CHATMOD,
    DOCUMENTS,
    EVERYTHING,
    LISTED,
    NODE,
    OTHER,
    QUESTIONS,
    SECOND,
    ask,
    do,
    gather,
    may_not,
    publish,
    reply,
)
from tests.support.statement_counts import counting_query
from tests.support.world import END, LEAVE, Subscribed, World

ONLOOKERS = (OTHER, "moderator")
ON_QUESTION = {
    **{verb: {} for verb in DOCUMENTS if verb != "askQuestion"},
    "replyToQuestion": {"text": "So."},
    "publishAnswer": {"replyId": absent("QuestionReply")},
}


@pytest.mark.parametrize("state", ["PENDING", "CLAIMED", "ANSWERED", "DISMISSED"])
async def test_a_private_question_is_as_absent_for_those_inside(world: World, state: str) -> None:
    """Rules 4, 50: in every state, an absent question gets the same answer with as many statements."""
    await gather(world)
    question = (await ask(world))["id"]
    if state == "CLAIMED":
        await do(world, CHATMOD, "claimQuestion", question)
    elif state == "ANSWERED":
        await reply(world, CHATMOD, question, settles=True)
    elif state == "DISMISSED":
        await do(world, CHATMOD, "dismissQuestion", question)
    for who in (*ONLOOKERS, "manager"):
        for verb, more in ON_QUESTION.items():
            given = [{"questionId": each, **more} for each in (question, absent("Question"))]
            ran = [await counting_query(world, who, DOCUMENTS[verb], input=each) for each in given]
            assert ran[0][0] == ran[1][0], (who, verb)
            assert len(ran[0][1]) == len(ran[1][1]) > 0, (who, verb)
        ran = [await counting_query(world, who, NODE, id=each) for each in (question, absent("Question"))]
        assert ran[0][0] == ran[1][0] == {"node": None}
        assert len(ran[0][1]) == len(ran[1][1])


class Observer:
    """Notes all that a person receives, without what differs between any two sessions."""

    def __init__(self, world: World, who: str, streams: list[Subscribed]) -> None:
        self.world = world
        self.who = who
        self.notes: list[Any] = []
        self._streams = streams
        self._names: dict[str, str] = {}

    async def look(self, question: str | None) -> None:
        """Reads lists by page and by state, the question by its id, and tries what is forbidden."""
        for given in ({}, {"states": ["PENDING", "CLAIMED", "DISMISSED"]}, {"states": ["ANSWERED"]}, {"first": 1}):
            self._note(await self.world.ask(self.who, LISTED, room=self.world.room, **given))
        self._note(await self.world.ask(self.who, STATUS, room=self.world.room))
        if question:
            self._note(await self.world.ask(self.who, NODE, id=question))
            self._note(await self.world.ask(self.who, DOCUMENTS["claimQuestion"], input={"questionId": question}))

    async def listen(self, upvotes: int) -> None:
        """Reads the streams up to the event that shows this many upvotes."""
        for stream in self._streams:
            told: dict[str, Any] = {}
            while not told.get("question") or told["question"]["upvotes"] < upvotes:
                told = await stream.next()
                if told["__typename"] != "Checkpoint":
                    self._note(told)

    def _note(self, told: Any) -> None:
        self.notes.append(self._without_chance(told))

    def _without_chance(self, told: Any, key: str = "") -> Any:
        """Replaces ids by the order of their first appearance, and times and cursors by whether they are set."""
        match told:
            case dict():
                return {name: self._without_chance(value, name) for name, value in told.items()}
            case list():
                return [self._without_chance(value) for value in told]
            case str() if key == "id":
                return self._names.setdefault(told, f"id {len(self._names)}")
            case str() if key.endswith(("At", "ursor")):
                return "some"
        return told


STATUS = """query ($room: ID!) { room(id: $room) { qnaEnabled version status { participantCount onStageCount }
  activeSession { peakParticipants participants { edges { node { state } } } } messages { edges { node { text } } } } }"""


async def private_traffic(world: World, published: str | None) -> None:
    """Performs many private acts of asker and chat moderators. The last claim stays."""
    asked = [(await ask(world, ASKER, text, anonymous=text == "b"))["id"] for text in "abcd"]
    for question in asked[:3]:
        await do(world, CHATMOD, "claimQuestion", question)
    await do(world, CHATMOD, "releaseQuestion", asked[0])
    await reply(world, SECOND, asked[0], "Between us.")
    await reply(world, ASKER, asked[0], "Thanks.")
    await do(world, CHATMOD, "dismissQuestion", asked[1])
    await reply(world, CHATMOD, asked[2], settles=True)
    await do(world, SECOND, "reopenQuestion", asked[2])
    assert await may_not(world, ASKER, "claimQuestion", asked[0]) == "FORBIDDEN"
    await do(world, CHATMOD, "claimQuestion", asked[3])
    if published:
        await reply(world, ASKER, published, "And between us?")
        await reply(world, SECOND, published, "Well.")
        await do(world, SECOND, "reopenQuestion", published)
        await do(world, SECOND, "claimQuestion", published)


async def scene(world: World, *, private: bool) -> list[list[Any]]:
    """Plays one session, with or without private acts between the visible ones. Returns the observers' notes."""
    session = await gather(world)
    async with world.socket(OTHER) as one, world.socket("moderator") as another:
        observers = []
        for who, socket in zip(ONLOOKERS, (one, another), strict=True):
            streams = [await socket.subscribe(document, room=world.room) for document in (QUESTIONS, EVERYTHING)]
            cursors = [await is_live(stream) for stream in streams]
            replays = [
                await socket.subscribe(document, room=world.room, after=cursor)
                for document, cursor in zip((QUESTIONS, EVERYTHING), cursors, strict=True)
            ]
            observers.append(Observer(world, who, [*streams, *replays]))

        async def meanwhile(published: str | None = None) -> None:
            if private:
                await private_traffic(world, published)
            for each in observers:
                await each.look(published)

        await meanwhile()
        await world.post(OTHER, "Hello")
        # Everybody is told who asks a published question, so it is asked anonymously.
        question = (await ask(world, ASKER, "Why?", anonymous=True))["id"]
        await meanwhile()
        await publish(world, question)
        await meanwhile(question)
        await do(world, "moderator", "upvoteQuestion", question)
        await world.mutate(CHATMOD, LEAVE, room=world.room)
        await world.mutate(SECOND, LEAVE, room=world.room)
        await world.enter(CHATMOD, SECOND)
        await meanwhile(question)
        await do(world, OTHER, "upvoteQuestion", question)
        for each in observers:
            await each.listen(upvotes=2)
            await each.look(question)
    await world.mutate("moderator", END, session=session)
    return [each.notes for each in observers]


async def test_private_traffic_leaves_no_trace(world: World) -> None:
    """Rules 4, 48, 50, 52: an attendee and a room moderator cannot tell a session with private acts from one without.

    Compared are lists by page and state, `node`, refusals, counts, and the items of streams, their number and order.
    """
    without = await scene(world, private=False)
    await clear(world)
    assert await scene(world, private=True) == without
    for notes in without:
        told = [note["__typename"] for note in notes if "__typename" in note]
        on_questions = ["AnswerPublished", "QuestionChanged", "QuestionChanged"]
        of_all = ["MessagePosted", *on_questions[:2], *["ParticipantLeft", "ParticipantJoined"] * 2, on_questions[2]]
        assert sorted(told) == sorted((on_questions + of_all) * 2)


async def clear(world: World) -> None:
    """Removes the first session's questions, so that the second does not show them."""

    async def work(tx: Transaction) -> None:
        await tx.execute(delete(Question))
        await tx.execute(delete(ChatMessage))

    await world.database.transact(THE_SERVER, "test", work)


async def test_who_asks_anonymously_appears_in_nothing_that_others_get(world: World) -> None:
    """Rule 52: not even indirectly, in lists, `node`, streams and replays, whatever happens to the question."""
    await gather(world)
    secrets = [await id_of(world, ASKER), "Student 001"]
    got: list[str] = []
    async with world.socket(OTHER) as one, world.socket("moderator") as another:
        streams = [
            await socket.subscribe(document, room=world.room)
            for socket in (one, another)
            for document in (QUESTIONS, EVERYTHING)
        ]
        for stream in streams:
            await is_live(stream)
        question = (await ask(world, anonymous=True))["id"]
        await reply(world, ASKER, question, "It is me.")
        await publish(world, question, "Because.")
        await do(world, OTHER, "upvoteQuestion", question)
        await reply(world, ASKER, question, "Thank you.")
        await publish(world, question, "Because so.")
        await do(world, CHATMOD, "reopenQuestion", question)
        await do(world, OTHER, "removeQuestionUpvote", question)
        for stream in streams:
            told: list[dict[str, Any]] = []
            while len(told) < 4:
                item = await stream.next()
                told += [item] * (item["__typename"] != "Checkpoint")
            assert [each["question"]["upvotes"] for each in told] == [0, 1, 1, 0]
            got.append(json.dumps(told))
    for who in ONLOOKERS:
        got += [json.dumps(await world.ask(who, LISTED, room=world.room))]
        got += [json.dumps(await world.ask(who, NODE, id=question))]
        got += [json.dumps(await world.ask(who, DOCUMENTS["upvoteQuestion"], input={"questionId": question}))]
    assert all("Because so." in each and secret not in each for each in got for secret in secrets)
    for who in (ASKER, CHATMOD, SECOND):
        found = json.dumps(await world.ask(who, NODE, id=question))
        assert all(secret in found for secret in secrets), who
