"""Documents that are named by a hash or an id instead of being sent, over each transport."""

import json
import shutil
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema.execution.documents import DOCUMENTS
from server.settings import Settings
from tests.support.world import World, open_world

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
INTROSPECTION = "{ __schema { queryType { name } } }"
NOT_FOUND = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
NOT_SUPPORTED = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
TRUSTED = "query Trusted { viewer { trusted: name } }"
LEAVE = 'mutation Leave { leaveRoom(input: { roomId: "x" }) { userErrors { code } } }'
WATCH = "subscription Watch($room: ID!) { roomStatus(roomId: $room) { state } }"
IDS = {"6c9d": TRUSTED, "71ab": LEAVE, "sha256:55e0": WATCH}
MANIFESTS: dict[str, dict[str, Any]] = {
    "Apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [
            {"id": name, "name": "N", "type": "query", "body": text, "clientName": None} for name, text in IDS.items()
        ],
    },
    "Relay": IDS,
}


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apq(of: str, query: str | None = None, **variables: Any) -> dict[str, Any]:
    """Returns a request as Apollo Client's PersistedQueryLink sends it: the text is absent, or beside its hash."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashed(of)}}
    return {"operationName": None, "variables": variables, "extensions": extensions} | (
        {"query": query} if query else {}
    )


class Sender:
    """Sends requests over one transport, and returns the answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.headers = world.credentials("manager")

    async def post(self, asked: dict[str, Any], accept: str = JSON) -> httpx.Response:
        headers = self.headers | {"accept": accept}
        return await self.world.http.post("/graphql", json=asked, headers=headers)

    async def get(self, asked: dict[str, Any]) -> httpx.Response:
        parameters = {name: each if isinstance(each, str) else json.dumps(each) for name, each in asked.items() if each}
        return await self.world.http.get("/graphql", params=parameters, headers=self.headers)

    async def ask(self, transport: str, asked: dict[str, Any]) -> dict[str, Any]:
        if transport == "WebSocket":
            return await self._over_socket(asked)
        response = await (self.post if transport == "POST" else self.get)(asked)
        answer: dict[str, Any] = response.json()
        return answer

    async def _over_socket(self, asked: dict[str, Any]) -> dict[str, Any]:
        # graphql-ws accepts only payloads with a text, so its users leave it empty.
        payload = {"query": ""} | asked
        async with self.world.socket("manager") as socket:
            message = await (await socket.request(payload)).message()
        return dict(message["payload"]) if message["type"] == "next" else {"errors": message["payload"]}


TRANSPORTS = pytest.mark.parametrize("transport", ["POST", "GET", "WebSocket"])


def refusal(answer: dict[str, Any]) -> tuple[str, str]:
    (error,) = answer["errors"]
    assert "data" not in answer
    return error["message"], error["extensions"]["code"]


@pytest.fixture(scope="module")
def database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for all servers in this file, because these requests do not depend on the database."""
    path = tmp_path_factory.mktemp("persisted") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
async def sender(database: str) -> AsyncIterator[Sender]:
    async with open_world(Settings(dev=True, database_url=database)) as world:
        yield Sender(world)


@pytest.fixture(scope="module", params=MANIFESTS)
async def trusting(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sender]:
    manifest = tmp_path_factory.mktemp("manifest") / "manifest.json"
    manifest.write_text(json.dumps(MANIFESTS[request.param]))
    settings = Settings(
        dev=True,
        database_url=database,
        trusted_documents=str(manifest),
        trusted_documents_only=True,
    )
    async with open_world(settings) as world:
        yield Sender(world)


@TRANSPORTS
async def test_a_hash_is_enough_once_its_document_was_sent(sender: Sender, transport: str) -> None:
    text = f"query ($id: ID!) {{ {transport}: node(id: $id) {{ id }} }}"
    given = {"id": sender.world.gallery}
    data = {"data": {transport: given}}
    assert refusal(await sender.ask(transport, apq(text, **given))) == NOT_FOUND
    assert await sender.ask(transport, apq(text, text, **given)) == data
    assert await sender.ask(transport, apq(text, **given)) == data
    assert await sender.ask(transport, {"documentId": f"sha256:{hashed(text)}", "variables": given}) == data
    DOCUMENTS.clear()
    assert refusal(await sender.ask(transport, apq(text, **given))) == NOT_FOUND


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_an_unknown_hash_is_answered_with_a_200_that_is_not_stored(sender: Sender, accept: str) -> None:
    response = await sender.post(apq("{ never }"), accept)
    assert (response.status_code, refusal(response.json())) == (200, NOT_FOUND)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("text", ["{ nobody }", "{ viewer"])
async def test_a_wrong_document_is_not_known_by_its_hash(sender: Sender, text: str) -> None:
    assert (await sender.ask("POST", apq(text, text)))["errors"]
    assert refusal(await sender.ask("POST", apq(text))) == NOT_FOUND


@TRANSPORTS
async def test_a_hash_of_another_text_is_refused_and_not_remembered(sender: Sender, transport: str) -> None:
    message, code = refusal(await sender.ask(transport, apq("{ other }", "{ viewer { mine: name } }")))
    assert "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`" in message
    assert code == "BAD_REQUEST"
    assert refusal(await sender.ask(transport, apq("{ other }"))) == NOT_FOUND
    message, _ = refusal(await sender.ask(transport, {"documentId": "x", "query": "{ viewer { mine: name } }"}))
    assert "`documentId` is not the SHA-256 of `query`" in message


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("6c9d", "`extensions.persistedQuery.sha256Hash` must be a string."),
        ({}, "`extensions.persistedQuery.sha256Hash` must be a string."),
        ({"version": 1, "sha256Hash": 7}, "`extensions.persistedQuery.sha256Hash` must be a string."),
        ({"version": 2, "sha256Hash": "6c9d"}, NOT_SUPPORTED[0]),
        ({"sha256Hash": "6c9d"}, NOT_SUPPORTED[0]),
    ],
)
@TRANSPORTS
async def test_a_malformed_hash_ends_only_its_operation(
    sender: Sender, transport: str, given: object, expected: str
) -> None:
    message, _ = refusal(await sender.ask(transport, {"extensions": {"persistedQuery": given}}))
    assert message == expected


async def test_a_subscription_may_be_named_by_its_hash(sender: Sender) -> None:
    async with sender.world.socket("manager") as socket:
        for query in (WATCH, None):
            stream = await socket.request({"query": ""} | apq(WATCH, query, room=sender.world.room))
            assert (await stream.next())["state"]
            await socket.unsubscribe(stream)


async def test_a_server_without_them_says_so_and_takes_documents(database: str) -> None:
    settings = Settings(dev=True, database_url=database, persisted_queries=False)
    async with open_world(settings) as world:
        sender, text = Sender(world), "{ viewer { off: name } }"
        for query in (None, text):
            assert refusal(await sender.ask("POST", apq(text, query))) == NOT_SUPPORTED
        assert refusal(await sender.ask("POST", {"documentId": hashed(text)})) == NOT_FOUND
        assert "data" in await sender.ask("POST", {"query": text})


@pytest.mark.parametrize(
    "named",
    [
        {"documentId": "6c9d"},
        {"doc_id": "6c9d"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "6c9d"}}},
        {"documentId": "6c9d", "query": TRUSTED},
        {"query": TRUSTED},
        apq(TRUSTED),
        apq(TRUSTED, TRUSTED),
        {"documentId": f"sha256:{hashed(TRUSTED)}"},
    ],
)
@TRANSPORTS
async def test_a_trusted_document_may_be_named_in_each_way(
    trusting: Sender, transport: str, named: dict[str, Any]
) -> None:
    assert await trusting.ask(transport, named) == {"data": {"viewer": {"trusted": "Mara Manager"}}}


async def test_a_trusted_document_stays_parsed(trusting: Sender) -> None:
    parsed = DOCUMENTS.of(TRUSTED)
    DOCUMENTS.clear()
    assert DOCUMENTS.of(TRUSTED) is parsed
    assert parsed.errors == []


@pytest.mark.parametrize(
    "asked", [{"query": "{ viewer { id } }"}, {"query": INTROSPECTION}, apq(INTROSPECTION), apq(INTROSPECTION, INTROSPECTION),
              {"documentId": "ffff"}, {"query": f"{TRUSTED} "}]
)  # fmt: skip
@TRANSPORTS
async def test_no_other_document_is_executed(trusting: Sender, transport: str, asked: dict[str, Any]) -> None:
    _, code = refusal(await trusting.ask(transport, asked))
    assert code == "DOCUMENT_NOT_TRUSTED"


async def test_an_id_beside_another_text_is_refused(trusting: Sender) -> None:
    message, code = refusal(await trusting.ask("POST", {"documentId": "6c9d", "query": LEAVE}))
    assert (message, code) == ("`query` is not the document that `documentId` names. Send one of them.", "BAD_REQUEST")


async def test_a_trusted_mutation_may_not_be_sent_by_get(trusting: Sender) -> None:
    assert (await trusting.get({"documentId": "71ab"})).status_code == 405
    assert (await trusting.post({"documentId": "71ab"})).json()["data"]["leaveRoom"]["userErrors"] == [
        {"code": "NOT_FOUND"}
    ]


async def test_a_trusted_subscription_runs_over_events(trusting: Sender) -> None:
    headers = trusting.headers | {"accept": "text/event-stream"}
    asked = {"documentId": "sha256:55e0", "variables": {"room": trusting.world.room}}
    async with trusting.world.http.stream("POST", "/graphql", json=asked, headers=headers) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                assert '"roomStatus":{"state":' in line
                break
