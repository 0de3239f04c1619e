"""A connection needs a valid token and an active user, and ends when either is lost (rule 66)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from server.requests import Form
from server.settings import Settings
from server.tokens import issue_token
from tests.support.event_streams import EVENTS, STATUS, eventually, is_live, next_event, said
from tests.support.http_streams import download
from tests.support.world import SECONDS_TO_END, World, open_world

VIEWER = "{ viewer { id } }"


def stranger(world: World) -> str:
    """A token of another deployment."""
    settings = world.settings.model_copy(update={"jwt_issuer": "https://elsewhere.example.org"})
    return issue_token(settings, "student-001")


def tampered(world: World) -> str:
    head, body, signature = world.token("student-001").split(".")
    return f"{head}.{body}.{signature[::-1]}"


def expired(world: World) -> str:
    return world.token("student-001", lifetime=timedelta(hours=-1))


BAD_TOKENS: list[Callable[[World], str]] = [stranger, tampered, expired, lambda _world: "nonsense", lambda _world: "ü"]


async def end_token(world: World) -> None:
    world.clock.advance(hours=2)


async def suspend(world: World) -> None:
    await world.suspend("student-001")


End = Callable[[World], Awaitable[None]]
ENDS: list[End] = [end_token, suspend]


@pytest.mark.parametrize("end", ENDS)
async def test_a_socket_is_closed_when_its_bearer_loses_the_right_to_it(world: World, end: End) -> None:
    """The server closes it with 4403 within 5 s, with or without subscriptions."""
    async with world.socket("student-001") as busy, world.socket("student-001") as idle:
        for document in (EVENTS, STATUS):
            await (await busy.subscribe(document, room=world.room)).next()
        await end(world)
        async with asyncio.timeout(SECONDS_TO_END):
            assert [await busy.closed(), await idle.closed()] == [4403, 4403]
    await eventually(lambda: not world.process.accounts._leases)
    assert not world.process.services.readers._readers


async def test_the_suspension_of_one_leaves_others_alone(world: World) -> None:
    await world.enter("moderator", "student-001")
    async with world.socket("student-001") as suspended, world.socket("moderator") as other:
        stream = await other.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        await world.suspend("student-001")
        assert await suspended.closed() == 4403
        await world.post("moderator", "we go on")
        assert said(await next_event(stream)) == "we go on"


TOLD = {
    Form.SSE: 'event: next\ndata: {"errors":[{"message":',
    Form.MULTIPART: '{"payload":null,"errors":[{"message":',  # as Apollo's protocol tells errors of the transport
}


@pytest.mark.parametrize(("end", "form"), [(end_token, Form.SSE), (suspend, Form.SSE), (end_token, Form.MULTIPART)])
async def test_a_stream_over_http_ends_when_its_bearer_loses_the_right_to_it(
    world: World, end: End, form: Form
) -> None:
    async with download(world, form, "student-001", EVENTS) as stream:
        assert await stream.result()
        await end(world)
        async with asyncio.timeout(SECONDS_TO_END):
            assert await stream.ending() == "UNAUTHENTICATED"
        assert TOLD[form] in stream.raw
    await eventually(lambda: not world.process.accounts._leases)


@pytest.mark.parametrize("backend", ["sqlite"])  # the database is not asked
async def test_a_socket_and_a_stream_end_when_their_token_is_revoked(settings: Settings, tmp_path: Path) -> None:
    """The list is read again without a restart. Others stay."""
    file = tmp_path / "revoked.json"
    file.write_text('{"tokens": [], "subjects": {}}')
    async with open_world(settings.model_copy(update={"jwt_revocations": str(file)})) as world:
        await world.enter("moderator")
        old = world.token("student-001")
        async with (
            world.socket("student-001", old) as revoked,
            world.socket("moderator") as other,
            download(world, Form.SSE, "student-001", EVENTS) as stream,
        ):
            assert await stream.result()
            following = await other.subscribe(EVENTS, room=world.room)
            await is_live(following)
            later = int(world.clock().timestamp()) + 1
            file.write_text(json.dumps({"tokens": [], "subjects": {"student-001": later}}))
            async with asyncio.timeout(SECONDS_TO_END):
                assert await revoked.closed() == 4403
                assert await stream.ending() == "UNAUTHENTICATED"
            await world.post("moderator", "we go on")
            assert said(await next_event(following)) == "we go on"
            again = world.credentials("student-001", old)
            assert is_unauthenticated(await world.http.post("/graphql", json={"query": VIEWER}, headers=again))
            assert await world.refusal_of_socket(again) == 4403


async def test_a_socket_lives_to_the_end_of_its_token_and_a_new_token_opens_another(world: World) -> None:
    async with world.socket("student-001", world.token("student-001", lifetime=timedelta(minutes=10))) as socket:
        world.clock.advance(minutes=9)
        stream = await socket.subscribe(EVENTS, room=world.room)
        for _ in range(4):  # long enough for the server to check the leases once
            await stream.next()
        world.clock.advance(minutes=2)
        assert await socket.closed() == 4403
    async with world.socket("student-001") as socket:
        await is_live(await socket.subscribe(EVENTS, room=world.room))


async def test_a_suspended_user_gets_nowhere(world: World) -> None:
    await world.query("student-001", VIEWER)
    await world.suspend("student-001")
    world.clock.advance(seconds=4)  # a process may cache a user for this long
    answer = await world.http.post("/graphql", json={"query": VIEWER}, headers=world.credentials("student-001"))
    assert is_unauthenticated(answer)
    assert await world.refusal_of_socket(world.credentials("student-001")) == 4403


async def test_a_socket_without_a_good_token_is_refused(world: World) -> None:
    """The server closes it with 4403. Clients then fetch a new token and try again."""
    basic, misplaced = {"authorization": "Basic dXNlcjpwYXNz"}, {"token": world.token("manager")}
    for payload in ({}, None, {"Authorization": ""}, basic, misplaced):
        assert await world.refusal_of_socket(payload) == 4403
    for bad in BAD_TOKENS:
        assert await world.refusal_of_socket({"Authorization": f"Bearer {bad(world)}"}) == 4403
    assert not world.process.accounts._leases


async def test_the_token_of_a_socket_is_found_under_its_key_in_any_case(world: World) -> None:
    given = f"Bearer {world.token('student-001')}"
    for key in ("authorization", "Authorization", "AUTHORIZATION", "aUTHORIZATION"):
        for payload in ({key: given}, {"headers": {key: given}}):
            async with world.raw_socket() as wire:
                await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
                assert json.loads(await wire.recv())["type"] == "connection_ack"


async def test_nothing_is_answered_on_a_socket_before_it_is_acknowledged(world: World) -> None:
    async with world.raw_socket() as wire:
        await wire.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}))
        with pytest.raises(ConnectionClosed):
            await wire.recv()
        assert wire.close_code == 4401


def is_unauthenticated(answer: httpx.Response) -> bool:
    body = answer.json()
    (error,) = body["errors"]
    assert set(body) == {"errors"}
    assert answer.headers["www-authenticate"] == "Bearer"
    return answer.status_code == 401 and error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_request_without_a_good_token_is_unauthenticated(world: World) -> None:
    """This holds for every request, in every form. The answer does not show what is wrong with the document."""
    given = [b"", b"Basic dXNlcjpwYXNz", *(f"Bearer {bad(world)}".encode() for bad in BAD_TOKENS)]
    for headers in ({}, *({b"authorization": each} for each in given)):
        for accept in ("application/json", "application/graphql-response+json", "text/event-stream"):
            for document in (VIEWER, EVENTS, "{ nonsense"):
                sent = {**headers, b"accept": accept.encode()}
                answer = await world.http.post("/graphql", json={"query": document}, headers=sent)
                assert is_unauthenticated(answer), (headers, accept, document)
