"""Attacks with WebSocket frames and messages, before and after connection_init."""

import asyncio
import json
import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.support.attacks.attacker import AT_MOST, GONE, Attacker, subscribe
from tests.support.raw_http import handshake

PING = json.dumps({"type": "ping"})
VIEWER = "{ viewer { id } }"


def until_the_end(message: str | bytes) -> Iterator[str | bytes]:
    ends_at = time.monotonic() + AT_MOST
    while time.monotonic() < ends_at:
        yield message


async def pings(attacker: Attacker) -> None:
    for init in (False, True):
        await attacker.flood(until_the_end(PING), init=init)


async def large_messages(attacker: Attacker) -> None:
    large = json.dumps({"type": "ping", "payload": {"a": "x" * 900_000}})
    for init in (False, True):
        await attacker.flood([large] * 50, init=init)
    await attacker.flood([json.dumps({"type": "ping", "payload": {"a": "x" * 20_000_000}})])


async def many_operations(attacker: Attacker) -> None:
    await attacker.flood(subscribe(at, VIEWER) for at in range(20_000))


async def wrong_messages(attacker: Attacker) -> None:
    long = "x" * 1_000
    messages: list[str | bytes] = [
        "",
        "null",
        "[]",
        "{",
        '{"type": 1}',
        '{"type": "x"}',
        json.dumps({"type": long}),
        b"\xff\xfe",
        b"{}",
    ]
    messages += [subscribe(long, VIEWER), subscribe(0, VIEWER, [1]), '{"type": "subscribe"}', '{"type": "complete"}']
    for message in messages:
        await attacker.flood([message, PING])
    await attacker.flood(
        [subscribe(long, f'subscription {{ chat(roomId: "{attacker.client.room}") {{ __typename }} }}')] * 2
    )


async def raw_frames(attacker: Attacker) -> None:
    """Pings, empty continuations and broken frames, sent as bytes."""
    key = b"\x00" * 4
    empty = b"\x00\x80" + key
    begun = b"\x01\x80" + key
    kinds = {
        "pings": b"\x89\x80" + key,
        "empty continuations": empty,
        "control too long": b"\x89\xfe\x01\x00" + key + b"x" * 256,
        "not masked": b"\x81\x01x",
        "reserved bits": b"\xf1\x80" + key,
        "length that lies": b"\x81\xff" + struct.pack("!Q", 2**62) + key,
        "bad UTF-8": b"\x81\x82" + key + b"\xff\xff",
        "noise": os.urandom(14),
    }
    for kind, frame in kinds.items():
        await _send_frames(attacker, (begun if kind == "empty continuations" else b"") + frame * 2_000)


async def _send_frames(attacker: Attacker, frames: bytes) -> None:
    with suppress(*GONE):
        async with attacker.connection() as (reader, writer), asyncio.timeout(AT_MOST / 3):
            writer.write(handshake())
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            while True:
                attacker.inputs += 1
                writer.write(frames)
                await writer.drain()
