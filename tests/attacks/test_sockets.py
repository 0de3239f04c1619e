"""WebSockets under attack: any message and any frame. Each gets an answer or a close with a code, and nobody else notices."""

import asyncio
import json
from base64 import b64encode
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from tests.inputs.attacks import frames, messages
from tests.support.attacked import Attacked, received, tries
from tests.support.world import PATIENCE

CODES = {1000, 1002, 1003, 1007, 1008, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429}
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: " + b64encode(b"x" * 16) + b"\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
LAST = json.dumps({"id": "last", "type": "subscribe", "payload": {"query": "{ viewer { id } }"}})
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"


@tries(60, 1_000)
@given(sent=st.lists(messages(), max_size=6), known=st.booleans())
async def test_any_messages_get_answers_or_a_close(server: Attacked, sent: list[str | bytes], known: bool) -> None:
    async with server.world.raw_socket() as wire:
        if known:
            init = {"type": "connection_init", "payload": server.world.credentials("manager")}
            await wire.send(json.dumps(init))
            assert json.loads(await wire.recv())["type"] == "connection_ack"
        with suppress(ConnectionClosed):
            for message in sent:
                await wire.send(message)
            await wire.send(LAST)
            async with asyncio.timeout(PATIENCE):
                while (told := json.loads(await wire.recv())).get("id") != "last" or told["type"] == "next":
                    assert told["type"] in ("next", "error", "complete", "pong", "connection_ack"), told
                    assert "INTERNAL" not in json.dumps(told)
    assert wire.close_code in CODES, (wire.close_code, wire.close_reason)
    await server.stands()


@tries(60, 1_000)
@given(sent=st.lists(frames(), min_size=1, max_size=5), known=st.booleans())
async def test_any_frames_get_a_close(server: Attacked, sent: list[bytes], known: bool) -> None:
    async with server.connection() as (reader, writer):
        writer.write(HANDSHAKE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        if known:
            init = json.dumps({"type": "connection_init", "payload": server.world.credentials("manager")}).encode()
            writer.write(bytes([0x81, 0x80 | 126]) + len(init).to_bytes(2, "big") + b"\0\0\0\0" + init)
        with suppress(ConnectionError):
            writer.write(b"".join(sent) + CLOSE)
            await writer.drain()
            writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            await received(reader)
    await server.stands()
