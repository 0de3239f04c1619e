"""HTTP under attack: any body, any header, any bytes. Each gets a clear answer, and nobody else notices."""

import json
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inputs.attacks import ACCEPTED, TYPES, bodies, raw_requests, requests, spelled
from tests.support.attacked import Attacked, tries

JSON_TYPES = ("application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8")
STREAMS = ("text/event-stream", "multipart/mixed")
ANSWER = re.compile(rb"HTTP/1\.[01] [1-4]\d\d ")


def check(answer: httpx.Response) -> None:
    """Checks that the answer is one of GraphQL over HTTP, and no failure of the server."""
    assert answer.status_code in (200, 400, 401, 405, 406, 411, 413, 415, 422, 429, 431), answer.text
    assert answer.headers["content-type"] in JSON_TYPES, answer.text
    told = answer.json()
    assert "data" in told or told["errors"]
    for error in told.get("errors", ()):
        assert error["extensions"]["code"] not in ("INTERNAL", "TIMEOUT"), told
        assert len(error["message"]) < 1_000


# The inputs are large, and Hypothesis warns when it prints large ones.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@tries(60, 3_000)
@given(body=bodies(), of=st.sampled_from([TYPES[0]] * 8 + TYPES), accept=st.sampled_from(ACCEPTED))
async def test_any_body_gets_an_answer(server: Attacked, body: bytes, of: str, accept: str) -> None:
    headers = server.world.credentials("manager") | {"content-type": of, "accept": accept}
    answer = await server.world.http.post("/graphql", content=body, headers=headers)
    if answer.headers["content-type"].startswith(STREAMS):
        assert "INTERNAL" not in answer.text
    else:
        check(answer)
    await server.stands()


@tries(40, 1_000)
@given(request=requests(), method=st.sampled_from(["GET", "HEAD", "POST"]), odd=st.booleans())
async def test_any_query_string_gets_an_answer(server: Attacked, request: object, method: str, odd: bool) -> None:
    assert isinstance(request, dict)
    given = {
        name: value if isinstance(value, str) else spelled(value).decode(errors="replace")
        for name, value in request.items()
    }
    query = str(httpx.QueryParams({name: value.encode(errors="replace") for name, value in given.items()}))
    target = f"/graphql?{query[: len(query) // 2 if odd else None]}"[:60_000]
    answer = await server.world.http.request(method, target, headers=server.world.credentials("manager"))
    if method != "HEAD":
        check(answer)
    assert answer.status_code < 500
    await server.stands()


@tries(60, 1_000)
@given(raw=raw_requests())
async def test_any_bytes_get_an_answer_or_an_end(server: Attacked, raw: bytes) -> None:
    answer = await server.says(raw)
    assert not answer or ANSWER.match(answer), answer
    assert b"HTTP/1.1 500" not in answer
    await server.stands()


async def test_a_header_of_a_token_may_hold_any_bytes(server: Attacked) -> None:
    for value in (
        b"\xff" * 20,
        b"Bearer \xff",
        b"Bearer " + b"x" * 9_000,
        b"Bearer a b",
        b"\t",
        b"bearer",
        b"Bearer\x0bx",
    ):
        answer = await server.says(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\nAuthorization: "
            + value
            + b"\r\n\r\n{}"
        )
        assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 400 ")), answer
        assert answer.startswith(b"HTTP/1.1 400 ") or json.loads(answer.partition(b"\r\n\r\n")[2])["errors"]
    await server.stands()
