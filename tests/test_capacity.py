"""A room's capacity, with a crowd at the doors of two servers on one PostgreSQL (rules 29, 31, 59, 64)."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from models.database import Database
from models.galleries import Gallery, GalleryRole, MembershipSource
from models.principals import Principal, PrincipalKind
from models.transaction import Transaction
from resolvers.members import add_members
from resolvers.people import user_of_profile
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo import COURSE, profile_of
from server.settings import Settings
from tests.admitting import ADMIT, LOCK, STATUS
from tests.cast import local
from tests.processes import ServerProcess, client_of
from tests.services import Databases
from tests.verify import fold_all, read_state
from tests.world import CONFIGURE, END, ENTER, Client

CROWD = [f"visitor-{number:03}" for number in range(400)]


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str, redis_url: str) -> Iterator[Sequence[ServerProcess]]:
    """Two servers on a database of their own, where the crowd are members of the gallery."""
    name = f"enfilade_{os.getpid()}_capacity"
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, postgres_template)
        settings = Settings(dev=True, database_url=url, redis_url=redis_url, drain_seconds=0)
        with ThreadPoolExecutor(1) as thread:  # the tests' loop runs
            thread.submit(asyncio.run, gather(settings)).result()
        yield [stack.enter_context(ServerProcess(settings)) for _ in range(2)]


async def gather(settings: Settings) -> None:
    """Make the crowd members of the gallery."""

    async def work(tx: Transaction) -> None:
        users = [await user_of_profile(tx, profile_of(settings, who)) for who in CROWD]
        belonging = [(Principal(PrincipalKind.USER, user.id), GalleryRole.MEMBER) for user in users]
        here = await tx.value(select(Gallery.id).where(Gallery.external_id == COURSE))
        await add_members(tx, here, belonging, MembershipSource.MANUAL)

    database = open_database(settings)
    try:
        await database.transact(THE_SERVER, "test", work)
    finally:
        await database.close()


@pytest.fixture
async def database(pair: Sequence[ServerProcess]) -> AsyncIterator[Database]:
    opened = open_database(pair[0].settings)
    yield opened
    await opened.close()


@asynccontextmanager
async def doors(pair: Sequence[ServerProcess]) -> AsyncIterator[Sequence[Client]]:
    """Clients of both servers that make the whole crowd's requests at the same moment."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_of(server)) for server in pair]
        for client, server in zip(clients, pair, strict=True):
            # The server closes what is idle for longer, and a request must not meet that.
            wide = httpx.Limits(max_connections=len(CROWD), keepalive_expiry=1)
            client.http = await stack.enter_async_context(
                httpx.AsyncClient(base_url=server.url, timeout=120, limits=wide, trust_env=False, verify=False)
            )
        yield clients


async def done(client: Client, who: str, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation, without the checks that a World makes."""
    (payload,) = (await client.query(who, document, **given)).values()
    return dict(payload)


async def enter_all(clients: Sequence[Client]) -> Counter[str]:
    """Let the crowd enter at once, by both doors. Gives how many got which state or refusal."""
    rush = [done(clients[turn % 2], who, ENTER, room=clients[0].room) for turn, who in enumerate(CROWD)]
    answers = await asyncio.gather(*rush)
    refused = [each["userErrors"][0]["code"] for each in answers if each["userErrors"]]
    return Counter([each["participant"]["state"] for each in answers if each["participant"]] + refused)


async def test_of_a_crowd_at_two_doors_exactly_as_many_are_let_in_as_there_are_places(
    pair: Sequence[ServerProcess], database: Database
) -> None:
    """Rules 22, 31, 59: 300 in a webinar and 100 in an interactive room, moderators included, and the log says so."""
    async with doors(pair) as clients:
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
    """Rules 31, 37: by two moderators at two servers at once, while a third goes straight in."""
    async with doors(pair) as clients:
        one, other = clients
        await done(one, "manager", CONFIGURE, input={"galleryId": one.gallery, "mode": "INTERACTIVE"})
        session = (await done(other, "moderator", ENTER, room=one.room))["session"]["id"]
        await done(one, "moderator", LOCK, input={"sessionId": session})
        assert await enter_all(clients) == {"WAITING": 400}
        before = await read_state(database)
        everyone = {"input": {"sessionId": session, "all": True}}
        straight_in = [done(client, "manager", ENTER, room=one.room) for client in clients]
        await asyncio.gather(*(done(client, "moderator", ADMIT, **everyone) for client in clients), *straight_in)
        after = await read_state(database)
        assert await fold_all(database, before) == after
        kept = after[local(one.gallery)].sessions[local(session)]
        assert (kept.participant_count, kept.peak_participants) == (100, 100)
        assert kept.waiting_count in (301, 302)  # whether the manager came before the last place was taken
