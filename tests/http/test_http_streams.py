"""Subscriptions over plain HTTP: server-sent events (graphql-sse) and multipart (rules 60, 61, 65)."""

import asyncio

import pytest

from server.requests import Form
from server.stream_forms import STREAM_FORMS
from tests.support.event_streams import CHAT, EVENTS, STATUS, beginning, eventually, remove_from_gallery, texts
from tests.support.http_streams import HEARTBEATS, download
from tests.support.world import World


@pytest.fixture
async def opened(world: World) -> World:
    """The demo room, with a moderator and a student inside."""
    await world.enter("moderator", "student-001")
    return world


@pytest.fixture(params=STREAM_FORMS, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> Form:
    return Form(request.param)


async def test_a_stream_over_http_replays_and_goes_on_live(opened: World, form: Form) -> None:
    """Rule 60."""
    await opened.post("student-001", "earlier\nin two lines, with ümlauts and 🎈")
    async with download(opened, form, "moderator", CHAT, after=beginning(opened)) as stream:
        first = await stream.event()
        await opened.post("student-001", "later")
        second = await stream.event()
        assert texts([first, second]) == ["earlier\nin two lines, with ümlauts and 🎈", "later"]
    async with download(opened, form, "moderator", EVENTS, after=first["cursor"]) as stream:
        assert await stream.event() == second


async def test_a_stream_over_http_ends_with_its_error_and_then_completes(opened: World, form: Form) -> None:
    """Rules 61 and 63."""
    async with download(opened, form, "student-001", EVENTS, after="forged") as stream:
        assert await stream.ending() == "CURSOR_INVALID"
    async with download(opened, form, "student-002", CHAT) as stream:
        assert await stream.result()
        await remove_from_gallery(opened, "student-002")
        assert await stream.ending() == "FORBIDDEN"


async def test_a_stream_over_http_has_a_heartbeat(opened: World, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heartbeat keeps proxies from closing a quiet stream."""
    monkeypatch.setattr(STREAM_FORMS[form], "heartbeat_seconds", 0.02)
    async with download(opened, form, "student-001", STATUS) as stream:
        await stream.event()
        for _ in range(3):
            while HEARTBEATS[form] not in await stream.part():
                pass


async def test_server_sent_events_are_framed_with_line_feeds(opened: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients split events at an empty line, and some accept only line feeds."""
    monkeypatch.setattr(STREAM_FORMS[Form.SSE], "heartbeat_seconds", 0.02)
    async with download(opened, Form.SSE, "student-001", STATUS) as stream:
        await stream.event()
        while ": ping\n\n" not in stream.raw:
            await stream.part()
        assert stream.response.headers["content-type"] == "text/event-stream"
        assert stream.response.headers["cache-control"] == "no-cache, no-transform"
        assert 'event: next\ndata: {"data":{"roomStatus":' in stream.raw
        assert "\r" not in stream.raw


async def test_a_subscriber_over_http_who_goes_leaves_nothing_behind(opened: World, form: Form) -> None:
    """Rule 65."""
    before = asyncio.all_tasks()
    async with download(opened, form, "student-001", EVENTS) as stream:
        await stream.result()
        assert opened.process.services.readers._readers
        assert opened.process.accounts._leases
    await eventually(lambda: not opened.process.services.readers._readers)
    await eventually(lambda: not opened.process.accounts._leases)
    await eventually(lambda: not asyncio.all_tasks() - before)


async def test_a_subscription_needs_a_transport_that_can_carry_it(opened: World) -> None:
    headers = {"authorization": f"Bearer {opened.token('student-001')}", "accept": "application/json"}
    body = {"query": EVENTS, "variables": {"room": opened.room}}
    answer = await opened.http.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 406
