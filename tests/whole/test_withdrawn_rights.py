"""Two server processes, PostgreSQL and no broker: suspended users, revoked tokens and withdrawn keys (rule 66)."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import update

from models.tables.people import User
from server.accounts import THE_SERVER
from server.app import open_database
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.event_streams import EVENTS, is_live
from tests.support.processes import ServerProcess, client_of
from tests.support.services import Valkey
from tests.support.world import PATIENCE, SECONDS_TO_END, Client, Socket

pytestmark = pytest.mark.second_tier

VIEWER = "{ viewer { id } }"
KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("old", "new")}


@dataclass
class Pair:
    """Two servers, whose broker is down, and the files that they read again and again."""

    servers: list[ServerProcess]
    valkey: Valkey
    keys: Path
    revoked: Path

    def publish(self, *names: str) -> None:
        published = [RSAAlgorithm.to_jwk(KEYS[name].public_key(), as_dict=True) | {"kid": name} for name in names]
        replace(self.keys, {"keys": published})

    def revoke(self, tokens: list[str], subjects: Mapping[str, float]) -> None:
        replace(self.revoked, {"tokens": tokens, "subjects": subjects})


def replace(file: Path, content: object) -> None:
    """Renames a finished file over the old one, as docs/operations.md asks for."""
    file.with_suffix(".new").write_text(json.dumps(content))
    file.with_suffix(".new").rename(file)


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("published")
    name = f"enfilade_{os.getpid()}_withdrawn"
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, postgres_template)
        valkey = stack.enter_context(Valkey())
        pair = Pair([], valkey, folder / "keys.json", folder / "revoked.json")
        pair.publish("old")
        pair.revoke([], {})
        settings = Settings(
            dev=True, database_url=url, redis_url=valkey.url, drain_seconds=0, stream_checkpoint_seconds=0.2, jwt_algorithm="RS256",
            jwt_jwks=str(pair.keys), jwt_revocations=str(pair.revoked),
        )  # fmt: skip
        pair.servers += [stack.enter_context(ServerProcess(settings)) for _ in range(2)]
        valkey.kill()
        yield pair


@asynccontextmanager
async def clients(pair: Pair) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(client_of(server)) for server in pair.servers]


def signed(client: Client, who: str, key: str = "old", **more: Any) -> str:
    now = datetime.now(UTC)
    about = {"iss": client.settings.jwt_issuer, "aud": client.settings.jwt_audience, "sub": who, "name": who}
    about |= {"jti": str(uuid4())}
    return jwt.encode(about | {"iat": now, "exp": now + timedelta(hours=1)} | more, KEYS[key], "RS256", {"kid": key})


async def status(client: Client, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await client.http.post("/graphql", json={"query": VIEWER}, headers=headers)).status_code


async def becomes(client: Client, token: Callable[[], str], expected: int) -> None:
    """Asks until the status is the expected one. A server remembers a token for a minute, so `token` may make new ones."""
    async with asyncio.timeout(PATIENCE):
        while await status(client, token()) != expected:
            pass


@asynccontextmanager
async def following(here: list[Client], token: str) -> AsyncIterator[list[Socket]]:
    """Opens a socket with a live stream at each server."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(client.socket("", token)) for client in here]
        for client, socket in zip(here, sockets, strict=True):
            await is_live(await socket.subscribe(EVENTS, room=client.room))
        yield sockets


async def test_a_suspended_user_is_out_at_both_servers_while_the_broker_is_down(pair: Pair) -> None:
    async with clients(pair) as here:
        token = signed(here[0], "student-001")
        async with following(here, token) as sockets, following(here, signed(here[0], "student-002")) as others:
            database = open_database(pair.servers[0].settings)
            change = update(User).where(User.subject == "student-001").values(suspended_at=datetime.now(UTC))
            await database.transact(THE_SERVER, "suspend", lambda tx: tx.execute(change))
            async with asyncio.timeout(SECONDS_TO_END):
                assert [await socket.closed() for socket in sockets] == [4403, 4403]
                for client in here:
                    await becomes(client, lambda: token, 401)
            await database.close()
            assert [await status(client, signed(client, "student-002")) for client in here] == [200, 200]
            assert [other.wire.close_code for other in others] == [None, None]


async def test_a_revoked_token_is_out_at_both_servers_while_the_broker_is_down(pair: Pair) -> None:
    async with clients(pair) as here:
        by_id, other = signed(here[0], "student-002", jti="stolen"), signed(here[0], "student-002", jti="own")
        old = signed(here[0], "student-003", iat=datetime.now(UTC) - timedelta(minutes=1))
        async with following(here, by_id) as first, following(here, old) as second:
            pair.revoke(["stolen"], {"student-003": datetime.now(UTC).timestamp() - 30})
            async with asyncio.timeout(SECONDS_TO_END):
                assert [await socket.closed() for socket in first + second] == [4403] * 4
        for client in here:
            assert [await status(client, token) for token in (by_id, old)] == [401, 401]
            assert [await status(client, token) for token in (other, signed(client, "student-003"))] == [200, 200]


async def test_keys_change_without_a_restart(pair: Pair) -> None:
    async with clients(pair) as here:
        new = signed(here[0], "student-002", "new")
        assert [await status(client, new) for client in here] == [401, 401]
        pair.publish("old", "new")
        for client in here:
            await becomes(client, lambda: new, 200)
            assert await status(client, signed(client, "student-002", "old")) == 200
        pair.publish("new")
        for client in here:
            await becomes(client, partial(signed, client, "student-002", "old"), 401)
            assert await status(client, new) == 200
