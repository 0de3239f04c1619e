"""How many connections, streams, subscriptions and operations one process, one address and one user may have."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from server.places import SPARE
from server.requests import Form
from tests.support.admin_mutations import another_room
from tests.support.event_streams import STATUS, eventually
from tests.support.http_streams import ACCEPT, download
from tests.support.raw_http import Raw, handshake, raw, request
from tests.support.small_world import small_world
from tests.support.world import World

VIEWER = "{ viewer { name } }"
AGAIN = {"retryAfterSeconds": 5}


@pytest.fixture
async def world(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with small_world(sqlite_template, tmp_path, **getattr(request, "param", {})) as world:
        yield world


def limits(**given: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [given], indirect=True, ids=[" ".join(given)])


async def post(world: World, query: str, who: str = "manager", **headers: str) -> tuple[int, dict[str, Any], Any]:
    body = {"query": query, "variables": {"room": world.room}}
    answer = await world.http.post("/graphql", json=body, headers=world.credentials(who) | headers)
    return answer.status_code, dict(answer.headers), answer.json()


async def opened(stack: AsyncExitStack, world: World, count: int) -> list[Raw]:
    return [await stack.enter_async_context(raw(world)) for _ in range(count)]


@limits(connections=4)
async def test_connections_that_send_nothing_lock_nobody_out(world: World) -> None:
    async with AsyncExitStack() as stack:
        silent = await opened(stack, world, 40)
        for each in silent[20:]:
            each.send(handshake()[:-2])
        assert (await post(world, VIEWER))[0] == 200
        assert await silent[0].rest() == b""
        async with world.socket("manager") as socket:
            await opened(stack, world, 40)
            assert (await (await socket.subscribe(VIEWER)).message())["payload"]


@limits(connections=2)
async def test_when_all_places_are_taken_probes_are_answered_and_others_are_told_to_come_again(world: World) -> None:
    async with AsyncExitStack() as stack:
        for who in ("manager", "moderator"):
            await stack.enter_async_context(world.socket(who))
        for path in ("/healthz", "/readyz", "/healthz?x"):
            (probe,) = await opened(stack, world, 1)
            probe.send(request(path))
            assert (await probe.answer()).status == 200
        for asked in (request("/graphql?query={viewer{id}}"), handshake()):
            (other,) = await opened(stack, world, 1)
            other.send(asked)
            answer = await other.answer()
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            assert answer.error() == {
                "message": "This process holds 2 connections, as many as it may.",
                "extensions": {"code": "TOO_MANY_CONNECTIONS"} | AGAIN,
            }
        await opened(stack, world, 2 * SPARE)  # Nobody can take the spare places for long.
        (probe,) = await opened(stack, world, 1)
        probe.send(request())
        assert (await probe.answer()).status == 200
    assert (await post(world, VIEWER))[0] == 200


@limits(address_connections=3)
async def test_an_address_has_a_bound_on_connections(world: World) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(world.socket("manager"))
        (refused,) = await opened(stack, world, 1)
        answer = await refused.answer()
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.error()["message"] == "One address may have 3 connections at once."


@limits(user_streams=3)
async def test_a_user_has_a_bound_on_sockets_and_http_streams_together(world: World) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(world.socket("manager"))
        async with download(world, Form.MULTIPART, "manager", STATUS) as stream:
            assert await stream.result()
            for form in (Form.SSE, Form.MULTIPART):
                status, headers, answer = await post(world, STATUS, accept=ACCEPT[form])
                assert (status, headers["retry-after"]) == (503, "5")
                assert answer["errors"] == [
                    {
                        "message": "One user may have 3 WebSockets and HTTP streams at once.",
                        "extensions": {"code": "TOO_MANY_STREAMS"} | AGAIN,
                    }
                ]
            record = await world.http.get("/sessions/x/record", headers=world.credentials("manager"))
            assert (record.status_code, record.headers["retry-after"]) == (503, "5")
            async with world.raw_socket() as wire:
                await wire.send(json.dumps({"type": "connection_init", "payload": world.credentials("manager")}))
                await wire.wait_closed()
                assert (wire.close_code, wire.close_reason) == (
                    1013,
                    "One user may have 3 WebSockets and HTTP streams at once.",
                )
            async with world.socket("moderator"):
                pass
        await eventually(lambda: set(world.process.shares.streams._held.values()) == {2})
        async with world.socket("manager"):
            pass
    await eventually(lambda: not world.process.shares.streams._held)


@limits(address_streams=2)
async def test_an_address_has_a_bound_on_streams(world: World) -> None:
    async with world.socket("manager"), world.socket("moderator"):
        with pytest.raises(InvalidStatus) as refused:
            await world.raw_socket()
        response = refused.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.body
        (error,) = json.loads(response.body)["errors"]
        assert error["extensions"] == {"code": "TOO_MANY_STREAMS"} | AGAIN
        assert (await post(world, STATUS, "student-001", accept="text/event-stream"))[0] == 503
        assert (await post(world, VIEWER))[0] == 200


@limits(user_subscriptions=2)
async def test_one_subscription_too_many_of_a_user_is_an_error_on_all_transports(world: World) -> None:
    async with world.socket("manager") as one, world.socket("manager") as other:
        kept = [await socket.subscribe(STATUS, room=world.room) for socket in (one, other)]
        for each in kept:
            assert (await each.message())["type"] == "next"
        too_many = await (await one.subscribe(STATUS, room=world.room)).message()
        assert too_many["type"] == "error"
        assert too_many["payload"] == [
            {
                "message": "One user may have 2 subscriptions at once.",
                "extensions": {"code": "TOO_MANY_SUBSCRIPTIONS"} | AGAIN,
            }
        ]
        assert (await post(world, STATUS, accept="text/event-stream"))[0] == 503
        assert (await (await one.subscribe(VIEWER)).message())["type"] == "next"
        await one.unsubscribe(kept[0])
        await eventually(lambda: sum(world.process.shares.subscriptions._held.values()) == 2)
        assert (await (await one.subscribe(STATUS, room=world.room)).message())["type"] == "next"
    await eventually(lambda: not world.process.shares.subscriptions._held)


@limits(user_subscriptions=2)
async def test_a_stream_of_many_rooms_counts_as_so_many_subscriptions(world: World) -> None:
    services, share = world.process.services, world.process.shares.subscriptions
    asked = "subscription ($rooms: [ID!]!) { roomStatuses(roomIds: $rooms) { state } }"
    rooms = [world.room, await another_room(world), await another_room(world)]
    async with world.socket("manager") as socket:
        assert await (await socket.subscribe(asked, rooms=rooms)).error() == "TOO_MANY_SUBSCRIPTIONS"
        await eventually(lambda: not share._held)
        kept = await socket.subscribe(asked, rooms=rooms[:2])
        assert (await kept.message())["type"] == "next"
        assert await (await socket.subscribe(STATUS, room=world.room)).error() == "TOO_MANY_SUBSCRIPTIONS"
        assert (await post(world, STATUS, accept="text/event-stream"))[0] == 503
    await eventually(lambda: not share._held and not services.readers._readers)


@limits(user_operations=1, address_operations=2)
async def test_queries_at_once_are_bounded_for_a_user_and_an_address(world: World) -> None:
    share = world.process.shares.operations
    with share.held(None, "127.0.0.1"):
        assert (await post(world, VIEWER))[0] == 200
        with share.held(None, "127.0.0.1"):
            status, headers, answer = await post(world, VIEWER)
            assert (status, headers["retry-after"]) == (503, "5")
            assert answer["errors"][0]["message"] == "One address may have 2 queries and mutations at once."
        async with world.socket("moderator") as socket:
            with share.held(None, "127.0.0.1"):
                assert await (await socket.subscribe(VIEWER)).error() == "TOO_MANY_OPERATIONS"
            assert (await (await socket.subscribe(VIEWER)).message())["type"] == "next"
    answers = await asyncio.gather(*(post(world, VIEWER) for _ in range(2)))
    assert sorted(status for status, _, _ in answers) in ([200, 200], [200, 503])
    assert not share._held


@limits(trusted_proxies=("127.0.0.0/8",), address_connections=1, address_streams=1)
async def test_behind_a_trusted_proxy_the_forwarded_address_is_counted(world: World) -> None:
    async def stream(stack: AsyncExitStack, forwarded: str) -> None:
        connection = world.raw_socket()
        connection.additional_headers = {"X-Forwarded-For": forwarded}
        await stack.enter_async_context(connection)

    async with AsyncExitStack() as stack:
        await stream(stack, "203.0.113.1")
        await stream(stack, "198.51.100.7, 203.0.113.2, 127.0.0.5")
        await stream(stack, "2001:db8::1")
        for again in ("203.0.113.1", "9.9.9.9, 203.0.113.2", "2001:db8::2"):
            with pytest.raises(InvalidStatus):
                await stream(stack, again)


@limits(address_streams=1)
async def test_without_trusted_proxies_nobody_chooses_their_address(world: World) -> None:
    async with world.raw_socket():
        connection = world.raw_socket()
        connection.additional_headers = {"X-Forwarded-For": "203.0.113.1", "Forwarded": "for=203.0.113.1"}
        with pytest.raises(InvalidStatus):
            await connection
