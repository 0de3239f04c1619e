"""An interaction that everybody in a full webinar answers at once, on two servers, one of which may die (rules 59, 60, 77, 80, 81)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from models.cursors import Position
from models.database.database import Database
from models.events import log
from models.events.crowd_reactions import ReactionsCounted
from models.events.interactions import InteractionChanged, InteractionClosed
from models.events.log import Entry
from server.app import open_database
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.due_deadlines import after
from tests.support.event_streams import is_live, next_event
from tests.support.interactions import (
    EVENTS,
    VERBS,
    choice,
    choosing,
    drafted,
    meet,
    options_of,
    seen,
    stored,
    stored_in,
    told_of_interactions,
    totals,
    tries,
    words,
)
from tests.support.people import events_since, local, log_head
from tests.support.processes import ServerProcess, client_of
from tests.support.running_session import VERBS as ROOM_VERBS
from tests.support.stored_state import fold_all, read_state
from tests.support.two_servers import CROWD, crowd_clients, done, two_servers
from tests.support.world import CONFIGURE, END, ENTER, Client, open_world

pytestmark = pytest.mark.second_tier  # It takes long.

VOTERS = ["moderator", "chatmod", *CROWD[:298]]
"""As many people as fit in a webinar."""
TOLD_EVERY = timedelta(seconds=1)
CLAP = "\U0001f44f"
POSTERS = [f"Poster {number}" for number in range(1, 11)]


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str, redis_url: str) -> Iterator[Sequence[ServerProcess]]:
    with two_servers(postgres, postgres_template, redis_url, "voting") as servers:
        yield servers


@pytest.fixture
async def database(pair: Sequence[ServerProcess]) -> AsyncIterator[Database]:
    opened = open_database(pair[0].settings)
    yield opened
    await opened.close()


async def gathered(clients: Sequence[Client]) -> str:
    """Lets everybody enter. Returns the session's id."""
    one, other = clients
    await done(one, "manager", CONFIGURE, input={"galleryId": one.gallery, "mode": "WEBINAR"})
    session = (await done(other, VOTERS[0], ENTER, room=one.room))["session"]["id"]
    await asyncio.gather(*(done(clients[turn % 2], who, ENTER, room=one.room) for turn, who in enumerate(VOTERS)))
    return str(session)


async def opened(client: Client, **given: Any) -> str:
    interaction = (
        await done(
            client,
            "chatmod",
            VERBS["createInteraction"],
            input={"roomId": client.room, **choice("Which one?", POSTERS, **given)},
        )
    )["interaction"]
    await done(client, "chatmod", VERBS["openInteraction"], input={"interactionId": interaction["id"]})
    return str(interaction["id"])


def wanted(turn: int, options: list[str]) -> list[str]:
    """Returns a voter's choice: one or more options, unevenly distributed."""
    return options[turn % 7 : turn % 7 + 1 + turn % 3]


async def told_of(database: Database, client: Client, interaction: str) -> list[Entry]:
    """Returns the log's events about a interaction's votes, in order."""
    entries = await log.after(database.reads, local(client.gallery), Position(0, 0), 100_000)
    kinds = (InteractionChanged, InteractionClosed)
    return [
        each for each in entries if isinstance(each.event, kinds) and each.event.interaction.id == local(interaction)
    ]


@pytest.mark.parametrize("closing", ["left open", "closed meanwhile"])
async def test_three_hundred_vote_at_once_and_each_counts_once(
    pair: Sequence[ServerProcess], database: Database, closing: str
) -> None:
    """Rules 53, 59, 60, 64: each votes twice, on two servers; one event a second, the last with all ballots."""
    async with crowd_clients(pair) as clients:
        session = await gathered(clients)
        interaction = await opened(clients[0], multipleAnswers=True)
        options = await options_of(clients[0], interaction)
        before = await read_state(database)
        async with clients[1].socket("chatmod") as socket:
            stream = await socket.subscribe(EVENTS, room=clients[1].room)
            await is_live(stream)
            rush = [
                tries(
                    clients[(turn + tap) % 2],
                    who,
                    "answerInteraction",
                    interactionId=interaction,
                    answers=choosing(wanted(turn, options)),
                )
                for turn, who in enumerate(VOTERS)
                for tap in range(2)
            ]
            if closing == "closed meanwhile":
                rush.insert(len(rush) // 2, tries(clients[0], "chatmod", "closeInteraction", interactionId=interaction))
            outcomes = Counter(await asyncio.gather(*rush))
            ballots, votes = await stored_in(database.reads, interaction)
            found = await seen(clients[0], interaction)
            assert totals(found) == (ballots, votes)
            if closing == "left open":
                assert outcomes == {"done": 300, "ALREADY_ANSWERED": 300}
                chosen = Counter(each for turn in range(300) for each in wanted(turn, options))
                assert (ballots, votes) == (300, [chosen[each] for each in options])
            else:
                assert outcomes.pop("done") - 1 == ballots
                assert set(outcomes) <= {"ALREADY_ANSWERED", "INTERACTION_NOT_OPEN"}
            heard = await next_event(stream)
            while heard["__typename"] != "InteractionClosed" and shown(heard) != (ballots, votes):
                heard = await next_event(stream)
        entries = await told_of(database, clients[0], interaction)
        changes = [each for each in entries if isinstance(each.event, InteractionChanged)]
        assert all(later.occurred_at - each.occurred_at >= TOLD_EVERY for each, later in pairwise(changes[1:]))
        tallies = [each.event.tally for each in changes if isinstance(each.event, InteractionChanged)]
        assert all(later.answers > each.answers for each, later in pairwise(tallies))
        last = entries[-1].event
        assert isinstance(last, InteractionChanged | InteractionClosed)
        assert isinstance(last, InteractionClosed) is (closing == "closed meanwhile")
        assert (last.tally.answers, list(last.tally.votes.values())) == (ballots, votes)
        assert await fold_all(database, before) == await read_state(database)
        await done(clients[0], "moderator", END, session=session)


def shown(event: dict[str, Any]) -> tuple[int, list[int | None]]:
    interaction = event.get("interaction")
    return totals(interaction) if interaction else (0, [])


async def test_three_hundred_fill_a_word_cloud_and_react_at_once(
    pair: Sequence[ServerProcess], database: Database
) -> None:
    """Rules 59, 64, 77, 80, 81: on two servers, each word and each reaction counts once, and at most one event a second."""
    async with crowd_clients(pair) as clients:
        session = await gathered(clients)
        before = await read_state(database)
        cloud = {"roomId": clients[0].room, **drafted("WORDS", shareResults="LIVE")}
        interaction = (await done(clients[0], "chatmod", VERBS["createInteraction"], input=cloud))["interaction"]["id"]
        await done(clients[0], "chatmod", VERBS["openInteraction"], input={"interactionId": interaction})
        answers = [
            done(clients[turn % 2], who, VERBS["answerInteraction"], input=words_of(turn, interaction))
            for turn, who in enumerate(VOTERS)
        ]
        reactions = [
            done(clients[turn % 2], who, ROOM_VERBS["sendReaction"], input={"roomId": clients[0].room, "emoji": CLAP})
            for turn, who in enumerate(VOTERS)
        ]
        await asyncio.gather(*answers, *reactions)
        counted = Counter(
            word for turn in range(len(VOTERS)) for word in words_of(turn, interaction)["answers"][0]["words"]
        )
        assert words(await seen(clients[1], interaction, VOTERS[-1])) == counted
        await done(clients[0], "moderator", END, session=session)
        tallies = [each.event.tally for each in await told_of(database, clients[0], interaction)]  # type: ignore[union-attr]  # told_of returns only events with tallies
        assert (tallies[-1].answers, sorted(tallies[-1].votes.values())) == (len(VOTERS), sorted(counted.values()))
        entries = await log.after(database.reads, local(clients[0].gallery), Position(0, 0), 100_000)
        told = [(each.occurred_at, each.event) for each in entries if isinstance(each.event, ReactionsCounted)]
        assert sum(event.counts[CLAP] for _at, event in told) == len(VOTERS)
        # The session's end tells the rest, however short ago the last event was.
        assert all(later - at >= TOLD_EVERY for (at, _), (later, _) in pairwise(told[:-1]))
        assert await fold_all(database, before) == await read_state(database)


def words_of(turn: int, interaction: str) -> dict[str, Any]:
    """Returns the answer of this voter, two words. Many give the same ones."""
    return {"interactionId": interaction, "answers": [{"words": [f"rare {turn % 40}", f"frequent {turn % 7}"]}]}


async def test_what_a_killed_server_did_not_tell_another_tells(
    postgres: Databases, redis_url: str, postgres_template: str, tmp_path: object
) -> None:
    """Rules 53, 60: the last vote is stored and its deadline is due; another server sends the event, once."""
    name = f"enfilade_untold_{id(tmp_path)}"
    url = postgres.create_database(name, postgres_template)
    settings = Settings(dev=True, database_url=url, redis_url=redis_url, deadline_look_seconds=3600, drain_seconds=0)
    async with open_world(settings) as world:
        interactions = await meet(world, "student-001", "student-002")
        interaction = await interactions.opened()
        head = await log_head(world)
        with ServerProcess(settings) as doomed:
            async with client_of(doomed) as client:
                for who in ("student-001", "student-002", "chatmod"):
                    chosen = (await options_of(client, interaction))[:1]
                    assert (
                        await tries(
                            client, who, "answerInteraction", interactionId=interaction, answers=choosing(chosen)
                        )
                        == "done"
                    )
                await asyncio.to_thread(doomed.kill)
        before = told_of_interactions(await events_since(world, head))
        assert before[0] == ("InteractionChanged", 1)
        assert totals(await seen(world, interaction)) == await stored(world, interaction) == (3, [3, 0, 0])
        assert await after(world, seconds=2) == ["InteractionChanged"] * (before[-1] != ("InteractionChanged", 3))
        assert told_of_interactions(await events_since(world, head))[-1] == ("InteractionChanged", 3)
        assert await after(world, seconds=2) == []
    postgres.drop_database(name)
