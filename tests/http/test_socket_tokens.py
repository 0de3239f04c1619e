"""Where a WebSocket's token is looked for, and how its client learns that it is refused (rule 66)."""

import json
from datetime import timedelta

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.world import World


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    return lasting_world


async def answer(world: World, payload: object, authorization: str | None = None) -> tuple[object, str]:
    """Sends a connection_init after a handshake with this header. Returns the answer, or the close code and its reason."""
    url, protocol = f"ws://127.0.0.1:{world.port}/graphql", Subprotocol("graphql-transport-ws")
    headers = {"authorization": authorization} if authorization else {}
    async with connect(url, subprotocols=[protocol], additional_headers=headers, proxy=None) as wire:
        await wire.send(json.dumps({"type": "connection_init", "payload": payload}))
        try:
            return json.loads(await wire.recv())["type"], ""
        except ConnectionClosed:
            return wire.close_code, wire.close_reason or ""


async def test_the_header_of_the_handshake_counts_where_the_payload_has_no_token(world: World) -> None:
    """gql-cli sends only the header."""
    header = world.credentials("student-001")["Authorization"]
    payloads: list[object] = [{}, None, {"Authorization": ""}, {"headers": {}}]
    for payload in payloads:
        assert await answer(world, payload, header) == ("connection_ack", "")


async def test_the_token_of_the_payload_goes_before_the_header(world: World) -> None:
    expired = f"Bearer {world.token('student-001', lifetime=timedelta(hours=-1))}"
    good = world.credentials("student-001")
    assert await answer(world, good, expired) == ("connection_ack", "")
    assert (await answer(world, {"Authorization": expired}, good["Authorization"]))[0] == 4403


async def test_a_refused_token_is_refused_with_its_reason(world: World) -> None:
    expired = world.token("student-001", lifetime=timedelta(hours=-1))
    reasons = {
        None: "Give a bearer token in the Authorization header.",
        "Basic dXNlcjpwYXNz": "The authorization must be of the form: Bearer TOKEN.",
        "Bearer nonsense": "The token is malformed.",
        f"Bearer {expired}": "The token has expired.",
    }
    for given, reason in reasons.items():
        assert await answer(world, {"Authorization": given} if given else {}) == (4403, reason)
        assert await answer(world, {}, given) == (4403, reason)
