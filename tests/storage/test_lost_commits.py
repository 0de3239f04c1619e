"""The connection breaks while COMMIT is on its way, so that nobody knows whether the change was made."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from models.database.database import Database
from models.tables.chat import ChatMessage
from server.app import open_database
from server.settings import Settings
from tests.support.event_streams import EVENTS, is_live, next_event, said
from tests.support.partition import Proxy
from tests.support.stored_state import fold_all, read_state
from tests.support.world import POST, World

COMMIT = b"COMMIT\x00"
UNKNOWN = {"code": "UNAVAILABLE", "retryAfterSeconds": 2, "outcome": "UNKNOWN"}

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # SQLite uses no network


@pytest.fixture
async def beside(settings: Settings) -> AsyncIterator[Database]:
    """The same database, read past the proxy."""
    database = open_database(settings)
    yield database
    await database.close()


async def post(world: World, text: str, key: str | None) -> httpx.Response:
    body = {"query": POST, "variables": {"room": world.room, "text": text, "key": key}}
    return await world.http.post("/graphql", json=body, headers=world.credentials("moderator"))


def payload(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200
    posted: dict[str, Any] = answer.json()["data"]["postMessage"]
    assert posted["userErrors"] == []
    return posted


@pytest.mark.parametrize("arrives", [True, False], ids=["its answer was lost", "it never arrived"])
async def test_with_a_key_the_server_asks_once_more_and_it_is_done_once(
    distant: World, proxy: Proxy, beside: Database, *, arrives: bool
) -> None:
    """Rules 62, 64: one message, one event, and the client notices nothing."""
    async with distant.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=distant.room)
        await is_live(stream)
        before = await read_state(beside)
        with proxy.cutting(COMMIT, after=b"once", arrives=arrives) as cutting:
            posted = payload(await post(distant, "once", "key"))
        assert cutting.left == 0
        done = await read_state(beside)
        assert done == await fold_all(beside, before) != before
        assert payload(await post(distant, "once", "key")) == posted
        assert await read_state(beside) == done
        payload(await post(distant, "then", None))
        events = [await next_event(stream) for _ in range(2)]
        assert [said(event) for event in events] == ["once", "then"]
        assert events[0]["cursor"] == posted["cursor"]


async def test_of_many_at_once_each_is_done_once(distant: World, proxy: Proxy, beside: Database) -> None:
    with proxy.cutting(COMMIT, after=b"many", arrives=True, times=4) as cutting:
        answers = await asyncio.gather(*(post(distant, f"many {number}", f"key {number}") for number in range(8)))
    assert cutting.left == 0
    posted = {payload(answer)["message"]["text"] for answer in answers}
    assert posted == {f"many {number}" for number in range(8)}
    stored = await beside.reads.values(select(ChatMessage.text).where(ChatMessage.text.startswith("many ")))
    assert sorted(stored) == sorted(posted)


@pytest.mark.parametrize("arrives", [True, False], ids=["its answer was lost", "it never arrived"])
@pytest.mark.parametrize(("key", "times"), [(None, 1), ("key", 2)], ids=["without a key", "and the second one too"])
async def test_otherwise_the_client_is_told_that_nobody_knows(
    distant: World, proxy: Proxy, beside: Database, key: str | None, times: int, *, arrives: bool
) -> None:
    before = await read_state(beside)
    with proxy.cutting(COMMIT, after=b"perhaps", arrives=arrives, times=times) as cutting:
        answer = await post(distant, "perhaps", key)
    assert cutting.left == 0
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == UNKNOWN
    assert "It is unknown whether this was done" in error["message"]
    after = await read_state(beside)
    assert (after != before) == arrives
    assert after == (await fold_all(beside, before) if arrives else before)
    if key:
        payload(await post(distant, "perhaps", key))
        done = await read_state(beside)
        assert done == await fold_all(beside, before) != before
        assert (done == after) == arrives
