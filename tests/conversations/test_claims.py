"""Claims on questions, and when they end (rules 33, 41, 50, 51)."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from models.database.database import Database
from models.tables.galleries import GalleryRole
from server.app import open_database
from server.settings import Settings
from tests.support.admission import REMOVE, own
from tests.support.databases import Databases
from tests.support.due_deadlines import fall_due
from tests.support.people import configure, events_since, give_role, id_of, local, log_head, make_group
from tests.support.processes import ServerProcess, client_of
from tests.support.questions import (
    ASKER,
    CHATMOD,
    OTHER,
    SECOND,
    ask,
    do,
    gather,
    listed,
    may_not,
    publish,
    reply,
    seen,
    tries,
)
from tests.support.stored_state import fold_all, read_state
from tests.support.world import LEAVE, Client, World, open_world


async def state(world: World, question: str) -> tuple[str, str | None]:
    """Returns the question's state and the name of the person who claimed it."""
    found = await seen(world, CHATMOD, question)
    assert found
    return found["state"], found["claimedBy"] and found["claimedBy"]["name"]


CHANDRA, STUDENT_29 = "Chandra Chatmod", "Student 029"


async def test_a_question_is_claimed_released_dismissed_and_opened_again(world: World) -> None:
    """Rule 51: repeating an act succeeds and sends no event."""
    await gather(world)
    question = (await ask(world))["id"]
    head = await log_head(world)
    for verb, expected in (
        ("claimQuestion", ("CLAIMED", CHANDRA)),
        ("releaseQuestion", ("PENDING", None)),
        ("dismissQuestion", ("DISMISSED", None)),
        ("reopenQuestion", ("PENDING", None)),
        ("claimQuestion", ("CLAIMED", CHANDRA)),
        ("dismissQuestion", ("DISMISSED", CHANDRA)),
        ("reopenQuestion", ("PENDING", None)),
    ):
        for _ in range(2):
            await do(world, CHATMOD, verb, question)
            assert await state(world, question) == expected, verb
    assert len(await events_since(world, head)) == 7


async def test_what_somebody_else_has_claimed_is_theirs(world: World) -> None:
    """Rule 51."""
    await gather(world)
    question = (await ask(world))["id"]
    answer = await reply(world, CHATMOD, question, "Wait.")
    assert await state(world, question) == ("CLAIMED", CHANDRA)
    for verb in ("claimQuestion", "releaseQuestion", "dismissQuestion"):
        assert await may_not(world, SECOND, verb, question) == "ALREADY_CLAIMED"
    assert await may_not(world, SECOND, "replyToQuestion", question, text="Me!") == "ALREADY_CLAIMED"
    assert await may_not(world, SECOND, "publishAnswer", question, replyId=answer) == "ALREADY_CLAIMED"
    await do(world, SECOND, "reopenQuestion", question)  # it is open already
    assert await state(world, question) == ("CLAIMED", CHANDRA)
    await reply(world, ASKER, question, "I wait.")
    assert await state(world, question) == ("CLAIMED", CHANDRA)
    await do(world, CHATMOD, "releaseQuestion", question)
    await reply(world, SECOND, question, "Now me.")
    assert await state(world, question) == ("CLAIMED", STUDENT_29)


async def test_a_reply_may_settle_a_question(world: World) -> None:
    """Rule 51: a moderator's reply can answer a question in any state; the asker's reply never does."""
    await gather(world)
    question = (await ask(world))["id"]
    await reply(world, CHATMOD, question, settles=True)
    assert await state(world, question) == ("ANSWERED", CHANDRA)
    for verb in ("claimQuestion", "releaseQuestion", "dismissQuestion"):
        expected = "ALREADY_CLAIMED" if verb == "claimQuestion" else "CONFLICT"
        assert await may_not(world, CHATMOD, verb, question) == expected
    await reply(world, SECOND, question, "And more.")
    await reply(world, ASKER, question, "Thanks.")
    assert await state(world, question) == ("ANSWERED", CHANDRA)
    await do(world, SECOND, "reopenQuestion", question)
    await do(world, SECOND, "dismissQuestion", question)
    assert await may_not(world, CHATMOD, "claimQuestion", question) == "ALREADY_CLAIMED"
    assert await may_not(world, CHATMOD, "releaseQuestion", question) == "CONFLICT"
    settled = await may_not(world, ASKER, "replyToQuestion", question, "settles", text="No.", settles=True)
    assert settled == "FORBIDDEN"
    await reply(world, ASKER, question, "Hello?")
    assert await state(world, question) == ("DISMISSED", None)
    await reply(world, SECOND, question, "Well then.", settles=True)
    assert await state(world, question) == ("ANSWERED", STUDENT_29)


async def leave(world: World, session: str) -> None:
    await world.mutate(CHATMOD, LEAVE, room=world.room)


async def be_removed(world: World, session: str) -> None:
    whom = (await own(world, CHATMOD, session))["id"]
    await world.mutate("moderator", REMOVE, input={"participantId": whom, "ban": True})


async def be_absent(world: World, session: str) -> None:
    world.clock.advance(seconds=45)
    for who in ("moderator", SECOND, ASKER, OTHER):
        await world.query(who, "mutation ($r: ID!) { heartbeat(input: {roomId: $r}) { cursor } }", r=world.room)
    world.clock.advance(seconds=50)
    assert await fall_due(world) == ["QuestionChanged", "QuestionChanged", "ParticipantLeft"]


@pytest.mark.parametrize("go", [leave, be_removed, be_absent])
async def test_claims_return_when_their_owner_goes(world: World, go: Any) -> None:
    """Rules 33, 36, 41, 51: however they leave, with an event each; other claims and answered questions stay."""
    session = await gather(world)
    questions = [(await ask(world, text=text))["id"] for text in ("a", "b", "c", "d")]
    for question in questions[:2]:
        await do(world, CHATMOD, "claimQuestion", question)
    await do(world, SECOND, "claimQuestion", questions[2])
    await reply(world, CHATMOD, questions[3], settles=True)
    head = await log_head(world)
    await go(world, session)
    told = await events_since(world, head)
    assert [each.kind for each in told] == ["QuestionChanged", "QuestionChanged", "ParticipantLeft"]
    assert [await state(world, question) for question in questions] == [
        ("PENDING", None),
        ("PENDING", None),
        ("CLAIMED", STUDENT_29),
        ("ANSWERED", CHANDRA),
    ]
    await do(world, SECOND, "claimQuestion", questions[0])


async def test_others_take_no_claims_along(world: World) -> None:
    """Rule 51: when other people leave, the claim stays."""
    await gather(world)
    question = (await ask(world))["id"]
    await do(world, CHATMOD, "claimQuestion", question)
    head = await log_head(world)
    for who in (SECOND, ASKER, OTHER):
        await world.mutate(who, LEAVE, room=world.room)
    assert {each.kind for each in await events_since(world, head)} == {"ParticipantLeft"}
    assert await state(world, question) == ("CLAIMED", CHANDRA)


CROWD = [f"student-{number:03}" for number in range(3, 31)] + [f"visitor-{number:03}" for number in range(1, 4)]
CLAIMS = 50


async def crowd(world: World) -> list[str]:
    """Lets fifty chat moderators, by a group, and an asker enter. Returns their names."""
    people = [*CROWD, *(f"helper-{number:03}" for number in range(CLAIMS - len(CROWD)))]
    for who in people[len(CROWD) :]:
        await give_role(world, who, GalleryRole.MEMBER)
    helpers = await make_group(world, "helpers", *people)
    await configure(world, qna="ENABLED", chatModeratorIds=[helpers])
    await world.enter("moderator", ASKER)
    for who in people:
        await world.query(who, ENTER_BRIEFLY, room=world.room)
    return people


ENTER_BRIEFLY = "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { userErrors { code } } }"


async def all_claim(clients: Sequence[Client], people: Sequence[str], question: str) -> Counter[str]:
    """Lets all claim at the same moment, alternating between the servers. Counts the outcomes."""
    rush = [
        tries(clients[turn % len(clients)], who, "claimQuestion", questionId=question)
        for turn, who in enumerate(people)
    ]
    return Counter(await asyncio.gather(*rush))


async def test_of_fifty_who_claim_at_once_one_wins(world: World, settings: Settings) -> None:
    """Rules 51, 59: on two servers with one database, whose log has one event."""
    people = await crowd(world)
    question = (await ask(world))["id"]
    async with open_world(settings) as other:
        for _ in range(2):
            before, head = await read_state(world.database), await log_head(world)
            assert await all_claim([world, other], people, question) == {"done": 1, "ALREADY_CLAIMED": CLAIMS - 1}
            assert await fold_all(world.database, before) == await read_state(world.database)
            (event,) = await events_since(world, head)
            claimed = next(iter((await read_state(world.database))[local(world.gallery)].questions.values()))
            assert event.kind == "QuestionChanged"
            assert claimed.state == "CLAIMED"
            users = {who: local(await id_of(world, who)) for who in people}
            (winner,) = [who for who, user in users.items() if user == claimed.claimed_by]
            await do(world, winner, "releaseQuestion", question)


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str, redis_url: str) -> Iterator[Sequence[ServerProcess]]:
    """Starts two server processes on their own PostgreSQL database, with fifty chat moderators inside."""
    name = f"enfilade_{os.getpid()}_claims"
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, postgres_template)
        settings = Settings(dev=True, database_url=url, redis_url=redis_url, drain_seconds=0)
        with ThreadPoolExecutor(1) as thread:  # in a thread, because the tests' event loop is running
            thread.submit(asyncio.run, _assemble(settings)).result()
        yield [stack.enter_context(ServerProcess(settings)) for _ in range(2)]


async def _assemble(settings: Settings) -> None:
    async with open_world(settings) as world:
        PEOPLE.extend(await crowd(world))
        ASKED.append((await ask(world))["id"])


PEOPLE: list[str] = []
ASKED: list[str] = []


@pytest.fixture
async def database(pair: Sequence[ServerProcess]) -> AsyncIterator[Database]:
    opened = open_database(pair[0].settings)
    yield opened
    await opened.close()


@pytest.mark.second_tier
async def test_of_fifty_at_two_processes_one_wins(pair: Sequence[ServerProcess], database: Database) -> None:
    """Rules 51, 59."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_of(server)) for server in pair]
        before = await read_state(database)
        assert await all_claim(clients, PEOPLE, ASKED[0]) == {"done": 1, "ALREADY_CLAIMED": CLAIMS - 1}
        after = await read_state(database)
        assert await fold_all(database, before) == after
        here = local(clients[0].gallery)
        assert after[here].position.number == before[here].position.number + 1


async def test_publishing_again_after_reopening_ends_the_claim(world: World) -> None:
    """Rules 51, 52: republishing the same answer sends an event only to the asker and the chat moderators."""
    await gather(world)
    question = (await ask(world))["id"]
    answer = await publish(world, question)
    await do(world, SECOND, "reopenQuestion", question)
    await do(world, SECOND, "claimQuestion", question)
    assert await may_not(world, CHATMOD, "publishAnswer", question, replyId=answer) == "ALREADY_CLAIMED"
    await do(world, SECOND, "publishAnswer", question, replyId=answer)
    assert await state(world, question) == ("ANSWERED", STUDENT_29)
    assert [each["state"] for each in await listed(world, OTHER)] == ["ANSWERED"]
