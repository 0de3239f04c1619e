"""What a client may send on a WebSocket: messages, pings and fragments, before and after the acknowledgement."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.websocket_protocol import BEFORE_INIT_BYTES, BEFORE_INIT_FRAMES, BURST_SECONDS, FRAGMENTS
from tests.support.captured_logs import talkative
from tests.support.event_streams import STATUS
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, frames, message
from tests.support.small_world import small_world
from tests.support.world import World

RATE = 40
BURST = RATE * BURST_SECONDS
FLOOD = 20_000
MESSAGE = 64 * 1024
ASKED = {"query": "{ viewer { name } }"}
FLOODS = {
    "pings": frame(PING),
    "long pings": frame(PING, b"x" * 125),
    "pongs": frame(PONG),
    "pings in JSON": message({"type": "ping"}),
    "messages for nothing": message({"type": "complete", "id": "x"}),
}


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("frames")
    async with small_world(sqlite_template, folder, websocket_frames_per_second=RATE) as world:
        yield world


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize("who", [None, "manager"], ids=["before", "after"])
async def test_a_flood_ends_the_socket_early(world: World, who: str | None, kind: str) -> None:
    """The close frame arrives although the client goes on sending."""
    async with frames(world, who) as socket:
        socket.send(FLOODS[kind] * FLOOD)
        before, code, reason = await socket.until_close()
        assert (code, reason) == (1008, "Too many messages, pings or fragments")
        assert len(before) <= (BURST if who else BEFORE_INIT_FRAMES) + RATE
        assert await socket.connection.rest() == b""


async def test_a_flood_of_empty_fragments_ends_the_socket(world: World) -> None:
    for who in (None, "manager"):
        async with frames(world, who) as socket:
            socket.send(frame(TEXT, "{", fin=False) + frame(CONTINUATION, fin=False) * FLOOD)
            assert (await socket.until_close())[1] == 1008


async def test_a_flood_after_a_close_is_not_parsed(world: World) -> None:
    async with frames(world, "manager") as socket:
        socket.send(message({"type": "nonsense"}))
        assert (await socket.until_close())[1] == 4400
        socket.send(frame(PING) * FLOOD)
        assert len(await socket.connection.rest()) < 6 * (BURST + RATE)


async def test_a_busy_client_is_served(world: World) -> None:
    """It uses its whole burst at once, in one piece of data."""
    async with frames(world, "manager") as socket:
        asked = [message({"id": str(number), "type": "subscribe", "payload": ASKED}) for number in range(BURST // 4)]
        socket.send(b"".join(part for each in asked for part in (each, frame(PING), frame(PONG))))
        heard = [await socket.receive() for _ in range(3 * len(asked))]
        assert sum(opcode == PONG for opcode, _ in heard) == len(asked)
        assert sum(b'"next"' in data for _, data in heard) == len(asked)


async def test_a_message_in_fragments_with_pings_in_between_is_understood(world: World) -> None:
    whole = json.dumps(
        {"id": "1", "type": "subscribe", "payload": ASKED | {"variables": {"ü": "ü"}}}, ensure_ascii=False
    )
    first, *others = [bytes([byte]) for byte in whole.encode()]
    async with frames(world, "manager") as socket:
        sent = [frame(TEXT, first, fin=False), *(frame(CONTINUATION, each, fin=False) for each in others)]
        socket.send(b"".join(sent) + frame(PING, b"?") + frame(CONTINUATION))
        assert await socket.receive() == (PONG, b"?")
        assert b"Mara" in (await socket.receive())[1]


@pytest.mark.parametrize("count", [FRAGMENTS, FRAGMENTS + 1])
async def test_a_message_has_few_fragments(world: World, count: int) -> None:
    async with frames(world, "manager") as socket:
        pieces = frame(TEXT, " ", fin=False) + frame(CONTINUATION, " ", fin=False) * (count - 2)
        socket.send(pieces + frame(CONTINUATION, json.dumps({"type": "ping"})))
        if count <= FRAGMENTS:
            assert b"pong" in (await socket.receive())[1]
        else:
            assert (await socket.until_close())[1:] == (1008, f"A message may have {FRAGMENTS} fragments")


def padded(size: int) -> str:
    """Returns a ping in JSON with so many bytes."""
    return json.dumps({"type": "ping"}).ljust(size)


@pytest.mark.parametrize(("who", "most"), [(None, BEFORE_INIT_BYTES), ("manager", MESSAGE)])
async def test_messages_have_a_size(world: World, who: str | None, most: int) -> None:
    async with frames(world, who) as socket:
        socket.send(frame(TEXT, padded(most)))
        assert b"pong" in (await socket.receive())[1]
        socket.send(frame(TEXT, padded(most + 1)))
        assert (await socket.until_close())[1] == 1009
    async with frames(world, who) as socket:
        half = frame(TEXT, b" " * (most // 2), fin=False)
        socket.send(half + frame(CONTINUATION, b" " * (most // 2), fin=False) + frame(CONTINUATION, b"{}"))
        assert (await socket.until_close())[1] == 1009


FAULTS = {
    "not UTF-8": (1007, frame(TEXT, b'{"type": "ping\xff"}')),
    "not UTF-8, in fragments": (1007, frame(TEXT, b"\xe2\x82", fin=False) + frame(CONTINUATION, b"x")),
    "a surrogate in UTF-8": (1007, frame(TEXT, b'"\xed\xa0\x80"')),
    "binary": (4400, frame(BINARY, b"{}")),
    "an unknown opcode": (1002, frame(3)),
    "a reserved bit": (1002, b"\xc1\x80\0\0\0\0"),
    "no mask": (1002, b"\x81\x00"),
    "a long ping": (1002, frame(PING, b"x" * 126)),
    "a ping in fragments": (1002, frame(PING, fin=False)),
    "a continuation of nothing": (1002, frame(CONTINUATION, b"x")),
    "a message within a message": (1002, frame(TEXT, b"x", fin=False) + frame(TEXT, b"x")),
    "a huge length": (1009, b"\x81\xff" + b"\x7f" + b"\xff" * 7 + bytes(4)),
    "a close of one byte": (1002, frame(CLOSE, b"\x03")),
    "a close with a forbidden code": (1002, frame(CLOSE, b"\x03\xed")),
    "a close that is not UTF-8": (1007, frame(CLOSE, b"\x03\xe8\xff")),
    "a close within a message": (1002, frame(TEXT, b"x", fin=False) + frame(CLOSE, b"\x03\xe8")),
    "a close": (1000, frame(CLOSE, b"\x03\xe8bye")),
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_of_the_client_has_a_close_frame_and_no_traceback(world: World, kind: str) -> None:
    """A subscription that is about to send finds the socket closed, and says nothing."""
    code, sent = FAULTS[kind]
    with talkative() as lines:
        async with frames(world, "manager") as socket:
            asked = {"query": STATUS, "variables": {"room": world.room}}
            subscribed = [message({"id": str(each), "type": "subscribe", "payload": asked}) for each in range(5)]
            socket.send(b"".join(subscribed) + sent + frame(PING) * 3)
            _, received, reason = await socket.until_close()
            assert received == code
            assert len(reason.encode()) <= 123
            socket.send(frame(CLOSE, b"\x03\xe8"))
            await socket.connection.rest()
    assert not [line for line in lines if '"ERROR"' in line or "traceback" in line]


@pytest.mark.parametrize("cut", [1, 2, 5, 7, 30])
async def test_a_frame_that_is_cut_off_is_no_fault_of_ours(world: World, cut: int) -> None:
    """The answer to the one before it finds that the client has gone."""
    with talkative() as lines:
        async with frames(world, "manager") as socket:
            asked = message({"id": "1", "type": "subscribe", "payload": ASKED})
            socket.send(asked + asked[:cut])
            socket.connection.writer.write_eof()
            await socket.connection.rest()
    assert not [line for line in lines if '"ERROR"' in line or "traceback" in line]
