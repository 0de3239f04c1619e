"""The code of each kind of top-level error, over HTTP and over a WebSocket (docs/errors.md)."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schema.execution.measure import DocumentLimits
from server.settings import Settings
from tests.support.world import World, open_world

VIEWER = "{ viewer { name } }"
LIMITS = DocumentLimits()
SPREAD = "{ viewer { " + "...F " * 50 + "} } fragment F on User { " + "id " * (LIMITS.fields // 50) + "}"
EXPENSIVE = "{ galleries { edges { node { memberships { edges { node { gallery { media { edges { node { id } } } } } } } } } } }"
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a syntax error": ("GRAPHQL_PARSE_FAILED", {"query": "{ viewer"}),
    "an unknown field": ("GRAPHQL_VALIDATION_FAILED", {"query": "{ nobody }"}),
    "fields that cannot be merged": ("GRAPHQL_VALIDATION_FAILED", {"query": "{ viewer { id id: name } }"}),
    "a scalar of a wrong form": (
        "GRAPHQL_VALIDATION_FAILED",
        {"query": 'mutation { createInteraction(input: { closesAt: "x" }) { cursor } }'},
    ),
    "characters": ("DOCUMENT_TOO_LARGE", {"query": VIEWER + "#" * LIMITS.characters}),
    "tokens": ("DOCUMENT_TOO_LARGE", {"query": "{ viewer { " + "id " * LIMITS.tokens + "} }"}),
    "fields": ("DOCUMENT_TOO_LARGE", {"query": SPREAD}),
    "depth": ("DOCUMENT_TOO_LARGE", {"query": "{a" * (LIMITS.depth + 1) + "}" * (LIMITS.depth + 1)}),
    "nesting": ("DOCUMENT_TOO_LARGE", {"query": "{ nodes(ids: " + "[" * 600 + "]" * 600 + ") { id } }"}),
    "cost": ("TOO_EXPENSIVE", {"query": EXPENSIVE}),
    "no such operation": ("OPERATION_RESOLUTION_FAILURE", {"query": VIEWER, "operationName": "B"}),
    "a missing variable": ("BAD_USER_INPUT", {"query": "query ($id: ID!) { node(id: $id) { id } }"}),
    "a variable of a wrong type": (
        "BAD_USER_INPUT",
        {
            "query": "query ($first: Int) { galleries(first: $first) { edges { cursor } } }",
            "variables": {"first": "x"},
        },
    ),
    "a null argument": (
        "BAD_USER_INPUT",
        {"query": 'query ($ids: [ID!]! = ["x"]) { nodes(ids: $ids) { id } }', "variables": {"ids": None}},
    ),
    "a malformed hash": ("BAD_REQUEST", {"extensions": {"persistedQuery": 1}}),
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    path = tmp_path_factory.mktemp("codes") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    async with open_world(
        Settings(dev=True, database_url=f"sqlite:///{path}", websocket_message_bytes=200_000)
    ) as world:
        yield world


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_request_that_cannot_be_executed_has_its_code(world: World, kind: str) -> None:
    code, asked = REQUESTS[kind]
    answer = await world.http.post("/graphql", json=asked, headers=world.credentials("manager"))
    async with world.socket("manager") as socket:
        message = await (await socket.request({"query": ""} | asked)).message()
    payload = message["payload"]
    for errors in (answer.json()["errors"], payload if message["type"] == "error" else payload["errors"]):
        assert {error["extensions"]["code"] for error in errors} == {code}


@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        ("POST", "{", {}, 400),
        ("POST", json.dumps({"query": 1}), {}, 400),
        ("POST", "x", {"content-type": "text/plain"}, 415),
        ("POST", json.dumps({"query": 'subscription { roomStatus(roomId: "x") { state } }'}), {}, 406),
    ],
)
async def test_a_malformed_request_has_its_code(
    world: World, method: str, body: str, headers: dict[str, str], status: int
) -> None:
    given = {"content-type": "application/json", **world.credentials("manager"), **headers}
    answer = await world.http.request(method, "/graphql", content=body.encode(), headers=given)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (status, "BAD_REQUEST")
