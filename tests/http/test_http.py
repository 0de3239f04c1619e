"""GraphQL over HTTP: the forms of requests and responses."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.settings import Settings
from tests.support.world import World, open_world

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
URQL = f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed"
APOLLO = f'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",{JSON}'
SSE = "text/event-stream"
VIEWER = "{ viewer { name } }"
MARA = {"data": {"viewer": {"name": "Mara Manager"}}}
MUTATION = 'mutation { leaveRoom(input: { roomId: "x" }) { userErrors { code } } }'
WATCH = 'subscription { roomStatus(roomId: "x") { locked } }'
TOO_MANY = "{ nodes(ids: [" + '"x" ' * 101 + "]) { id } }"


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One server for all tests in this file, because the form of requests does not depend on the database."""
    path = tmp_path_factory.mktemp("http") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    async with open_world(Settings(dev=True, database_url=f"sqlite:///{path}", max_body_bytes=100_000)) as world:
        yield world


async def post(world: World, body: object, accept: str | None = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = {"content-type": JSON, **({"accept": accept} if accept else {}), **headers}
    return await world.http.post("/graphql", content=content, headers=world.credentials("manager") | asked)


async def get(world: World, **parameters: str) -> httpx.Response:
    return await world.http.get("/graphql", params=parameters, headers=world.credentials("manager"))


def words(response: httpx.Response) -> str:
    """Returns the message of the only error of a response without data."""
    answer = response.json()
    (error,) = answer["errors"]
    assert not answer.get("data")
    return str(error["message"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (GRAPHQL, GRAPHQL),
        (GRAPHQL.upper(), GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (URQL, GRAPHQL),
        (APOLLO, JSON),
        (f"{SSE}, {JSON}", JSON),
        (f"{SSE}, */*", JSON),
        ("multipart/mixed", JSON),
    ],
)
async def test_a_query_is_answered_in_the_first_plain_form_that_is_accepted(
    world: World, accept: str | None, media_type: str
) -> None:
    response = await post(world, {"query": VIEWER}, accept)
    assert (response.status_code, response.json()) == (200, MARA)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": "{ viewer { name }"}, "Syntax Error: Expected Name, found <EOF>."),
        ({"query": "{ nobody }"}, "Cannot query field 'nobody' on type 'Query'. Did you mean 'node'?"),
        ({"query": "# nothing"}, "Syntax Error: Unexpected <EOF>."),
        (
            {"query": f"query A {VIEWER} query B {VIEWER}"},
            "`operationName` must name one of the document's operations.",
        ),
        (
            {"query": f"query A {VIEWER}", "operationName": "B"},
            "`operationName` must name one of the document's operations.",
        ),
        (
            {"query": "fragment F on User { name }"},
            "`operationName` must name one of the document's operations.",
        ),
        (
            {"query": "query ($id: ID!) { node(id: $id) { id } }"},
            "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be provided.",
        ),
        (
            {
                "query": "query ($first: Int) { galleries(first: $first) { edges { cursor } } }",
                "variables": {"first": "x"},
            },
            "Variable '$first' has invalid value: Int cannot represent non-integer value.",
        ),
        (
            {
                "query": "query ($first: Int) { galleries(first: $first) { edges { cursor } } }",
                "variables": {"first": 2**40},
            },
            "Variable '$first' has invalid value: Int cannot represent non 32-bit signed integer value.",
        ),
    ],
)
async def test_what_cannot_be_run_is_a_400_in_the_newer_form_and_a_200_in_the_older(
    world: World, body: dict[str, Any], message: str
) -> None:
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        response = await post(world, body, accept)
        assert (response.status_code, words(response)) == (status, message)
        assert response.headers["content-type"].startswith(accept)
        assert "data" not in response.json()


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_what_was_run_and_refused_is_a_200(world: World, accept: str) -> None:
    response = await post(world, {"query": TOO_MANY}, accept)
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INVALID", "field": ["ids"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"1",
        b'"x"',
        b"null",
        b"[]",
        b'[{"query": "{ viewer { name } }"}]',
        b"[" * 50_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"query": "\xff"}',
        b'{"query": "{ viewer { name } }", "variables": {"a": "\\ud800"}}',
        b"\x00",
        {},
        {"query": None},
        {"query": ""},
        {"query": 1},
        {"query": [VIEWER]},
        {"query": VIEWER, "variables": []},
        {"query": VIEWER, "variables": "{}"},
        {"query": VIEWER, "operationName": {}},
        {"query": VIEWER, "extensions": 1},
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_a_body_that_is_no_request_is_a_400(world: World, body: object, accept: str) -> None:
    response = await post(world, body, accept)
    assert (response.status_code, response.headers["content-type"]) == (400, f"{JSON}; charset=utf-8")
    assert words(response).endswith(".")


@pytest.mark.parametrize("number", ["9" * 1_000, "1e400", "-1e400", "1.0e308"])
async def test_huge_numbers_are_no_fault_of_ours(world: World, number: str) -> None:
    text = "query ($first: Int) { galleries(first: $first) { edges { cursor } } }"
    response = await post(world, f'{{"query": "{text}", "variables": {{"first": {number}}}}}'.encode(), GRAPHQL)
    assert response.status_code == 400
    assert words(response)


async def test_extra_members_of_a_request_are_ignored(world: World) -> None:
    body = {"query": VIEWER, "variables": {"unused": 1}, "operationName": None, "extensions": {}, "id": 1}
    assert (await post(world, body)).json() == MARA


async def test_a_body_over_the_limit_is_a_413_whether_or_not_it_says_so_first(world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 10_000

    headers = {"content-type": JSON, **world.credentials("manager")}
    for content in (b" " * 100_001, chunks()):
        response = await world.http.post("/graphql", content=content, headers=headers)
        assert (response.status_code, words(response)) == (413, "The body is larger than 100000 bytes.")
    fits = json.dumps({"query": VIEWER}).encode().ljust(100_000)
    assert (await post(world, fits)).json() == MARA


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/jsonx",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"{JSON}; charset=utf-16",
        f"{JSON}; charset=iso-8859-1",
    ],
)
async def test_any_other_kind_of_body_is_a_415(world: World, content_type: str | None) -> None:
    body = json.dumps({"query": VIEWER}).encode()
    headers = world.credentials("manager") | ({} if content_type is None else {"content-type": content_type})
    response = await world.http.post("/graphql", content=body, headers=headers)
    assert (response.status_code, words(response)) == (415, "The body must be application/json in UTF-8.")


@pytest.mark.parametrize("charset", ["; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"', ";"])
async def test_utf_8_may_be_said(world: World, charset: str) -> None:
    assert (await post(world, {"query": VIEWER}, **{"content-type": JSON + charset})).json() == MARA


async def test_queries_may_be_sent_by_get(world: World) -> None:
    assert (await get(world, query=VIEWER)).json() == MARA
    text = "query A($id: ID!) { node(id: $id) { id } } query B { viewer { name } }"
    named = await get(
        world, query=text, operationName="A", variables=json.dumps({"id": world.gallery}), extensions="{}"
    )
    assert named.json() == {"data": {"node": {"id": world.gallery}}}
    assert (await get(world, query=VIEWER, operationName="", variables="", extensions="")).json() == MARA


@pytest.mark.parametrize(
    "parameters", [{}, {"query": ""}, {"query": VIEWER, "variables": "{"}, {"query": VIEWER, "variables": "[]"}]
)
async def test_a_query_string_that_is_no_request_is_a_400(world: World, parameters: dict[str, str]) -> None:
    response = await get(world, **parameters)
    assert response.status_code == 400
    assert words(response)


async def test_nothing_is_changed_by_get_or_head(world: World) -> None:
    response = await get(world, query=MUTATION)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert words(response) == "A mutation may not be sent by GET."
    headers = {"content-type": JSON, **world.credentials("manager")}
    body = json.dumps({"query": MUTATION}).encode()
    assert (await world.http.request("HEAD", "/graphql", content=body, headers=headers)).status_code == 400
    head = await world.http.head("/graphql", params={"query": MUTATION}, headers=headers)
    assert (head.status_code, head.content) == (405, b"")
    head = await world.http.head("/graphql", params={"query": VIEWER}, headers=headers)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS"])
async def test_any_other_method_is_a_405(world: World, method: str) -> None:
    response = await world.http.request(method, "/graphql", headers=world.credentials("manager"))
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("accept", [None, "*/*", JSON, GRAPHQL])
async def test_a_subscription_that_accepts_no_stream_is_a_406(world: World, accept: str | None) -> None:
    response = await post(world, {"query": WATCH}, accept)
    assert response.status_code == 406
    assert "WebSocket" in words(response)


async def test_a_query_that_accepts_nothing_but_events_is_answered_as_two(world: World) -> None:
    response = await post(world, {"query": VIEWER}, SSE)
    assert response.headers["content-type"].startswith(SSE)
    events = [event for event in response.text.split("\n\n") if event and not event.startswith((":", "retry:"))]
    assert "\r" not in response.text
    assert events[0].splitlines()[0] == "event: next"
    assert json.loads(events[0].splitlines()[1].removeprefix("data: ")) == MARA
    assert events[1].splitlines()[0] == "event: complete"
    assert len(events) == 2


async def test_a_subscription_that_is_refused_says_why_in_the_stream(world: World) -> None:
    response = await post(world, {"query": WATCH}, URQL)
    assert response.headers["content-type"].startswith(SSE)
    assert '"code":"NOT_FOUND"' in response.text


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp4", "Bearer a b"])
async def test_without_a_good_token_it_is_a_401(world: World, header: str | None) -> None:
    headers = {"content-type": JSON, **({} if header is None else {"authorization": header})}
    response = await world.http.post("/graphql", content=json.dumps({"query": VIEWER}), headers=headers)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize(("given", "echoed"), [("abc-123", True), ("a b", False), ("x" * 65, False), (None, False)])
async def test_an_answer_carries_the_requests_name(world: World, given: str | None, *, echoed: bool) -> None:
    response = await post(world, {"query": VIEWER}, **({"x-request-id": given} if given else {}))
    name = response.headers["x-request-id"]
    assert (name == given) == echoed
    assert echoed or len(name) == 32
