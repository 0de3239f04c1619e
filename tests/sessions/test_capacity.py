"""A room's capacity, while a crowd enters on two servers with one PostgreSQL database (rules 29, 31, 59, 64)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from models.database.database import Database
from server.app import open_database
from tests.support.admission import ADMIT, LOCK, STATUS
from tests.support.databases import Databases
from tests.support.people import local
from tests.support.processes import ServerProcess
from tests.support.stored_state import fold_all, read_state
from tests.support.two_servers import CROWD, crowd_clients, done, two_servers
from tests.support.world import CONFIGURE, END, ENTER, Client

pytestmark = pytest.mark.second_tier


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str, redis_url: str) -> Iterator[Sequence[ServerProcess]]:
    with two_servers(postgres, postgres_template, redis_url, "capacity") as servers:
        yield servers


@pytest.fixture
async def database(pair: Sequence[ServerProcess]) -> AsyncIterator[Database]:
    opened = open_database(pair[0].settings)
    yield opened
    await opened.close()


async def enter_all(clients: Sequence[Client]) -> Counter[str]:
    """Lets the crowd enter at once, on both servers. Counts the states and refusals."""
    rush = [clients[turn % 2].query(who, ENTER, room=clients[0].room) for turn, who in enumerate(CROWD)]
    answers = [each["enterRoom"] for each in await asyncio.gather(*rush)]
    refused = [each["userErrors"][0]["code"] for each in answers if each["userErrors"]]
    return Counter([each["participant"]["state"] for each in answers if each["participant"]] + refused)


async def test_of_a_crowd_at_two_doors_exactly_as_many_are_let_in_as_there_are_places(
    pair: Sequence[ServerProcess], database: Database
) -> None:
    """Rules 22, 31, 59: 300 in a webinar, 100 in an interactive room, moderators included; the log agrees."""
    async with crowd_clients(pair) as clients:
        one, other = clients
        for mode, places in (("WEBINAR", 300), ("INTERACTIVE", 100)):
            await done(one, "manager", CONFIGURE, input={"galleryId": one.gallery, "mode": mode})
            session = (await done(other, "moderator", ENTER, room=one.room))["session"]["id"]
            before = await read_state(database)
            assert await enter_all(clients) == {"ADMITTED": places - 1, "ROOM_FULL": 401 - places}
            after = await read_state(database)
            assert await fold_all(database, before) == after
            assert after[local(one.gallery)].position.number == before[local(one.gallery)].position.number + places - 1
            kept = after[local(one.gallery)].sessions[local(session)]
            assert (kept.participant_count, kept.peak_participants, kept.waiting_count) == (places, places, 0)
            status = (await other.query("student-001", STATUS, room=one.room))["room"]["status"]
            assert (status["participantCount"], status["waitingCount"]) == (places, None)
            await done(one, "moderator", END, session=session)


async def test_of_a_crowd_that_waits_exactly_as_many_are_let_in_as_there_are_places(
    pair: Sequence[ServerProcess], database: Database
) -> None:
    """Rules 31, 37: by two moderators on two servers at once, while a third person enters directly."""
    async with crowd_clients(pair) as clients:
        one, other = clients
        await done(one, "manager", CONFIGURE, input={"galleryId": one.gallery, "mode": "INTERACTIVE"})
        session = (await done(other, "moderator", ENTER, room=one.room))["session"]["id"]
        await done(one, "moderator", LOCK, input={"sessionId": session})
        assert await enter_all(clients) == {"WAITING": 400}
        before = await read_state(database)
        everyone = {"input": {"sessionId": session, "all": True}}
        straight_in = [client.query("manager", ENTER, room=one.room) for client in clients]  # may find the room full
        await asyncio.gather(*(done(client, "moderator", ADMIT, **everyone) for client in clients), *straight_in)
        after = await read_state(database)
        assert await fold_all(database, before) == after
        kept = after[local(one.gallery)].sessions[local(session)]
        assert (kept.participant_count, kept.peak_participants) == (100, 100)
        assert kept.waiting_count in (301, 302)  # depends on whether the manager entered before the room was full
