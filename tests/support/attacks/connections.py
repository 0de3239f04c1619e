"""Attacks with connections and requests: what is opened, begun, sent slowly or sent wrongly."""

import asyncio
import socket
from contextlib import AsyncExitStack, suppress

from tests.support.attacks.attacker import ADDRESS, AT_MOST, GONE, Attacker, subscribe
from tests.support.raw_http import handshake


async def held_connections(attacker: Attacker) -> None:
    """Each of 300 connections sends nothing, half a head, half a body or half an upgrade, and is held."""
    halves = [
        b"",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-",
        attacker.head(1000) + b'{"query":',
        handshake()[:-2],
    ]
    async with AsyncExitStack() as stack:
        for turn in range(300):
            with suppress(*GONE):
                _, writer = await stack.enter_async_context(attacker.connection())
                writer.write(halves[turn % len(halves)])
                attacker.inputs += 1
        await asyncio.sleep(0.5)


async def many_sockets(attacker: Attacker) -> None:
    """One user opens 300 sockets, with 20 subscriptions in each."""
    document = f'subscription {{ chat(roomId: "{attacker.client.room}") {{ __typename }} }}'
    async with AsyncExitStack() as stack:
        for _ in range(300):
            with suppress(*GONE):
                wire = await stack.enter_async_context(attacker.socket())
                for number in range(20):
                    attacker.inputs += 1
                    await wire.send(subscribe(number, document))


async def large_headers(attacker: Attacker) -> None:
    await attacker.send(attacker.head(0, "X-Large: " + "x" * 20_000_000))
    await attacker.send(attacker.head(0, *(f"X-{at}: y" for at in range(100_000))))
    await attacker.send(attacker.head(0, path="/" + "x" * 5_000_000, method="GET"))
    await attacker.send(b"GET / HTTP/1.1\r\n" + b"X" * 10_000_000)


async def large_bodies(attacker: Attacker) -> None:
    await attacker.post(b"x" * 30_000_000)
    await attacker.send(attacker.head(0, "Transfer-Encoding: chunked"), *[b"ff\r\n" + b"x" * 255 + b"\r\n"] * 20_000)
    await attacker.post(b'{"query": "{ viewer { id } }", "variables": {"a": "' + b"x" * 1_000_000 + b'"}}')


async def wrong_requests(attacker: Attacker) -> None:
    bodies = [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"query": 1}',
        b'{"query": "\xff"}',
        b'"\\ud800"',
        b"\x00" * 100,
        b"1e999999",
    ]
    bodies += [b'{"query": "{ viewer { id } }", "variables": [1]}', b'{"query": "{", "operationName": {"a": 1}}']
    for body in bodies:
        await attacker.post(body)
    wrong = [b"\x16\x03\x01\x00", b"GET\r\n\r\n", b"\r\n" * 1000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 10_000]
    for bytes_ in wrong:
        await attacker.send(bytes_, wait=0.2)


async def wrong_hosts(attacker: Attacker) -> None:
    for hosts in (
        ["Host: evil.example"],
        ["Host: a", "Host: b"],
        [],
        ["Host: "],
        ["Host: x/y@z"],
        ["X-Forwarded-Host: e"],
    ):
        for path in ("/graphql", "/graphql/", "//evil.example/", "/schema.graphql"):
            await attacker.send("\r\n".join([f"GET {path} HTTP/1.1", *hosts, "Connection: close", "", ""]).encode())


async def floods_of_reconnects(attacker: Attacker) -> None:
    """Each of 300 clients sends what costs much to parse, or only half a head, and connects again."""
    head = attacker.head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    floods = [head + b"1\r\n \r\n" * 2_000, attacker.head(0, *["X:"] * 5_000), attacker.head(0)[:-2], b"GET\r\n\r\n"]
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + AT_MOST

    async def one(sent: bytes) -> None:
        while loop.time() < ends_at:
            attacker.inputs += 1
            await _send_once(attacker.client.port, sent)

    await asyncio.gather(*(one(floods[number % len(floods)]) for number in range(300)))


async def _send_once(port: int, sent: bytes) -> None:
    """Sends bytes over a new connection, and waits a moment for an answer."""
    loop = asyncio.get_running_loop()
    with socket.socket() as own, suppress(OSError, TimeoutError):
        own.setblocking(False)
        own.bind((ADDRESS, 0))
        async with asyncio.timeout(0.3):
            await loop.sock_connect(own, ("127.0.0.1", port))
            await loop.sock_sendall(own, sent)
            await loop.sock_recv(own, 4096)


async def cut_readers(attacker: Attacker) -> None:
    """Asks for much, and goes away without reading it."""
    document = f'{{ node(id: "{attacker.client.gallery}") {{ ... on Gallery {{ media(first: 100) {{ edges {{ node {{ id title description tags }} }} }} }} }} }}'
    for _ in range(100):
        with suppress(*GONE):
            async with attacker.connection() as (_, writer):
                body = b'{"query": "' + document.replace('"', '\\"').encode() + b'"}'
                writer.write(attacker.head(len(body)) + body)
                attacker.inputs += 1
                await writer.drain()
                writer.transport.abort()
