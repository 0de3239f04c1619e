"""Server-sent events carry their cursors as ids, and Last-Event-ID resumes (rules 48, 60, 61)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.requests import Form
from tests.support.event_streams import CHAT, EVENTS, STATUS, beginning, remove_from_gallery, said
from tests.support.http_streams import Download, download, is_checkpoint
from tests.support.people import configure
from tests.support.world import World

PERSONAL = """subscription ($room: ID!, $after: EventCursor) { chat(roomId: $room, after: $after) {
  __typename ... on Event { cursor } ... on MessagePosted { message { text reactions { viewerReacted } } } } }"""
PERSONAL_OF_GALLERY = """subscription ($gallery: ID!) { galleryEvents(galleryId: $gallery) {
  __typename ... on RoomConfigured { room { viewerPermissions } } } }"""
WITHOUT_AFTER = EVENTS.replace(", $after: EventCursor", "").replace(", after: $after", "")
WITHOUT_CURSOR = CHAT.replace("... on Event { cursor }", "")


@pytest.fixture
async def world(world: World) -> World:
    """The demo room, with two people inside."""
    await world.enter("moderator", "student-001")
    return world


@asynccontextmanager
async def by_get(world: World, last_id: str | None, document: str, **variables: Any) -> AsyncIterator[Download]:
    """Opens a stream as an EventSource does: by GET, and with the id of the last event when it comes back."""
    headers = world.credentials("student-001") | {"accept": "text/event-stream"}
    if last_id:
        headers["last-event-id"] = last_id
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    parameters = {"query": document, "variables": json.dumps({"room": world.room, **variables})}
    async with world.http.stream("GET", "/graphql", params=parameters, headers=encoded) as response:
        assert response.status_code == 200
        opened = Download(Form.SSE, response)
        try:
            yield opened
        finally:
            await opened.close()


@pytest.mark.parametrize("document", [EVENTS, CHAT, PERSONAL])
async def test_each_event_has_its_cursor_as_its_id(world: World, document: str) -> None:
    """Shared renderings and personal ones, replayed and live, checkpoints included."""
    await world.post("student-001", "earlier")
    async with download(world, Form.SSE, "student-001", document, after=beginning(world)) as stream:
        kinds = set()
        while "Checkpoint" not in kinds:
            result = await stream.result()
            assert result
            (event,) = result["data"].values()
            kinds.add(event["__typename"])
            assert stream.last_id == event["cursor"]
        await world.post("student-001", "later")
        assert (await stream.event())["cursor"] == stream.last_id
        assert "MessagePosted" in kinds


@pytest.mark.parametrize("document", [EVENTS, WITHOUT_AFTER], ids=["variable", "absent"])
async def test_the_last_event_id_takes_the_place_of_after(world: World, document: str) -> None:
    """An EventSource repeats its address, so `after` in it is the one of the beginning."""
    start = {"after": beginning(world)} if document is EVENTS else {}
    async with by_get(world, None, document, **start) as stream:
        if not start:  # It begins at the present, so it has to have begun.
            assert is_checkpoint(await stream.result())
        await world.post("student-001", "first")
        while said(await stream.event()) != "first":
            pass
        first = stream.last_id
    for number in range(3):
        await world.post("student-001", f"missed {number}")
    async with by_get(world, first, document, **start) as stream:
        assert [said(await stream.event()) for _ in range(3)] == ["missed 0", "missed 1", "missed 2"]


async def test_a_literal_after_gives_way_to_the_last_event_id(world: World) -> None:
    literal = EVENTS.replace(", $after: EventCursor", "").replace("after: $after", f'after: "{beginning(world)}"')
    posted = await world.post("student-001", "known")
    await world.post("student-001", "missed")
    async with by_get(world, posted["cursor"], literal) as stream:
        assert said(await stream.event()) == "missed"


async def test_a_client_resumes_by_id_without_selecting_the_cursor(world: World) -> None:
    async with by_get(world, None, WITHOUT_CURSOR, after=beginning(world)) as stream:
        await world.post("student-001", "first")
        assert said(await stream.event()) == "first"
        first = stream.last_id
    await world.post("student-001", "second")
    async with by_get(world, first, WITHOUT_CURSOR, after=beginning(world)) as stream:
        assert said(await stream.event()) == "second"


async def test_a_last_event_id_that_cannot_be_resumed_ends_the_stream(world: World) -> None:
    """Rule 61."""
    for forged in ("forged", "ü"):
        async with by_get(world, forged, EVENTS) as stream:
            assert await stream.ending() == "CURSOR_INVALID"


async def test_an_error_has_no_id(world: World) -> None:
    """A client that resumes after the error goes on after the last event, and not after an earlier one of its own."""
    async with by_get(world, None, PERSONAL_OF_GALLERY, gallery=world.gallery) as stream:
        assert await stream.result()  # A checkpoint: the stream has begun.
        await configure(world, qna="ENABLED")
        assert (await stream.event())["__typename"] == "RoomConfigured"
        assert stream.last_id
        await remove_from_gallery(world, "student-001")
        assert await stream.ending() == "FORBIDDEN"
        assert stream.raw.rpartition("event: next")[0].endswith("\n\n")


async def test_a_status_has_no_id_because_it_begins_with_the_present_one(world: World) -> None:
    async with by_get(world, beginning(world), STATUS) as stream:
        event = await stream.event()
        assert event["state"]
        assert stream.last_id is None


async def test_a_last_event_id_counts_for_server_sent_events_alone(world: World) -> None:
    headers = world.credentials("student-001") | {"accept": "multipart/mixed", "last-event-id": "forged"}
    body = {"query": EVENTS, "variables": {"room": world.room}}
    async with world.http.stream("POST", "/graphql", json=body, headers=headers) as response:
        stream = Download(Form.MULTIPART, response)
        try:
            result = await stream.result()
            assert result
            assert result["data"]["roomEvents"]["__typename"] == "Checkpoint"
        finally:
            await stream.close()
