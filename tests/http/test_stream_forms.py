"""What streams over HTTP look like on the wire (docs/subscriptions.md#on-the-wire)."""

import re
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest

from server.requests import Form
from server.settings import Settings
from tests.support.event_streams import EVENTS, STATUS
from tests.support.http_streams import ACCEPT, download
from tests.support.world import World, open_http, open_world

PART = "\r\ncontent-type: application/json\r\n\r\n"
RETRY = re.compile(r"retry: (\d+)\n\n")
SSE_ALONE = {"accept": "text/event-stream"}
MULTIPART_ALONE = {"accept": "multipart/mixed;subscriptionSpec=1.0"}


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    return lasting_world


async def post(world: World, accept: dict[str, str], query: str, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": {"room": world.room, **variables}}
    return await world.http.post("/graphql", json=body, headers=world.credentials("student-001") | accept)


async def test_multipart_is_written_as_apollo_router_writes_it(world: World) -> None:
    """Apollo iOS compares the media type and the headers of a part as text."""
    response = await post(world, {"accept": ACCEPT[Form.MULTIPART]}, EVENTS, after="forged")
    assert response.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    assert response.text.startswith("\r\n--graphql")
    heartbeat, told, end = response.text.removeprefix("\r\n--graphql").split("\r\n--graphql")
    assert (heartbeat, end) == (f"{PART}{{}}", "--\r\n")
    head, _, message = told.partition("{")
    assert head == PART
    assert orjson.loads("{" + message)["payload"]["errors"][0]["extensions"]["code"] == "CURSOR_INVALID"


@pytest.mark.parametrize("form", [Form.SSE, Form.MULTIPART])
async def test_proxies_are_asked_not_to_hold_a_stream_back(world: World, form: Form) -> None:
    async with download(world, form, "student-001", STATUS) as stream:
        assert stream.response.headers["cache-control"] == "no-cache, no-transform"
        assert stream.response.headers["x-accel-buffering"] == "no"


async def test_server_sent_events_begin_with_a_time_to_retry_after(world: World) -> None:
    """The times differ, so that not all clients come back at once."""
    responses = [await post(world, SSE_ALONE, EVENTS, after="forged") for _ in range(5)]
    found = [RETRY.match(each.text) for each in responses]
    times = [int(each[1]) for each in found if each]
    assert len(times) == len(responses)
    assert all(1_000 <= each < 3_000 for each in times)
    assert len(set(times)) > 1


REFUSED = {
    "GRAPHQL_PARSE_FAILED": "{",
    "GRAPHQL_VALIDATION_FAILED": "subscription { nothing }",
    "DOCUMENT_TOO_LARGE": "{" + "a{" * 60 + "b" + "}" * 61,
    "OPERATION_RESOLUTION_FAILURE": "query A { viewer { id } } query B { viewer { id } }",
}


@pytest.mark.parametrize("code", REFUSED)
async def test_a_refused_operation_is_told_as_an_event(world: World, code: str) -> None:
    """graphql-sse's protocol demands it: its client retries after a status of 400, and hides the message."""
    response = await post(world, SSE_ALONE, REFUSED[code])
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
    retry, told, complete, rest = response.text.split("\n\n")
    assert retry.startswith("retry: ")
    assert told.startswith('event: next\ndata: {"errors":[{"message":')
    assert f'"code":"{code}"' in told
    assert (complete, rest) == ("event: complete\ndata: ", "")


async def test_a_refused_operation_is_told_as_a_part_where_nothing_else_is_accepted(world: World) -> None:
    response = await post(world, MULTIPART_ALONE, "{")
    assert response.status_code == 200
    assert response.text.startswith(f'\r\n--graphql{PART}{{}}\r\n--graphql{PART}{{"payload":{{"errors":[{{"message":')
    assert response.text.endswith("}]}}\r\n--graphql--\r\n")


@pytest.mark.parametrize("accept", [ACCEPT[Form.MULTIPART], "text/event-stream, application/json", "*/*"])
async def test_a_refused_operation_is_told_in_json_to_those_who_accept_it(world: World, accept: str) -> None:
    response = await post(world, {"accept": accept}, "{")
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["errors"][0]["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


async def test_the_single_connection_mode_of_graphql_sse_is_refused_with_a_sentence(world: World) -> None:
    response = await world.http.put("/graphql", headers=world.credentials("student-001"))
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]) == (501, {"code": "BAD_REQUEST"})
    assert "singleConnection" in error["message"]


FAREWELL = {
    Form.SSE: r": This process stops\. Resume at another one\.\nretry: [12]\d{3}\n\n",
    Form.MULTIPART: r'{"payload":null,"errors":\[{"message":"[^"]+","extensions":{"code":"UNAVAILABLE"}}\]}\r\n--graphql--\r\n',
}


@pytest.mark.parametrize("form", FAREWELL)
@pytest.mark.parametrize("backend", ["sqlite"])  # the database is not asked
async def test_a_process_that_stops_says_so_and_leaves_the_stream_unfinished(settings: Settings, form: Form) -> None:
    """A `complete` would tell graphql-sse's client that nothing follows. An answer that is cut off is retried."""
    async with AsyncExitStack() as client:
        async with open_world(settings) as world:
            http = await client.enter_async_context(open_http(f"http://127.0.0.1:{world.port}"))
            stream = await client.enter_async_context(download(replace(world, http=http), form, "moderator", EVENTS))
            assert await stream.result()
        with pytest.raises(httpx.RemoteProtocolError):
            await stream.end()
        assert re.search(f"{FAREWELL[form]}$", stream.raw)
        assert "event: complete" not in stream.raw
