"""Ballots: one per person, counted exactly, events at most once a second, none after the close (rules 38, 59, 77)."""

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
from tests.support.interactions import choosing, due, meet, options_of, seen, stored, told_of_interactions, totals
from tests.support.people import absent, events_since, id_of, local, log_head
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
    """Rule 77: moderators too; a ballot cannot be changed, and the totals are those of the ballots."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened()
    for place, who in enumerate(("moderator", "chatmod", *PEOPLE)):
        assert await interactions.votes(who, interaction, place % 3) == "done"
    options = await options_of(world, interaction)
    for who in ("moderator", "chatmod", *PEOPLE):
        for each in options:
            assert await interactions.may_not(who, "answerInteraction", interaction, answers=choosing([each])) == (
                "ALREADY_ANSWERED",
                ["interactionId"],
            )
    assert totals(await seen(world, interaction)) == await stored(world, interaction) == (8, [3, 3, 2])


async def test_a_ballot_chooses_one_option_or_several(world: World) -> None:
    """Rule 77: as the interaction allows; a bad ballot is refused, names the index, and does not use up the vote."""
    interactions = await meet(world, "student-001")
    single, several, other = (
        await interactions.opened(),
        await interactions.opened(multipleAnswers=True),
        await interactions.opened(),
    )
    elsewhere = (await options_of(world, other))[0]
    for interaction, bad in ((single, 2), (several, 4)):
        a, b, c = await options_of(world, interaction)
        wrong: list[tuple[list[str], str, list[str]]] = [
            ([], "INVALID", ["answers", "0", "optionIds"]),
            ([a, a], "INVALID", ["answers", "0", "optionIds", "1"]),
            ([a, b, c, a], "INVALID", ["answers", "0", "optionIds", "3"]),
            ([a] * 11, "INVALID", ["answers", "0", "optionIds"]),
            ([elsewhere], "NOT_FOUND", ["answers", "0", "optionIds", "0"]),
            ([a, elsewhere], "NOT_FOUND", ["answers", "0", "optionIds", "1"]),
            ([b, c, absent("InteractionOption")], "NOT_FOUND", ["answers", "0", "optionIds", "2"]),
            ([b, interaction], "NOT_FOUND", ["answers", "0", "optionIds", "1"]),
        ]
        wrong += [([a, b][:bad], "INVALID", ["answers", "0", "optionIds"])] if interaction == single else []
        for chosen, code, field in wrong:
            assert await interactions.may_not(
                "student-001", "answerInteraction", interaction, answers=choosing(chosen)
            ) == (code, field), chosen
        assert totals(await seen(world, interaction)) == await stored(world, interaction) == (0, [0, 0, 0])
    assert await interactions.votes("student-001", single, 2) == "done"
    assert await interactions.votes("student-001", several, 2, 0) == "done"
    assert [totals(await seen(world, each)) for each in (single, several)] == [(1, [0, 0, 1]), (1, [1, 0, 1])]


async def test_votes_are_told_at_most_once_a_second(world: World) -> None:
    """Rules 59, 77: the first at once, further votes of that second together when it is over, then nothing."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened()
    head = await log_head(world)
    first = await interactions.does(
        PEOPLE[0], "answerInteraction", interaction, answers=choosing((await options_of(world, interaction))[:1])
    )
    assert first["cursor"]
    for who in PEOPLE[1:4]:
        later = await interactions.does(
            who, "answerInteraction", interaction, answers=choosing((await options_of(world, interaction))[:1])
        )
        assert (later["cursor"], await fall_due(world)) == (None, [])
    assert totals(await seen(world, interaction)) == (4, [4, 0, 0])  # reads show votes at once
    (deadline,) = await due(world)
    assert (deadline.kind, deadline.subject_id) == (DeadlineKind.INTERACTION_TALLY, local(interaction))
    assert await after(world, seconds=0.9) == []
    assert await after(world, seconds=0.2) == ["InteractionChanged"]
    assert (await due(world), await after(world, seconds=5)) == ([], [])
    assert await interactions.votes(PEOPLE[4], interaction, 1) == "done"
    assert told_of_interactions(await events_since(world, head)) == [
        ("InteractionChanged", 1),
        ("InteractionChanged", 4),
        ("InteractionChanged", 5),
    ]


async def test_a_vote_that_overtakes_a_late_worker_tells_for_all(world: World) -> None:
    """Rule 77: the vote's event has all totals, so the worker sends none within the second."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened()
    head = await log_head(world)
    for who in PEOPLE[:2]:
        assert await interactions.votes(who, interaction, 0) == "done"
    world.clock.advance(seconds=1.2)
    assert await interactions.votes(PEOPLE[2], interaction, 0) == "done"
    assert await fall_due(world) == []
    for who in PEOPLE[3:5]:
        assert await interactions.votes(who, interaction, 0) == "done"
    assert await after(world, seconds=0.9) == []
    assert await after(world, seconds=0.2) == ["InteractionChanged"]
    assert told_of_interactions(await events_since(world, head)) == [
        ("InteractionChanged", 1),
        ("InteractionChanged", 3),
        ("InteractionChanged", 5),
    ]


async def test_polls_are_told_of_each_for_itself(world: World) -> None:
    """Rule 77: votes in one interaction do not delay events of another."""
    interactions = await meet(world, *PEOPLE)
    one, other = await interactions.opened(), await interactions.opened()
    head = await log_head(world)
    for who in PEOPLE[:2]:
        for interaction in (one, other):
            assert await interactions.votes(who, interaction, 0) == "done"
    assert told_of_interactions(await events_since(world, head)) == [("InteractionChanged", 1)] * 2
    assert len(await due(world)) == 2
    assert await after(world, seconds=1.1) == ["InteractionChanged"] * 2
    assert told_of_interactions(await events_since(world, head))[2:] == [("InteractionChanged", 2)] * 2


@pytest.mark.parametrize("by", ["somebody", "its time", "the session's end"])
async def test_the_close_tells_the_final_totals(world: World, by: str) -> None:
    """Rules 38, 77: including votes without an event yet; no further event follows."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened(30)
    for who in PEOPLE[:3]:
        assert await interactions.votes(who, interaction, 1) == "done"
    assert len(await due(world)) == 2
    head = await log_head(world)
    match by:
        case "somebody":
            await interactions.does("chatmod", "closeInteraction", interaction)
        case "its time":
            world.clock.advance(seconds=30)
            await fall_due(world)
        case _:
            await world.mutate("moderator", END, session=interactions.session)
    told = told_of_interactions(await events_since(world, head))
    assert told[-1] == ("InteractionClosed", 3)
    assert told[:-1] == [("InteractionChanged", 3)] * (by == "its time")
    assert totals(await seen(world, interaction)) == await stored(world, interaction) == (3, [0, 3, 0])
    assert await due(world) == []
    head = await log_head(world)
    await after(world, seconds=5)
    assert told_of_interactions(await events_since(world, head)) == []


@pytest.mark.parametrize("worked_off", [False, True], ids=["before a worker came by", "after"])
async def test_a_poll_closes_by_the_servers_clock(world: World, worked_off: bool) -> None:
    """Rule 77: from that time on votes are refused, even before the worker closes it; `closedAt` is that time."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened(30)
    options = await options_of(world, interaction)
    closes_at = (await seen(world, interaction))["closesAt"]
    world.clock.advance(seconds=29.9)
    assert await interactions.votes(PEOPLE[0], interaction, 0) == "done"
    assert await fall_due(world) == []
    world.clock.advance(seconds=0.2)
    if worked_off:
        assert await fall_due(world) == ["InteractionClosed"]
    assert (await seen(world, interaction))["state"] == ("CLOSED" if worked_off else "OPEN")
    for who in PEOPLE[:2]:
        assert await interactions.may_not(who, "answerInteraction", interaction, answers=choosing(options[:1])) == (
            "INTERACTION_NOT_OPEN",
            ["interactionId"],
        )
    for again in (None, 30):
        assert await interactions.may_not("chatmod", "openInteraction", interaction, durationSeconds=again) == (
            "CONFLICT",
            ["interactionId"],
        )
    closed = await interactions.does("chatmod", "closeInteraction", interaction)
    assert bool(closed["cursor"]) is not worked_off
    found = await seen(world, interaction)
    assert (found["state"], found["closedAt"], totals(found)) == ("CLOSED", closes_at, (1, [1, 0, 0]))
    assert (await due(world), await after(world, seconds=5)) == ([], [])


async def test_the_session_ends_a_poll_whose_time_is_over_at_its_time(world: World) -> None:
    """Rules 38, 77: if no worker has closed the interaction before."""
    interactions = await meet(world)
    interaction = await interactions.opened(30)
    world.clock.advance(seconds=40)
    await world.mutate("moderator", END, session=interactions.session)
    found = await seen(world, interaction)
    assert (found["state"], found["closedAt"]) == ("CLOSED", found["closesAt"])


async def test_what_is_no_open_poll_takes_no_votes(world: World) -> None:
    """Rule 77: a draft, for those who see it, and a closed interaction."""
    interactions = await meet(world, PEOPLE[0])
    draft, closed = await interactions.draft(), await interactions.opened()
    await interactions.does("chatmod", "closeInteraction", closed)
    for who, interaction in (("chatmod", draft), ("chatmod", closed), (PEOPLE[0], closed)):
        chosen = (await options_of(world, interaction))[:1]
        assert await interactions.may_not(who, "answerInteraction", interaction, answers=choosing(chosen)) == (
            "INTERACTION_NOT_OPEN",
            ["interactionId"],
        )


@pytest.mark.parametrize("first", ["vote", "close"])
async def test_a_vote_is_before_the_close_or_after_it(world: World, first: str) -> None:
    """Rule 77: the vote is counted or refused."""
    interactions = await meet(world, PEOPLE[0])
    interaction = await interactions.opened()
    for step in (first, {"vote": "close", "close": "vote"}[first]):
        if step == "close":
            await interactions.does("chatmod", "closeInteraction", interaction)
        else:
            assert await interactions.votes(PEOPLE[0], interaction, 0) == (
                "done" if first == "vote" else "INTERACTION_NOT_OPEN"
            )
    assert (
        totals(await seen(world, interaction))
        == await stored(world, interaction)
        == ((1, [1, 0, 0]) if first == "vote" else (0, [0, 0, 0]))
    )


@pytest.mark.parametrize("seed", range(3))
async def test_votes_race_the_close(world: World, seed: int) -> None:
    """Rules 59, 77: each simultaneous vote is counted or refused, and the last event equals the stored totals."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened()
    options = await options_of(world, interaction)
    before, head = await read_state(world.database), await log_head(world)
    rush = [
        interactions.tries(who, "answerInteraction", interaction, answers=choosing([options[place % 3]]))
        for place, who in enumerate(PEOPLE)
    ]
    rush.insert(seed * 2 + 1, interactions.tries("chatmod", "closeInteraction", interaction))
    answers = await asyncio.gather(*rush)
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert answers.pop(seed * 2 + 1) == "done"
    outcomes = Counter(answers)
    assert set(outcomes) <= {"done", "INTERACTION_NOT_OPEN"}
    count = (await stored(world, interaction))[0]
    assert count == outcomes["done"]
    assert told_of_interactions(await events_since(world, head))[-1] == ("InteractionClosed", count)
    assert totals(await seen(world, interaction)) == await stored(world, interaction)
    assert await due(world) == []


async def test_of_ballots_of_one_at_once_one_counts(world: World) -> None:
    """Rule 77: also when somebody taps several times at once."""
    interactions = await meet(world, PEOPLE[0])
    interaction = await interactions.opened()
    options = await options_of(world, interaction)
    taps = [
        interactions.tries(PEOPLE[0], "answerInteraction", interaction, answers=choosing([options[tap % 3]]))
        for tap in range(9)
    ]
    assert Counter(await asyncio.gather(*taps)) == {"done": 1, "ALREADY_ANSWERED": 8}
    count, votes = await stored(world, interaction)
    assert (count, sorted(votes, key=str)) == (1, [0, 0, 1])


async def test_a_ballot_outlives_the_account(world: World) -> None:
    """Rule 77: the totals include ballots of deleted accounts."""
    interactions = await meet(world, *PEOPLE)
    interaction = await interactions.opened()
    for who in PEOPLE[:2]:
        assert await interactions.votes(who, interaction, 0) == "done"
    gone = delete(User).where(User.id == local(await id_of(world, PEOPLE[0])))
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    assert totals(await seen(world, interaction)) == await stored(world, interaction) == (2, [2, 0, 0])
