"""Rate limits on what one person can send to many (docs/operations.md)."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from sqlalchemy import select, update

from models.access.rates import keep_to_rate
from models.database.database import Database
from models.database.transaction import Transaction
from models.errors import RateLimited
from models.permissions import Viewer
from models.tables.people import User
from models.tables.rates import RateKind, RateLimit
from server.app import open_database
from server.settings import Settings
from tests.support.admin_mutations import UPDATE_SITE, as_admin
from tests.support.chat import Talk
from tests.support.interactions import Interactions
from tests.support.questions import ASKER, CHATMOD, DOCUMENTS, OTHER, ask, do, gather
from tests.support.running_session import Meeting
from tests.support.world import World

POST = """mutation ($room: ID!, $text: String!, $key: String) {
  postMessage(input: {roomId: $room, text: $text, idempotencyKey: $key}) {
    message { id } userErrors { code message field retryAfterSeconds } } }"""


async def limit(world: World, kind: str, burst: int, per_minute: int) -> None:
    await as_admin(world, UPDATE_SITE, rateLimits=[{"kind": kind, "burst": burst, "perMinute": per_minute}])


async def post(world: World, who: str, text: str = "Hello", key: str | None = None) -> dict[str, Any]:
    return await world.mutate(who, POST, room=world.room, text=text, key=key)


async def refused(world: World, who: str) -> dict[str, Any]:
    return await world.refused(who, POST, room=world.room, text="Too much")


async def test_a_burst_and_then_so_many_a_minute(world: World) -> None:
    await world.enter("moderator", "student-001")
    await limit(world, "MESSAGES", burst=3, per_minute=6)
    for _ in range(3):
        await post(world, "student-001")
    error = await refused(world, "student-001")
    assert (error["code"], error["field"], error["retryAfterSeconds"]) == ("RATE_LIMITED", ["input", "roomId"], 10)
    assert "10 s" in error["message"]
    world.clock.advance(seconds=error["retryAfterSeconds"])
    await post(world, "student-001")
    assert (await refused(world, "student-001"))["code"] == "RATE_LIMITED"


async def test_each_has_their_own(world: World) -> None:
    await world.enter("moderator", "student-001")
    await limit(world, "MESSAGES", burst=1, per_minute=1)
    await post(world, "student-001")
    assert (await refused(world, "student-001"))["code"] == "RATE_LIMITED"
    await post(world, "moderator")


async def test_what_was_refused_or_repeated_does_not_count(world: World) -> None:
    """Rule 62: a retry with its key returns the same result, any number of times."""
    await world.enter("moderator", "student-001")
    await limit(world, "MESSAGES", burst=2, per_minute=1)
    for _ in range(5):
        assert (await world.refused("student-001", POST, room=world.room, text=""))["code"] == "INVALID"
    first = await post(world, "student-001", key="once")
    for _ in range(5):
        assert await world.mutate("student-001", POST, room=world.room, text="Hello", key="once") == first
    await post(world, "student-001")
    assert (await refused(world, "student-001"))["code"] == "RATE_LIMITED"


async def test_they_hold_across_processes_and_at_once(world: World) -> None:
    """Two processes share only the database: of 20 simultaneous uses, exactly the burst is allowed."""
    await world.enter("moderator", "student-001")
    await limit(world, "MESSAGES", burst=5, per_minute=1)
    viewer = await student(world.database)
    other = open_database(world.settings, world.clock)
    try:
        each = [use(database, viewer) for database in (world.database, other) for _ in range(10)]
        assert sorted(await asyncio.gather(*each)) == [False] * 15 + [True] * 5
    finally:
        await other.close()
    assert (await refused(world, "student-001"))["code"] == "RATE_LIMITED"


async def student(database: Database) -> Viewer:
    (user,) = await database.reads.values(select(User.id).where(User.subject == "student-001"))
    return Viewer(user, "Student")


async def use(database: Database, viewer: Viewer, kind: RateKind = RateKind.MESSAGES) -> bool:
    """Returns whether the use was allowed."""
    try:
        await database.transact(viewer, "test", lambda tx: keep_to_rate(tx, kind))
    except RateLimited:
        return False
    return True


async def test_reactions_questions_and_votes_have_theirs(world: World) -> None:
    """Each kind is counted separately; answers to interactions and votes on questions are one kind."""
    for kind in ("REACTIONS", "QUESTIONS", "ANSWERS"):
        await limit(world, kind, burst=1, per_minute=1)
    session = await gather(world)
    talk, polls = Talk(Meeting(world, session)), Interactions(world, session)
    await talk.say("moderator", "Hello")
    await talk.does(ASKER, "addReaction", "Hello", emoji="\U0001f44d")
    assert await talk.may_not(ASKER, "addReaction", "Hello", emoji="\U0001f389") == "RATE_LIMITED"
    question = (await ask(world, ASKER))["id"]
    again = {"roomId": world.room, "text": "And why?"}
    assert (await world.refused(ASKER, DOCUMENTS["askQuestion"], input=again))["code"] == "RATE_LIMITED"
    answer = (await do(world, CHATMOD, "replyToQuestion", question, text="Because."))["replies"]["edges"][0]["node"][
        "id"
    ]
    await do(world, CHATMOD, "publishAnswer", question, replyId=answer)
    await do(world, OTHER, "upvoteQuestion", question)
    assert await polls.votes(OTHER, await polls.opened(), 0) == "RATE_LIMITED"


async def test_it_is_a_bucket_that_fills_steadily(settings: Settings) -> None:
    """Compared with a token bucket in plain Python: what is allowed, and when the next use is."""
    chance, now = random.Random(7), datetime(2026, 11, 23, tzinfo=UTC)
    database = open_database(settings, lambda: now)
    try:
        viewer = await student(database)
        for kind, burst, per_minute in (
            (RateKind.ANSWERS, 1, 60),
            (RateKind.MESSAGES, 5, 30),
            (RateKind.QUESTIONS, 3, 1),
        ):
            limit = update(RateLimit).where(RateLimit.kind == kind).values(burst=burst, per_minute=per_minute)
            await database.transact(viewer, "test", partial(Transaction.execute, statement=limit))
            left = Fraction(burst)
            for _ in range(60):
                seconds = chance.choice([0, 0, 0, 1, 3, 7, 120])
                now += timedelta(seconds=seconds)
                left = min(Fraction(burst), left + Fraction(seconds * per_minute, 60))
                assert await use(database, viewer, kind) is (left >= 1)
                left -= left >= 1
    finally:
        await database.close()
