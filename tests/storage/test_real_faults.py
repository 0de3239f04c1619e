"""PostgreSQL is killed, suspended, and its connections terminated, under a server process that many clients use."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed

from models.tables.rates import RateLimit
from server.accounts import THE_SERVER
from server.app import open_database
from server.prepare import prepare
from server.settings import Settings
from server.sockets import TRY_AGAIN_LATER
from tests.support.event_streams import EVENTS, is_live, texts, until
from tests.support.processes import ServerProcess, client_of
from tests.support.services import PostgreSQL, wait_until
from tests.support.world import ENTER, PATIENCE, POST, Client

pytestmark = pytest.mark.second_tier

END_CONNECTIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
UNHURRIED = update(RateLimit).values(burst=1_000_000)
Fault = Callable[[PostgreSQL], Awaitable[None]]
SHORT: dict[str, Any] = {"database_statement_seconds": 1, "operation_seconds": 3, "stream_silence_seconds": 60}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    """A server for this file only, which tests stop and start."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="module")
async def server(postgres: PostgreSQL) -> AsyncIterator[ServerProcess]:
    settings = Settings(dev=True, database_url=postgres.create_database("enfilade"), database_connections=8, **SHORT)
    await asyncio.to_thread(prepare, settings)
    database = open_database(settings)
    await database.transact(THE_SERVER, "test", lambda tx: tx.execute(UNHURRIED))
    await database.close()
    process = ServerProcess(settings)
    await asyncio.to_thread(process.start)
    yield process
    await asyncio.to_thread(process.stop)


async def killed(postgres: PostgreSQL) -> None:
    await asyncio.to_thread(postgres.kill)
    await asyncio.sleep(1.5)
    await asyncio.to_thread(postgres.start)


async def restarted(postgres: PostgreSQL) -> None:
    for _ in range(3):
        await asyncio.to_thread(postgres.restart)


async def suspended(postgres: PostgreSQL) -> None:
    await asyncio.to_thread(postgres.pause)
    await asyncio.sleep(4)
    await asyncio.to_thread(postgres.resume)


async def terminated(postgres: PostgreSQL) -> None:
    for _ in range(20):
        await asyncio.to_thread(postgres._execute, END_CONNECTIONS)
        await asyncio.sleep(0.05)


@dataclass
class Load:
    """Clients who read and post until `over`. Messages have keys and are retried until they are done."""

    client: Client
    followed: asyncio.Event = field(default_factory=asyncio.Event)  # before, nobody posts
    done: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    refused: list[httpx.Response] = field(default_factory=list)
    closed: list[int | None] = field(default_factory=list)
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    posted: list[str] = field(default_factory=list)

    async def read(self, number: int) -> None:
        while not self.over.is_set():
            number += 1
            who = f"student-{number % 400:03}"
            await self.ask(who, "{ site { name } galleries(first: 2) { edges { node { title } } } }")
            await self.refusal_of_socket(f"newcomer {number}")
            await asyncio.sleep(0.1)  # One address may open 200 connections a second.

    async def post(self, writer: int) -> None:
        number = 0
        await self.followed.wait()
        while not self.over.is_set():
            number += 1
            text = f"{self.name} {writer} {number}"
            await self.until_posted(text)
            self.posted.append(text)

    async def until_posted(self, text: str) -> None:
        while True:
            answer = await self.ask("moderator", POST, room=self.client.room, text=text, key=text)
            payload = answer.get("data", {}).get("postMessage")
            if payload and not payload["userErrors"]:
                return
            await asyncio.sleep(0.05)

    async def ask(self, who: str, document: str, **variables: Any) -> dict[str, Any]:
        body, headers = {"query": document, "variables": variables}, self.client.credentials(who)
        answer = await self.client.http.post("/graphql", json=body, headers=headers, timeout=PATIENCE)
        if answer.status_code != 200 or "errors" in answer.json():
            self.refused.append(answer)
        found: dict[str, Any] = answer.json()
        return found

    async def refusal_of_socket(self, who: str) -> None:
        async with self.client.raw_socket() as wire:
            await wire.send(json.dumps({"type": "connection_init", "payload": self.client.credentials(who)}))
            try:
                await wire.recv()
            except ConnectionClosed:
                self.closed.append(wire.close_code)


@asynccontextmanager
async def under_load(server: ServerProcess) -> AsyncIterator[Load]:
    """Yields the load, which is over and done at the end."""
    async with client_of(server) as client:
        assert (await client.query("moderator", ENTER, room=client.room))["enterRoom"]["userErrors"] == []
        load = Load(client)
        tasks = [*(load.read(100 * number) for number in range(4)), *(load.post(writer) for writer in range(3))]
        running = asyncio.gather(*tasks)
        running.add_done_callback(lambda _: load.done.set())
        try:
            yield load
        finally:
            load.followed.set()
            load.over.set()
            await running


@pytest.mark.parametrize("fault", [killed, restarted, suspended, terminated])
async def test_everybody_is_told_to_try_again_and_all_is_done_once(
    server: ServerProcess, postgres: PostgreSQL, fault: Fault
) -> None:
    """Each refusal is a 503 that says when, a socket closes with 1013, the log is short, and the stream is whole."""
    logged = len(server.logged())
    async with under_load(server) as load, load.client.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=load.client.room)
        await is_live(stream)
        load.followed.set()
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await fault(postgres)
        await asyncio.to_thread(wait_until, lambda: server.status("/readyz") == 200)
        seconds = time.monotonic() - started
        load.over.set()
        assert [(answer.status_code, answer.text) for answer in load.refused if not says_when(answer)] == []
        assert set(load.closed) <= {TRY_AGAIN_LATER}
        await load.done.wait()  # Nothing that was tried before comes after the last one.
        await load.until_posted(f"{load.name} last")
        told = texts(await until(stream, f"{load.name} last"))
        assert len(told) == len(set(told))
        assert {*load.posted} <= {*told}
    log = server.logged()[logged:]
    assert "Traceback" not in log
    assert '"level":"ERROR"' not in log
    assert log.count('"message":"the database does not answer"') <= seconds + 3


def says_when(answer: httpx.Response) -> bool:
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    return (answer.status_code, answer.headers.get("retry-after")) == (503, "2") and codes <= {"UNAVAILABLE", "TIMEOUT"}
