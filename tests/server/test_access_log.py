"""The access log: each request, operation and socket says who asked, from where, for what, and what was refused."""

import json
import logging
from typing import Any

import pytest

from server.requests import Form
from tests.support.captured_logs import talkative
from tests.support.event_streams import eventually
from tests.support.http_streams import download
from tests.support.world import World

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
WATCHED = "subscription Watched($gallery: ID!) { galleryEvents(galleryId: $gallery) { __typename } }"
BROKEN = 'subscription Broken($gallery: ID!) { galleryEvents(galleryId: $gallery, after: "AAAA") { __typename } }'


def access(lines: list[str]) -> list[dict[str, Any]]:
    return [entry for entry in map(json.loads, lines) if entry["logger"] == "server.access"]


@pytest.mark.parametrize("form", [Form.SSE, Form.MULTIPART])
@pytest.mark.parametrize(
    ("document", "codes"), [(WATCHED, None), (BROKEN, ["CURSOR_INVALID"])], ids=["whole", "broken"]
)
async def test_a_stream_over_http(world: World, form: Form, document: str, codes: list[str] | None) -> None:
    user = str((await world.process.accounts.of_token(world.token("student-001"))).viewer.id)
    with talkative(logging.WARNING) as lines:
        async with download(world, form, "student-001", document, gallery=world.gallery) as stream:
            await stream.result()
        await eventually(lambda: bool(access(lines)))
    [line] = access(lines)
    assert (line["message"], line["user"], line.get("codes")) == ("request", user, codes)
    assert line["operation"] == ("Broken" if codes else "Watched")


async def test_a_request_and_a_socket_without_a_valid_token(world: World) -> None:
    with talkative(logging.WARNING) as lines:
        await world.http.post("/graphql", json={"query": "{ viewer { id } }"})
        await world.refusal_of_socket({"authorization": "Bearer wrong"})
        await eventually(lambda: len(access(lines)) == 3)
    told = [(each["message"], each.get("codes")) for each in access(lines)]
    refused = ["UNAUTHENTICATED"]
    assert told == [("request", refused), ("websocket open", None), ("websocket closed", refused)]


async def test_an_operation_on_a_socket_has_the_sockets_client(world: World) -> None:
    with talkative(logging.WARNING) as lines:
        async with world.socket("student-001") as socket:
            await (await socket.subscribe("query Mine { viewer { id } }")).next()
        await eventually(lambda: len(access(lines)) == 3)
    assert {each["client"] for each in access(lines)} == {"127.0.0.1"}
    assert len({each["request_id"] for each in access(lines)}) == 1
