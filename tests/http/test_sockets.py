"""graphql-transport-ws: a protocol error closes the socket; an error of one operation ends only that operation."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.requests import WITHOUT_DOCUMENT
from server.settings import Settings
from server.sockets import OPERATIONS_AT_ONCE
from tests.support.world import PATIENCE, World, open_world

TRANSPORT, LEGACY = "graphql-transport-ws", "graphql-ws"
VIEWER = "{ viewer { name } }"
MARA = {"data": {"viewer": {"name": "Mara Manager"}}}
WATCH = "subscription ($room: ID!) { roomStatus(roomId: $room) { state } }"
ALLOWED = "https://app.example.org"


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One server for all tests in this file, because the protocol does not depend on the database."""
    path = tmp_path_factory.mktemp("sockets") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(dev=True, database_url=f"sqlite:///{path}", allowed_origins=(ALLOWED,))
    async with open_world(settings) as world:
        yield world


class Dialogue:
    """A socket on which a test sends and receives raw messages."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire

    async def say(self, message: object) -> None:
        await self.wire.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def subscribe(self, query: str, name: str = "1", **payload: object) -> None:
        await self.say({"id": name, "type": "subscribe", "payload": {"query": query, **payload}})

    async def hear(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.wire.recv())

    async def lives(self) -> None:
        """Checks that the socket answers a query."""
        await self.subscribe(VIEWER, "alive")
        assert await self.hear() == {"id": "alive", "type": "next", "payload": MARA}
        assert await self.hear() == {"id": "alive", "type": "complete"}

    async def code(self) -> int | None:
        """Returns the code with which the server closes the socket."""
        async with asyncio.timeout(PATIENCE):
            await self.wire.wait_closed()
        return self.wire.close_code


def dial(world: World, *protocols: str, origin: str | None = None) -> connect:
    url = f"ws://127.0.0.1:{world.port}/graphql"
    offered = [Subprotocol(each) for each in protocols]
    return connect(url, subprotocols=offered or None, origin=Origin(origin) if origin else None, proxy=None)


@asynccontextmanager
async def fresh(world: World) -> AsyncIterator[Dialogue]:
    async with dial(world, TRANSPORT) as wire:
        yield Dialogue(wire)


@asynccontextmanager
async def open_socket(world: World) -> AsyncIterator[Dialogue]:
    async with fresh(world) as socket:
        await socket.say({"type": "connection_init", "payload": world.credentials("manager")})
        assert await socket.hear() == {"type": "connection_ack", "payload": {}}
        yield socket


async def test_who_says_nothing_is_let_go(world: World) -> None:
    async with (
        open_world(world.settings.model_copy(update={"connection_init_seconds": 0.01})) as impatient,
        fresh(impatient) as socket,
    ):
        assert await socket.code() == 4408


@pytest.mark.parametrize("payload", [None, {}, {"authorization": "Bearer x"}, {"authorization": 1}])
async def test_who_shows_no_good_token_is_let_go(world: World, payload: object) -> None:
    async with fresh(world) as socket:
        await socket.say({"type": "connection_init", "payload": payload})
        assert await socket.code() == 4403


async def test_who_introduces_themselves_twice_is_let_go(world: World) -> None:
    async with open_socket(world) as socket:
        await socket.say({"type": "connection_init", "payload": world.credentials("manager")})
        assert await socket.code() == 4429


async def test_who_asks_before_the_acknowledgement_is_let_go(world: World) -> None:
    async with fresh(world) as socket:
        await socket.subscribe(VIEWER)
        assert await socket.code() == 4401


async def test_an_operation_of_a_running_ones_name_ends_the_socket(world: World) -> None:
    async with open_socket(world) as socket:
        await socket.subscribe(WATCH, variables={"room": world.room})
        assert (await socket.hear())["type"] == "next"
        await socket.subscribe(VIEWER)
        assert await socket.code() == 4409


def asks(**changes: object) -> dict[str, object]:
    return {"id": "1", "type": "subscribe", "payload": {"query": VIEWER, **changes}}


@pytest.mark.parametrize(
    "message",
    [
        b'{"type": "ping"}',
        b"\xff\xfe",
        "",
        "not JSON",
        "[" * 50_000,
        '{"type": "ping", "payload": {"a": "\\ud800"}}',
        "1",
        '"x"',
        "null",
        "[]",
        {},
        {"type": None},
        {"type": 1},
        {"type": {}},
        {"type": "start"},
        {"type": "next", "id": "1", "payload": {}},
        {"type": "ping", "payload": []},
        {"type": "ping", "payload": "x"},
        {"type": "connection_init", "payload": 1},
        {"type": "complete"},
        {"type": "complete", "id": 1},
        {"type": "complete", "id": {}},
        {"type": "subscribe", "payload": {"query": VIEWER}},
        asks() | {"id": None},
        asks() | {"id": ""},
        asks() | {"id": 1},
        asks() | {"id": {"a": 1}},
        asks() | {"id": ["1"]},
        asks() | {"payload": None},
        asks() | {"payload": VIEWER},
        asks() | {"payload": []},
    ],
)
async def test_a_message_that_is_none_of_the_protocols_ends_the_socket(world: World, message: object) -> None:
    async with open_socket(world) as socket:
        await socket.say(message)
        assert await socket.code() == 4400
        assert socket.wire.close_reason


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, WITHOUT_DOCUMENT),
        ({"query": None}, WITHOUT_DOCUMENT),
        ({"query": ""}, WITHOUT_DOCUMENT),
        ({"query": 1}, "`query` must be a string."),
        ({"query": VIEWER, "variables": [1]}, "`variables` must be an object."),
        ({"query": VIEWER, "variables": "{}"}, "`variables` must be an object."),
        ({"query": VIEWER, "operationName": 1}, "`operationName` must be a string."),
        ({"query": VIEWER, "extensions": []}, "`extensions` must be an object."),
        ({"query": "{ viewer { name }"}, "Syntax Error: Expected Name, found <EOF>."),
        ({"query": "{ nobody }"}, "Cannot query field 'nobody' on type 'Query'. Did you mean 'node'?"),
        ({"query": "subscription { a b }"}, "Cannot query field 'a' on type 'Subscription'."),
        (
            {"query": f"query A {VIEWER} query B {VIEWER}"},
            "`operationName` must name one of the document's operations.",
        ),
        ({"query": VIEWER, "operationName": "B"}, "`operationName` must name one of the document's operations."),
        (
            {"query": "{ viewer { " + "id " * 3_000 + "} }"},
            "This document has more tokens; the limit is 2,000.",
        ),
        (
            {"query": WATCH},
            "Variable '$room' has invalid value: Expected a value of non-null type 'ID!' to be provided.",
        ),
    ],
)
async def test_an_operation_that_cannot_be_run_ends_alone(world: World, payload: dict[str, Any], words: str) -> None:
    async with open_socket(world) as socket:
        for _ in range(2):  # the operation's id can be reused at once
            await socket.say({"id": "1", "type": "subscribe", "payload": payload})
            message = await socket.hear()
            assert (message["id"], message["type"]) == ("1", "error")
            assert words in [error["message"] for error in message["payload"]]
        await socket.lives()


async def test_an_operation_that_is_refused_ends_alone(world: World) -> None:
    async with open_socket(world) as socket:
        await socket.subscribe(WATCH, variables={"room": "x"})
        (error,) = (await socket.hear())["payload"]["errors"]
        assert error["extensions"] == {"code": "NOT_FOUND", "field": ["roomId"]}
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.subscribe("query ($id: ID!) { node(id: $id) { id } }", variables={"id": None})
        assert "errors" in (await socket.hear())["payload"]
        assert await socket.hear() == {"id": "1", "type": "complete"}
        await socket.lives()


async def test_queries_and_mutations_run_over_a_socket_side_by_side(world: World) -> None:
    async with open_socket(world) as socket:
        leave = 'mutation { leaveRoom(input: { roomId: "x" }) { userErrors { code } } }'
        two = f"query A {VIEWER} {leave.replace('mutation', 'mutation B', 1)}"
        for name, query, asked in (("1", VIEWER, None), ("2", leave, None), ("3", two, "A"), ("4", two, "B")):
            await socket.subscribe(query, name, operationName=asked)
        heard = [await socket.hear() for _ in range(8)]
        left = {"data": {"leaveRoom": {"userErrors": [{"code": "NOT_FOUND"}]}}}
        assert {each["id"]: each["payload"] for each in heard if each["type"] == "next"} == {
            "1": MARA, "2": left, "3": MARA, "4": left
        }  # fmt: skip
        assert sorted(each["id"] for each in heard if each["type"] == "complete") == ["1", "2", "3", "4"]


async def test_a_ping_is_answered_before_the_acknowledgement_too_and_a_pong_is_heard_in_silence(world: World) -> None:
    async with fresh(world) as socket:
        pings: tuple[dict[str, object], ...] = ({}, {"payload": None}, {"payload": {}}, {"payload": {"a": 1}})
        for ping in pings:
            await socket.say({"type": "pong", "payload": None})
            await socket.say({"type": "ping", **ping})
            assert await socket.hear() == {"type": "pong", **({} if ping.get("payload") is None else ping)}


async def test_a_completed_operation_says_no_more_and_its_name_is_free(world: World) -> None:
    async with open_socket(world) as socket:
        for _ in range(3):
            await socket.subscribe(WATCH, variables={"room": world.room})
            assert (await socket.hear())["type"] == "next"
            await socket.say({"id": "1", "type": "complete", "payload": None})
            await socket.say({"id": "unknown", "type": "complete"})
            await socket.lives()


async def test_one_operation_too_many_is_refused_and_the_others_go_on(world: World) -> None:
    async with open_socket(world) as socket:
        for number in range(OPERATIONS_AT_ONCE + 1):
            await socket.subscribe(WATCH, str(number), variables={"room": world.room})
        heard = [await socket.hear() for _ in range(OPERATIONS_AT_ONCE + 1)]
        (refused,) = [each for each in heard if each["type"] == "error"]
        assert refused["id"] == "100"
        assert refused["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
        assert {each["id"] for each in heard if each["type"] == "next"} == set(map(str, range(OPERATIONS_AT_ONCE)))
        await socket.say({"id": "7", "type": "complete"})
        await socket.lives()


async def test_a_message_over_the_limit_ends_the_socket(world: World) -> None:
    async with open_socket(world) as socket:
        await socket.subscribe(VIEWER, variables={"a": " " * 65_000})
        assert (await socket.hear())["payload"] == MARA
        await socket.subscribe(VIEWER, variables={"a": " " * 65_536})
        assert await socket.code() == 1009


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:{port}", ALLOWED, ALLOWED.upper()])
async def test_programs_the_own_page_and_allowed_pages_may_connect(world: World, origin: str | None) -> None:
    async with dial(world, TRANSPORT, origin=origin and origin.format(port=world.port)) as wire:
        assert wire.subprotocol == TRANSPORT


@pytest.mark.parametrize(
    "origin", ["https://evil.example.org", "null", "http://127.0.0.1", f"{ALLOWED}.evil.example", "https://example.org"]
)
async def test_another_page_may_not_connect(world: World, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await dial(world, TRANSPORT, origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("offered", [[], [LEGACY], ["mqtt"]])
async def test_another_protocol_is_not_spoken(world: World, offered: list[str]) -> None:
    async with dial(world, *offered) as wire:
        assert wire.subprotocol is None
        assert await Dialogue(wire).code() == 4406


async def test_of_two_protocols_the_newer_is_spoken_and_nothing_is_compressed(world: World) -> None:
    async with dial(world, LEGACY, TRANSPORT) as wire:
        assert wire.subprotocol == TRANSPORT
        assert wire.response
        assert "sec-websocket-extensions" not in wire.response.headers
