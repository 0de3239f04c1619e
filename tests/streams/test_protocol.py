"""graphql-transport-ws to the letter: each rule of its PROTOCOL.md, and each test of its reference server's that is about the protocol.

| rule | test |
| --- | --- |
| the subprotocol is graphql-transport-ws; without it 4406 | tests/http/test_sockets.py |
| no `connection_init` in time: 4408; with one that is still looked at, none | there; here, `..._is_still_looked_at_...` |
| a second `connection_init`: 4429, also before the acknowledgement | there and here |
| a rejected connection: 4403, and nothing before | there |
| `connection_init` and `connection_ack` may have a payload | there |
| a ping has a pong at any time, with the payload of the ping; a pong has no answer | there and here |
| `subscribe` before the acknowledgement: 4401, whatever it asks | here |
| an id that is active: 4409, also while its operation is prepared, whatever its kind, and however long it is | there and here |
| an id is free once its operation has ended or was completed | there |
| a result, then `complete`; an `error` is the last message of its operation | there and here |
| after the client's `complete` nothing more, also of a query, and no `complete` | there and here |
| `complete` of an unknown id, or before the acknowledgement, is ignored | there and here |
| a message of an unknown type or form, or one that only servers send: 4400 | there and here |
| operations end with the socket | tests/streams/test_streams.py, and here |
| the client's 1000 is answered with 1000 | tests/wire/test_frames.py |

In one thing the server is kinder than the reference: a subscribe whose payload has a member of a wrong type ends with
an `error` of its own, and its neighbours go on.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.captured_logs import talkative
from tests.support.event_streams import STATUS, eventually
from tests.support.frames import Frames, frames, message
from tests.support.small_world import small_world
from tests.support.world import LEAVE, World

VIEWER = "{ viewer { name } }"
LONG = "é" * 1000
MOST = 123  # bytes of a close frame's reason


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(sqlite_template, tmp_path_factory.mktemp("protocol")) as world:
        yield world


def ask(world: World, name: str = "1", query: str = STATUS, **payload: object) -> dict[str, Any]:
    asked = {"query": query, "variables": {"room": world.room}, **payload}
    return {"id": name, "type": "subscribe", "payload": asked}


async def hear(socket: Frames) -> dict[str, Any]:
    heard: dict[str, Any] = json.loads((await socket.receive())[1])
    return heard


async def lives(socket: Frames, world: World) -> None:
    """Checks that the next messages are the answer to a query that is sent now."""
    socket.send(message(ask(world, "alive", VIEWER)))
    assert [(each["id"], each["type"]) for each in [await hear(socket) for _ in range(2)]] == [
        ("alive", "next"), ("alive", "complete")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (4400, [{"type": LONG}]),
        (4400, [{"type": "x" * 60_000}]),
        (4409, [{"id": LONG}, {"id": LONG}]),
        (4409, [{"id": "😀" * 31}, {"id": "😀" * 31}]),
        (4409, [{"id": LONG}, {"id": LONG, "query": VIEWER}]),
    ],
    ids=["a long type", "a very long type", "a long id", "a cut character", "another kind"],
)
async def test_a_close_has_a_frame_whatever_its_reason_quotes(
    world: World, code: int, sent: list[dict[str, str]]
) -> None:
    with talkative() as lines:
        async with frames(world, "manager") as socket:
            asked = [ask(world, each["id"], each.get("query", STATUS)) if "id" in each else each for each in sent]
            socket.send(b"".join(map(message, asked)))
            _, received, reason = await socket.until_close()
            assert received == code
            assert MOST - 3 <= len(reason.encode()) <= MOST
    assert not [line for line in lines if '"ERROR"' in line or "traceback" in line]


async def test_an_operation_that_asks_in_a_wrong_form_leaves_its_neighbours_alone(world: World) -> None:
    async with frames(world, "manager") as socket:
        for name in "12345":
            socket.send(message(ask(world, name)))
        assert {(await hear(socket))["type"] for _ in range(5)} == {"next"}
        socket.send(message(ask(world, "6", variables=[1])))
        assert await hear(socket) == {
            "id": "6",
            "type": "error",
            "payload": [{"message": "`variables` must be an object.", "extensions": {"code": "BAD_REQUEST"}}],
        }
        await lives(socket, world)
        socket.send(message(ask(world, "1", variables=[1])))
        assert (await socket.until_close())[1] == 4409


@pytest.mark.parametrize("payload", [{"query": VIEWER}, {"query": "{"}, {"query": 1}, {"extensions": [1]}, {}])
async def test_nothing_may_be_asked_before_the_acknowledgement(world: World, payload: dict[str, Any]) -> None:
    async with frames(world) as socket:
        socket.send(message({"id": "1", "type": "subscribe", "payload": payload}))
        assert (await socket.until_close())[1:] == (4401, "Unauthorized")


async def test_a_second_introduction_while_the_first_is_looked_at_ends_the_socket(world: World) -> None:
    async with frames(world) as socket:
        socket.send(message({"type": "connection_init", "payload": world.credentials("manager")}) * 2)
        assert (await socket.until_close())[1:] == (4429, "Too many initialisation requests")


@contextmanager
def held_writer(world: World) -> Iterator[None]:
    """Keeps the database's write lock, so that whoever must write waits."""
    other = sqlite3.connect(world.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_an_introduction_that_is_still_looked_at_in_the_end_is_in_time(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """A new user is written down first."""
    async with small_world(sqlite_template, tmp_path, connection_init_seconds=0.1) as world, frames(world) as socket:
        with held_writer(world):
            socket.send(message({"type": "connection_init", "payload": world.credentials("somebody new")}))
            await asyncio.sleep(0.3)
        assert (await hear(socket))["type"] == "connection_ack"


@pytest.mark.parametrize("kind", ["connection_ack", "next", "error", "start", "connection_terminate", "", "Ping"])
async def test_what_only_servers_send_and_what_nobody_sends_ends_the_socket(world: World, kind: str) -> None:
    async with frames(world, "manager") as socket:
        socket.send(message({"id": "1", "type": kind, "payload": {}}))
        assert (await socket.until_close())[1] == 4400


@pytest.mark.parametrize("who", [None, "manager"])
async def test_pings_and_completes_are_heard_at_any_time(world: World, who: str | None) -> None:
    async with frames(world, who) as socket:
        for each in ({"type": "pong", "payload": {"a": 1}}, {"type": "complete", "id": "unknown"}):
            socket.send(message(each))
        socket.send(message({"type": "ping", "payload": {"i": ["come", "back"]}}))
        assert await hear(socket) == {"type": "pong", "payload": {"i": ["come", "back"]}}


async def test_an_operation_that_the_client_completes_says_nothing_and_its_id_is_free(world: World) -> None:
    async with frames(world, "manager") as socket:
        with held_writer(world):
            for _ in range(2):
                socket.send(message(ask(world, "1", LEAVE)) + message({"id": "1", "type": "complete"}))
            await lives(socket, world)
        for _ in range(2):
            socket.send(message({"id": "1", "type": "complete"}))
        await eventually(lambda: not world.process.shares.operations._held)
        await lives(socket, world)


async def test_an_error_is_the_last_message_of_its_operation(world: World) -> None:
    async with frames(world, "manager") as socket:
        for query in ("{", "{ nobody }", "subscription { nothing }", STATUS + " fragment A on User { id }"):
            socket.send(message(ask(world, "1", query)))
            heard = await hear(socket)
            assert (heard["id"], heard["type"]) == ("1", "error")
            assert all({"message", "extensions"} <= set(error) for error in heard["payload"])
        await lives(socket, world)


async def test_operations_end_with_a_socket_that_is_cut_off(world: World) -> None:
    async with frames(world, "manager") as socket:
        for name in "123":
            socket.send(message(ask(world, name)))
        for _ in range(3):
            await hear(socket)
        socket.send(message(ask(world, "4", VIEWER)))
        socket.connection.writer.transport.abort()
    shares = world.process.shares
    await eventually(lambda: not (shares.subscriptions._held or shares.streams._held or shares.operations._held))
