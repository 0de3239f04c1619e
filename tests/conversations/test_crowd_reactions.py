"""Reactions of the crowd (rule 81)."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, update

from models.audiences import Audience
from models.events.crowd_reactions import ReactionsCounted
from models.tables.crowd_reactions import CrowdReaction
from models.tables.rates import RateKind, RateLimit
from tests.support.admin_mutations import UPDATE_SITE, as_admin, not_as_admin
from tests.support.due_deadlines import after
from tests.support.event_streams import is_live, next_event
from tests.support.people import change, configure, events_since, log_head
from tests.support.running_session import VERBS, Meeting, kinds, meet, students
from tests.support.statement_counts import statements_of
from tests.support.world import END, LEAVE, World

SITE = "{ site { reactionEmoji } }"
STREAM = """subscription ($room: ID!) { roomEvents(roomId: $room) { __typename ... on Event { cursor }
  ... on ReactionsCounted { counts { emoji count } } } }"""


async def told(world: World, head: Any) -> list[dict[str, int]]:
    """Returns the counts of each event since then, in order."""
    return [each.counts for each in await events_since(world, head) if isinstance(each, ReactionsCounted)]


async def pending(world: World) -> int:
    return len(await world.database.reads.values(select(CrowdReaction.emoji)))


async def react(meeting: Meeting, who: str, emoji: str) -> bool:
    """Reacts. Returns whether it was told at once."""
    return bool((await meeting.does(who, "sendReaction", emoji=emoji))["cursor"])


async def test_reactions_are_told_as_counts_once_a_second(world: World) -> None:
    """Rules 59, 81: the first at once, later ones together after a second, and none twice."""
    meeting = await meet(world, "chatmod", *students(2))
    head = await log_head(world)
    assert await react(meeting, "student-001", "👏")
    assert not await react(meeting, "student-001", "👏")
    for who, emoji in (("student-002", "👏"), ("chatmod", "🎉"), ("moderator", "❤")):
        assert not await react(meeting, who, emoji)
    assert await after(world, seconds=0.5) == []
    assert await after(world, seconds=0.6) == ["ReactionsCounted"]
    assert await told(world, head) == [{"👏": 1}, {"❤️": 1, "🎉": 1, "👏": 2}]
    assert await after(world, seconds=5) == []
    assert await react(meeting, "student-002", "👍")
    assert (await told(world, head))[2:] == [{"👍": 1}]
    assert await pending(world) == 0


async def test_what_is_overdue_is_told_with_the_next_one(world: World) -> None:
    """Rule 81: a worker that comes late finds nothing left to tell."""
    meeting = await meet(world, "student-001")
    head = await log_head(world)
    for _ in range(3):
        await react(meeting, "student-001", "😂")
    world.clock.advance(seconds=2)
    assert await react(meeting, "student-001", "😂")
    assert await told(world, head) == [{"😂": 1}, {"😂": 3}]
    assert await after(world, seconds=2) == []


async def test_the_end_tells_what_is_left(world: World) -> None:
    """Rules 38, 81: before the session's end, and nothing after it."""
    meeting = await meet(world, "student-001")
    for _ in range(3):
        await react(meeting, "student-001", "🔥")
    head = await log_head(world)
    await world.mutate("moderator", END, session=meeting.session)
    assert kinds(await events_since(world, head)) == ["ReactionsCounted", "SessionEnded"]
    assert await told(world, head) == [{"🔥": 2}]
    assert await after(world, seconds=2) == []
    assert await meeting.may_not("student-001", "sendReaction", emoji="🔥") == "SESSION_ENDED"


async def test_everyone_inside_reacts_and_is_told_nothing_of_who_did(world: World) -> None:
    """Rules 55, 81: also who is blocked from the chat or has it switched off; nobody outside; the entry names nobody."""
    await configure(world, groupChat="DISABLED")
    meeting = await meet(world, *students(3))
    await world.mutate("student-003", LEAVE, room=world.room)
    async with world.socket("student-002") as socket:
        stream = await socket.subscribe(STREAM, room=world.room)
        await is_live(stream)
        head = await log_head(world)
        await react(meeting, "student-001", "👍")
        heard = await next_event(stream)
    assert (heard["__typename"], heard["counts"]) == ("ReactionsCounted", [{"emoji": "👍", "count": 1}])
    (event,) = await events_since(world, head)
    assert (event.audience.audience, event.audience.user_id) == (Audience.INSIDE, None)
    for who in ("student-003", "student-004"):
        assert await meeting.may_not(who, "sendReaction", emoji="👍") == "NOT_IN_SESSION"


async def test_the_site_has_a_list_of_emoji(world: World) -> None:
    """Rule 81: site admins change it, which is told, and applies at once; each is kept in one spelling."""
    emoji = (await world.query("outsider", SITE))["site"]["reactionEmoji"]
    assert emoji == ["👍", "❤️", "👏", "😂", "😮", "🎉", "🤔", "🔥"]
    meeting = await meet(world, "student-001")
    refusal = await world.refused("student-001", VERBS["sendReaction"], input={"roomId": world.room, "emoji": "🐙"})
    assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "emoji"])
    head = await log_head(world)
    await as_admin(world, UPDATE_SITE, reactionEmoji=["🐙", "❤"])
    assert (await world.query("outsider", SITE))["site"]["reactionEmoji"] == ["🐙", "❤️"]
    assert [each.reaction_emoji for each in await events_since(world, head)] == [["🐙", "❤️"]]  # type: ignore[union-attr]  # its only kind
    await react(meeting, "student-001", "🐙")
    assert await meeting.tries("student-001", "sendReaction", emoji="👍") == "INVALID"
    for bad, field in (([], []), (["🐙", "🐙"], ["1"]), (["❤", "❤️"], ["1"]), (["🐙", "x"], ["1"])):
        answer = await not_as_admin(world, UPDATE_SITE, reactionEmoji=bad)
        assert answer == ("INVALID", ["input", "reactionEmoji", *field])


async def test_one_person_is_slowed_down(world: World) -> None:
    """Rule 81: by the rate of reactions, which is all that is stored of a person."""
    limit = update(RateLimit).where(RateLimit.kind == RateKind.REACTIONS)
    meeting = await meet(world, *students(2))
    await change(world, limit.values(burst=2, per_minute=1))
    try:
        for _ in range(2):
            await react(meeting, "student-001", "👍")
        assert await meeting.tries("student-001", "sendReaction", emoji="👍") == "RATE_LIMITED"
        await react(meeting, "student-002", "👍")
    finally:
        await change(world, limit.values(burst=1_000_000, per_minute=120))


async def test_a_crowd_at_once_is_counted_to_the_last(world: World) -> None:
    """Rules 59, 81: the counts of all events together are what people sent."""
    meeting = await meet(world, *students(10))
    head = await log_head(world)
    emoji = ["👍", "👏", "🎉"]
    acts = [meeting.tries(who, "sendReaction", emoji=each) for who in students(10) for each in (*emoji, "👏")]
    assert set(await asyncio.gather(*acts)) == {"done"}
    await after(world, seconds=2)
    counted: Counter[str] = Counter()
    for each in await told(world, head):
        counted.update(each)
    assert counted == {"👍": 10, "👏": 20, "🎉": 10}


@pytest.mark.parametrize("told_at_once", [True, False])
async def test_a_reaction_costs_few_statements(world: World, told_at_once: bool) -> None:
    """Rule 81: like a vote."""
    meeting = await meet(world, "student-001")
    if not told_at_once:
        await react(meeting, "student-001", "👍")
    ran = await statements_of(world, "student-001", VERBS["sendReaction"], {"roomId": world.room, "emoji": "👍"})
    assert len(ran) <= 12, ran
