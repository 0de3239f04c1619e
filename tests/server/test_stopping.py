"""Requests that a stopping process cannot finish are answered in words, and logged in one line each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from server.requests import Form
from server.settings import Settings
from tests.support.processes import ServerProcess, client_of
from tests.support.raw_http import raw, request
from tests.support.stalled_operations import WAITING
from tests.support.world import ENTER, PATIENCE, POST, Client

# Only a table of PostgreSQL can be locked for readers too. What a cut request is answered does not depend on the database.
pytestmark = [pytest.mark.parametrize("backend", ["postgresql"], indirect=True), pytest.mark.second_tier]

QUERY = "query ($room: ID!) { room(id: $room) { gallery { title } } }"
AGAIN = {"code": "UNAVAILABLE", "retryAfterSeconds": 2}


@asynccontextmanager
async def locked(settings: Settings, table: str = "galleries") -> AsyncIterator[asyncpg.Connection]:
    """Locks a table, for readers too."""
    outside = await asyncpg.connect(settings.database_url)
    try:
        async with outside.transaction():
            await outside.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield outside
    finally:
        await outside.close()


async def asked(client: Client, document: str, **variables: Any) -> httpx.Response:
    body = {"query": document, "variables": {"room": client.room, **variables}}
    headers = {**client.credentials("moderator"), "accept": Form.GRAPHQL}
    return await client.http.post("/graphql", json=body, headers=headers)


async def until_waiting(outside: asyncpg.Connection, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await outside.fetchval(WAITING) < number:  # noqa: ASYNC110  only the database knows
            await asyncio.sleep(0.01)


def half_a_request(client: Client) -> bytes:
    """Returns a request whose body does not arrive."""
    token = client.credentials("moderator")["Authorization"]
    return request("/graphql", f"Authorization: {token}", body=b"{" * 100)[:-50]


def says_when(answer: httpx.Response) -> dict[str, Any]:
    """Returns the error's extensions."""
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), answer.text
    assert answer.headers["content-type"] == f"{Form.GRAPHQL}; charset=utf-8"
    (error,) = answer.json()["errors"]
    return dict(error["extensions"])


async def test_what_is_cut_is_a_503_that_says_whether_it_may_be_done(settings: Settings) -> None:
    server = ServerProcess(settings)
    await asyncio.to_thread(server.start)
    try:
        async with client_of(server) as client:
            await client.query("moderator", ENTER, room=client.room)
            async with locked(settings) as outside, raw(client) as half:
                half.send(half_a_request(client))
                reading = asyncio.create_task(asked(client, QUERY))
                posting = asyncio.create_task(asked(client, POST, text="perhaps"))
                await until_waiting(outside, 2)
                server.ask_to_stop()
                assert says_when(await reading) == AGAIN
                assert says_when(await posting) == AGAIN | {"outcome": "UNKNOWN"}
                cut = await half.answer()
                assert (cut.status, cut.headers["retry-after"]) == (503, "2")
                assert [error["extensions"] for error in orjson.loads(cut.body)["errors"]] == [AGAIN]
            assert await asyncio.to_thread(server.wait, PATIENCE) == 0
            lines = [orjson.loads(line) for line in server.logged().splitlines() if line.startswith("{")]
            assert [line for line in lines if "traceback" in line] == []
            cut_off = [line for line in lines if line.get("status") == 503 and line["path"] == "/graphql"]
            assert [line["codes"] for line in cut_off] == [["UNAVAILABLE"]] * 3
            assert [line["message"] for line in lines if line["level"] == "ERROR"] == [TOLD]
    finally:
        await asyncio.to_thread(server.stop)


TOLD = "Cancel 3 running task(s), timeout graceful shutdown exceeded"
"""uvicorn's own line."""
