"""Ballots: one per person, counted exactly, events at most once a second, none after the close (rules 38, 53, 59)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete

from models.tables.deadlines import DeadlineKind
from models.tables.people import User
from server.accounts import THE_SERVER
from server.settings import Settings
from tests.model.scenes import StillClock
from tests.support.due_deadlines import after, fall_due
from tests.support.people import absent, events_since, id_of, local, log_head
from tests.support.polls import due, meet, options_of, seen, stored, told_of_polls, totals
from tests.support.running_session import students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, World, open_world

PEOPLE = students(6)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A server whose clock stands still, except when a test moves it."""
    async with open_world(settings, StillClock()) as world:
        yield world


async def test_each_has_one_ballot(world: World) -> None:
    """Rule 53: moderators too; a ballot cannot be changed, and the totals are those of the ballots."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened()
    for place, who in enumerate(("moderator", "chatmod", *PEOPLE)):
        assert await polls.votes(who, poll, place % 3) == "done"
    options = await options_of(world, poll)
    for who in ("moderator", "chatmod", *PEOPLE):
        for each in options:
            assert await polls.may_not(who, "castVote", poll, optionIds=[each]) == ("ALREADY_VOTED", ["pollId"])
    assert totals(await seen(world, poll)) == await stored(world, poll) == (8, [3, 3, 2])


async def test_a_ballot_chooses_one_option_or_several(world: World) -> None:
    """Rule 53: as the poll allows; a bad ballot is refused, names the index, and does not use up the vote."""
    polls = await meet(world, "student-001")
    single, several, other = await polls.opened(), await polls.opened(multipleAnswers=True), await polls.opened()
    elsewhere = (await options_of(world, other))[0]
    for poll, bad in ((single, 2), (several, 4)):
        a, b, c = await options_of(world, poll)
        wrong: list[tuple[list[str], str, list[str]]] = [
            ([], "INVALID", ["optionIds"]),
            ([a, a], "INVALID", ["optionIds", "1"]),
            ([a, b, c, a], "INVALID", ["optionIds", "3"]),
            ([a] * 11, "INVALID", ["optionIds"]),
            ([elsewhere], "NOT_FOUND", ["optionIds", "0"]),
            ([a, elsewhere], "NOT_FOUND", ["optionIds", "1"]),
            ([b, c, absent("PollOption")], "NOT_FOUND", ["optionIds", "2"]),
            ([b, poll], "NOT_FOUND", ["optionIds", "1"]),
        ]
        wrong += [([a, b][:bad], "INVALID", ["optionIds"])] if poll == single else []
        for chosen, code, field in wrong:
            assert await polls.may_not("student-001", "castVote", poll, optionIds=chosen) == (code, field), chosen
        assert totals(await seen(world, poll)) == await stored(world, poll) == (0, [0, 0, 0])
    assert await polls.votes("student-001", single, 2) == "done"
    assert await polls.votes("student-001", several, 2, 0) == "done"
    assert [totals(await seen(world, each)) for each in (single, several)] == [(1, [0, 0, 1]), (1, [1, 0, 1])]


async def test_votes_are_told_at_most_once_a_second(world: World) -> None:
    """Rules 53, 59: the first at once, further votes of that second together when it is over, then nothing."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened()
    head = await log_head(world)
    first = await polls.does(PEOPLE[0], "castVote", poll, optionIds=(await options_of(world, poll))[:1])
    assert first["cursor"]
    for who in PEOPLE[1:4]:
        later = await polls.does(who, "castVote", poll, optionIds=(await options_of(world, poll))[:1])
        assert (later["cursor"], await fall_due(world)) == (None, [])
    assert totals(await seen(world, poll)) == (4, [4, 0, 0])  # reads show votes at once
    (deadline,) = await due(world)
    assert (deadline.kind, deadline.subject_id) == (DeadlineKind.POLL_TALLY, local(poll))
    assert await after(world, seconds=0.9) == []
    assert await after(world, seconds=0.2) == ["PollChanged"]
    assert (await due(world), await after(world, seconds=5)) == ([], [])
    assert await polls.votes(PEOPLE[4], poll, 1) == "done"
    assert told_of_polls(await events_since(world, head)) == [
        ("PollChanged", 1),
        ("PollChanged", 4),
        ("PollChanged", 5),
    ]


async def test_a_vote_that_overtakes_a_late_worker_tells_for_all(world: World) -> None:
    """Rule 53: the vote's event has all totals, so the worker sends none within the second."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened()
    head = await log_head(world)
    for who in PEOPLE[:2]:
        assert await polls.votes(who, poll, 0) == "done"
    world.clock.advance(seconds=1.2)
    assert await polls.votes(PEOPLE[2], poll, 0) == "done"
    assert await fall_due(world) == []
    for who in PEOPLE[3:5]:
        assert await polls.votes(who, poll, 0) == "done"
    assert await after(world, seconds=0.9) == []
    assert await after(world, seconds=0.2) == ["PollChanged"]
    assert told_of_polls(await events_since(world, head)) == [
        ("PollChanged", 1),
        ("PollChanged", 3),
        ("PollChanged", 5),
    ]


async def test_polls_are_told_of_each_for_itself(world: World) -> None:
    """Rule 53: votes in one poll do not delay events of another."""
    polls = await meet(world, *PEOPLE)
    one, other = await polls.opened(), await polls.opened()
    head = await log_head(world)
    for who in PEOPLE[:2]:
        for poll in (one, other):
            assert await polls.votes(who, poll, 0) == "done"
    assert told_of_polls(await events_since(world, head)) == [("PollChanged", 1)] * 2
    assert len(await due(world)) == 2
    assert await after(world, seconds=1.1) == ["PollChanged"] * 2
    assert told_of_polls(await events_since(world, head))[2:] == [("PollChanged", 2)] * 2


@pytest.mark.parametrize("by", ["somebody", "its time", "the session's end"])
async def test_the_close_tells_the_final_totals(world: World, by: str) -> None:
    """Rules 38, 53: including votes without an event yet; no further event follows."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened(30)
    for who in PEOPLE[:3]:
        assert await polls.votes(who, poll, 1) == "done"
    assert len(await due(world)) == 2
    head = await log_head(world)
    match by:
        case "somebody":
            await polls.does("chatmod", "closePoll", poll)
        case "its time":
            world.clock.advance(seconds=30)
            await fall_due(world)
        case _:
            await world.mutate("moderator", END, session=polls.session)
    told = told_of_polls(await events_since(world, head))
    assert told[-1] == ("PollClosed", 3)
    assert told[:-1] == [("PollChanged", 3)] * (by == "its time")
    assert totals(await seen(world, poll)) == await stored(world, poll) == (3, [0, 3, 0])
    assert await due(world) == []
    head = await log_head(world)
    await after(world, seconds=5)
    assert told_of_polls(await events_since(world, head)) == []


@pytest.mark.parametrize("worked_off", [False, True], ids=["before a worker came by", "after"])
async def test_a_poll_closes_by_the_servers_clock(world: World, worked_off: bool) -> None:
    """Rule 53: from that time on votes are refused, even before the worker closes it; `closedAt` is that time."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened(30)
    options = await options_of(world, poll)
    closes_at = (await seen(world, poll))["closesAt"]
    world.clock.advance(seconds=29.9)
    assert await polls.votes(PEOPLE[0], poll, 0) == "done"
    assert await fall_due(world) == []
    world.clock.advance(seconds=0.2)
    if worked_off:
        assert await fall_due(world) == ["PollClosed"]
    assert (await seen(world, poll))["state"] == ("CLOSED" if worked_off else "OPEN")
    for who in PEOPLE[:2]:
        assert await polls.may_not(who, "castVote", poll, optionIds=options[:1]) == ("POLL_NOT_OPEN", ["pollId"])
    for again in (None, 30):
        assert await polls.may_not("chatmod", "openPoll", poll, durationSeconds=again) == ("CONFLICT", ["pollId"])
    closed = await polls.does("chatmod", "closePoll", poll)
    assert bool(closed["cursor"]) is not worked_off
    found = await seen(world, poll)
    assert (found["state"], found["closedAt"], totals(found)) == ("CLOSED", closes_at, (1, [1, 0, 0]))
    assert (await due(world), await after(world, seconds=5)) == ([], [])


async def test_the_session_ends_a_poll_whose_time_is_over_at_its_time(world: World) -> None:
    """Rules 38, 53: if no worker has closed the poll before."""
    polls = await meet(world)
    poll = await polls.opened(30)
    world.clock.advance(seconds=40)
    await world.mutate("moderator", END, session=polls.session)
    found = await seen(world, poll)
    assert (found["state"], found["closedAt"]) == ("CLOSED", found["closesAt"])


async def test_what_is_no_open_poll_takes_no_votes(world: World) -> None:
    """Rule 53: a draft, for those who see it, and a closed poll."""
    polls = await meet(world, PEOPLE[0])
    draft, closed = await polls.draft(), await polls.opened()
    await polls.does("chatmod", "closePoll", closed)
    for who, poll in (("chatmod", draft), ("chatmod", closed), (PEOPLE[0], closed)):
        chosen = (await options_of(world, poll))[:1]
        assert await polls.may_not(who, "castVote", poll, optionIds=chosen) == ("POLL_NOT_OPEN", ["pollId"])


@pytest.mark.parametrize("first", ["vote", "close"])
async def test_a_vote_is_before_the_close_or_after_it(world: World, first: str) -> None:
    """Rule 53: the vote is counted or refused."""
    polls = await meet(world, PEOPLE[0])
    poll = await polls.opened()
    for step in (first, {"vote": "close", "close": "vote"}[first]):
        if step == "close":
            await polls.does("chatmod", "closePoll", poll)
        else:
            assert await polls.votes(PEOPLE[0], poll, 0) == ("done" if first == "vote" else "POLL_NOT_OPEN")
    assert (
        totals(await seen(world, poll))
        == await stored(world, poll)
        == ((1, [1, 0, 0]) if first == "vote" else (0, [0, 0, 0]))
    )


@pytest.mark.parametrize("seed", range(3))
async def test_votes_race_the_close(world: World, seed: int) -> None:
    """Rules 53, 59: each simultaneous vote is counted or refused, and the last event equals the stored totals."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened()
    options = await options_of(world, poll)
    before, head = await read_state(world.database), await log_head(world)
    rush = [polls.tries(who, "castVote", poll, optionIds=[options[place % 3]]) for place, who in enumerate(PEOPLE)]
    rush.insert(seed * 2 + 1, polls.tries("chatmod", "closePoll", poll))
    answers = await asyncio.gather(*rush)
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert answers.pop(seed * 2 + 1) == "done"
    outcomes = Counter(answers)
    assert set(outcomes) <= {"done", "POLL_NOT_OPEN"}
    count = (await stored(world, poll))[0]
    assert count == outcomes["done"]
    assert told_of_polls(await events_since(world, head))[-1] == ("PollClosed", count)
    assert totals(await seen(world, poll)) == await stored(world, poll)
    assert await due(world) == []


async def test_of_ballots_of_one_at_once_one_counts(world: World) -> None:
    """Rule 53: also when somebody taps several times at once."""
    polls = await meet(world, PEOPLE[0])
    poll = await polls.opened()
    options = await options_of(world, poll)
    taps = [polls.tries(PEOPLE[0], "castVote", poll, optionIds=[options[tap % 3]]) for tap in range(9)]
    assert Counter(await asyncio.gather(*taps)) == {"done": 1, "ALREADY_VOTED": 8}
    count, votes = await stored(world, poll)
    assert (count, sorted(votes, key=str)) == (1, [0, 0, 1])


async def test_a_ballot_outlives_the_account(world: World) -> None:
    """Rule 53: the totals include ballots of deleted accounts."""
    polls = await meet(world, *PEOPLE)
    poll = await polls.opened()
    for who in PEOPLE[:2]:
        assert await polls.votes(who, poll, 0) == "done"
    gone = delete(User).where(User.id == local(await id_of(world, PEOPLE[0])))
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    assert totals(await seen(world, poll)) == await stored(world, poll) == (2, [2, 0, 0])
