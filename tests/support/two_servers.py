"""Two servers on one PostgreSQL database, and many clients, for tests of simultaneous requests."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import select

from models.database.transaction import Transaction
from models.tables.galleries import Gallery, GalleryRole, MembershipSource
from models.tables.principals import Principal, PrincipalKind
from resolvers.members import add_members
from resolvers.people import user_of_profile
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo import COURSE, profile_of
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.processes import ServerProcess, client_of
from tests.support.world import Client

CROWD = [f"visitor-{number:03}" for number in range(400)]


@contextmanager
def two_servers(postgres: Databases, template: str, redis_url: str, name: str) -> Iterator[Sequence[ServerProcess]]:
    """Starts two servers on a new database of this name, where the crowd are members of the gallery."""
    name = f"enfilade_{os.getpid()}_{name}"
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, template)
        # Of hundreds who do something at once, the last waits long where other tests run beside.
        patient: dict[str, Any] = {"operation_seconds": 60, "database_statement_seconds": 15}
        settings = Settings(dev=True, database_url=url, redis_url=redis_url, drain_seconds=0, **patient)
        with ThreadPoolExecutor(1) as thread:  # in a thread, because the tests' event loop is running
            thread.submit(asyncio.run, gather(settings)).result()
        yield [stack.enter_context(ServerProcess(settings)) for _ in range(2)]


async def gather(settings: Settings) -> None:
    """Makes the crowd members of the gallery."""

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


@asynccontextmanager
async def crowd_clients(pair: Sequence[ServerProcess]) -> AsyncIterator[Sequence[Client]]:
    """Yields a client for each server, which can send the requests of the whole crowd at the same moment."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_of(server)) for server in pair]
        for client in clients:
            client.posts.patience = 120
        yield clients


async def done(client: Client, who: str, document: str, **given: Any) -> dict[str, Any]:
    """Returns the payload of a mutation, which must succeed, without the checks of a World."""
    (payload,) = (await client.query(who, document, **given)).values()
    assert payload["userErrors"] == [], (who, payload)
    return dict(payload)
