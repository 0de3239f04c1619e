"""What a client may send over HTTP, and how long it may take: headers, bodies, upgrades and pipelined requests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schema.root import sdl
from server.http_protocol import CHUNKS, HEADERS, PIPELINED
from server.transports import Bounded
from tests.support.captured_logs import talkative
from tests.support.event_streams import STATUS
from tests.support.raw_http import handshake, raw, request
from tests.support.small_world import small_world
from tests.support.world import PATIENCE, World

HEAD = 32 * 1024
SOON = 0.15
VIEWER = b'{"query": "{ viewer { name } }"}'


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("requests")
    async with small_world(sqlite_template, folder, receive_seconds=SOON, max_body_bytes=100_000) as world:
        yield world


@pytest.fixture(scope="module")
async def patient(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world whose deadline no test meets."""
    async with small_world(sqlite_template, tmp_path_factory.mktemp("patient"), receive_seconds=2 * PATIENCE) as world:
        yield world


def authorized(world: World, *headers: str, body: bytes = VIEWER) -> bytes:
    return request("/graphql", f"Authorization: {world.credentials('manager')['Authorization']}", *headers, body=body)


@pytest.mark.parametrize(
    "begun", [b"", b"\r\n\r\n", b"G", request()[:-2], request()[:-9], handshake()[:-2], handshake()[:-40]]
)
async def test_a_head_that_does_not_arrive_ends_the_connection(world: World, begun: bytes) -> None:
    async with raw(world) as connection:
        connection.send(begun)
        rest = await connection.rest()
        assert rest.startswith(b"HTTP/1.1 408 ") == (b"G" in begun), rest
        assert rest.endswith(b"}") == (b"G" in begun)


async def test_half_a_body_ends_the_connection_and_is_no_fault_of_ours(world: World) -> None:
    with talkative() as lines:
        async with raw(world) as connection:
            connection.send(authorized(world)[:-5])
            assert await connection.rest() == b""
        async with raw(world) as connection:
            connection.send(authorized(world)[:-5])
            connection.writer.write_eof()
            await connection.rest()
        async with raw(world) as connection:
            connection.send(authorized(world, body=b'{"query": "\xff"}'))
            assert (await connection.answer()).status == 400
    assert not [line for line in lines if '"ERROR"' in line or "traceback" in line]


@pytest.mark.parametrize("drip", [b"\r\n", b"GET /healthz HTTP/1.1\r\n", b"\r\nG"])
async def test_a_connection_that_was_answered_and_then_says_half_is_ended(world: World, drip: bytes) -> None:
    """uvicorn stops its clock for idle connections at the first byte, and starts no other."""
    async with raw(world) as connection:
        connection.send(request())
        assert (await connection.answer()).status == 200
        connection.send(drip)
        await connection.rest()


async def test_what_arrives_slowly_but_in_time_is_answered(world: World) -> None:
    async with raw(world) as connection:
        for byte in request():
            connection.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await connection.answer()).status == 200
        connection.send(authorized(world)[:-5])
        connection.send(authorized(world)[-5:])
        assert (await connection.answer()).status == 200


@pytest.mark.parametrize("how", ["Connection: close", "Connection: keep-alive"])
async def test_an_answer_that_is_read_slowly_is_whole(world: World, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Bounded.connection_made

    def narrow(protocol: Bounded, transport: asyncio.BaseTransport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        made(protocol, transport)

    monkeypatch.setattr(Bounded, "connection_made", narrow)
    async with raw(world, narrow=True) as connection:
        connection.send(request("/schema.graphql", how))
        await asyncio.sleep(2 * SOON)
        assert (await connection.answer()).body.decode() == sdl()


async def test_a_stream_outlives_the_deadline(world: World) -> None:
    body = json.dumps({"query": STATUS, "variables": {"room": world.room}}).encode()
    async with raw(world) as connection:
        connection.send(authorized(world, "Accept: text/event-stream", body=body))
        assert b"200 OK" in await connection.reader.readline()
        await asyncio.sleep(2 * SOON)
        await world.enter("moderator")
        async with asyncio.timeout(PATIENCE):
            await connection.reader.readuntil(b"OPEN")


def one_header(size: int) -> bytes:
    return request("/healthz", "X: " + "x" * size)


def many_headers(size: int) -> bytes:
    return request("/healthz", *["X: " + "x" * 900] * (1 + size // 905))


def cookies(size: int) -> bytes:
    return handshake(*["Cookie: " + "c" * 4000] * (1 + size // 4000))


def trailers(size: int) -> bytes:
    head = request("/healthz", "Transfer-Encoding: chunked")
    return head.replace(b"GET", b"POST", 1) + b"1\r\nx\r\n0\r\n" + b"X: y\r\n" * (size // 6)


def an_extension(size: int) -> bytes:
    return request("/healthz", "Transfer-Encoding: chunked").replace(b"GET", b"POST", 1) + b"1;x=" + b"x" * size


def a_path(size: int) -> bytes:
    return request("/" + "x" * size)


@pytest.mark.parametrize("shape", [one_header, many_headers, cookies, a_path])
async def test_headers_over_the_limit_are_a_431(world: World, shape: object) -> None:
    assert callable(shape)
    async with raw(world) as connection:
        connection.send(shape(HEAD + 2000))
        answer = await connection.answer()
        assert (answer.status, answer.error()["message"]) == (431, f"The headers are larger than {HEAD} bytes in all.")
        assert answer.error()["extensions"] == {"code": "BAD_REQUEST"}
        assert await connection.rest() == b""


@pytest.mark.parametrize("count", [HEADERS - 1, HEADERS, 8_000])
async def test_a_request_has_few_headers(world: World, count: int) -> None:
    """`Host` is one of them. Each takes memory, however small it is: 8,000 empty ones took 1 MB."""
    async with raw(world) as connection:
        connection.send(request("/healthz", *["X:"] * count))
        answer = await connection.answer()
        assert answer.status == (200 if count < HEADERS else 431)
        assert answer.status == 200 or answer.error()["message"] == f"A request may have at most {HEADERS} headers."


@pytest.mark.parametrize("shape", [one_header, many_headers, a_path])
async def test_headers_below_the_limit_are_not(world: World, shape: object) -> None:
    assert callable(shape)
    async with raw(world) as connection:
        connection.send(shape(HEAD - 2000))
        assert (await connection.answer()).status in (200, 404)


@pytest.mark.parametrize("shape", [one_header, an_extension, trailers])
async def test_endless_headers_are_not_kept(patient: World, shape: object) -> None:
    """What is beyond the limit ends the connection, long before the deadline does: 20 MB would be in the parser."""
    assert callable(shape)
    async with raw(patient) as connection:
        connection.send(shape(20_000_000)[:-2])
        assert (b" 431 " in await connection.rest()) == (shape is not trailers)


async def test_a_large_body_does_not_count_as_headers(world: World) -> None:
    query = json.dumps({"query": "{ viewer { name } }", "variables": {"x": "x" * 90_000}}).encode()
    async with raw(world) as connection:
        for _ in range(2):
            connection.send(authorized(world, "X: " + "x" * 30_000, body=query))
            assert (await connection.answer()).status == 200
        connection.send(authorized(world, body=query + b" " * 20_000))
        assert (await connection.answer()).status == 413


@pytest.mark.parametrize("count", [CHUNKS - 1, CHUNKS, 200_000])
async def test_a_body_has_few_chunks(world: World, count: int) -> None:
    """The last one is empty. Each costs some microseconds, and 200,000 would hold everybody else up."""
    head = authorized(world, "Transfer-Encoding: chunked", body=b"").replace(b"Content-Length: 0\r\n", b"")
    chunks = [b"%x\r\n%b\r\n" % (len(VIEWER), VIEWER), *[b"1\r\n \r\n"] * (count - 1), b"0\r\n\r\n"]
    async with raw(world) as connection:
        connection.send(head + b"".join(chunks))
        assert (b"200 OK" in await connection.begun()) == (count < CHUNKS)


async def test_a_handshake_that_the_parser_of_websockets_refuses_is_answered(world: World) -> None:
    """uvicorn sends nothing, and keeps the connection."""
    async with raw(world) as connection:
        connection.send(handshake("Cookie: " + "c" * 9000))
        assert b"HTTP/1.1 431 " in await connection.rest()
    async with raw(world) as connection:
        connection.send(handshake().replace(b"GET", b"POST", 1))
        assert b"HTTP/1.1 405 " in await connection.rest()


async def test_pipelined_requests_are_bounded(world: World) -> None:
    async with raw(world) as connection:
        connection.send(request() * PIPELINED)
        assert [(await connection.answer()).status for _ in range(PIPELINED)] == [200] * PIPELINED
        connection.send(request() * 5000)
        assert (await connection.rest()).count(b"HTTP/1.1") <= PIPELINED + 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01" + bytes(200), b"GET\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\n\r\n", b"GET /%ff%00 HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", handshake().replace(b"/graphql", b"/gr\xc3\xa4phql"),
        handshake().replace(b"/graphql", b"/%ff"), handshake("X: \xff"), handshake("Upgrade: h2c"),
        handshake("Sec-WebSocket-Extensions: \x01"), handshake("Sec-WebSocket-Version: 99"),
        request("/graphql", "Connection: upgrade", "Upgrade: h2c", body=b"{}"),
        request("/graphql", "Content-Length: 1", body=b"{}"), request("/graphql", "Transfer-Encoding: x", body=b"{}"),
        request("/graphql?query=%ff"), request("/graphql?query={a}&variables=%ff"), request("/graphql", "Authorization: Bearer \xff"),
        request("/graphql", "Accept: \xff"), request("/graphql", "Origin: \xff\x00"), request("/graphql", "Host: \xff"),
    ],
)  # fmt: skip
async def test_no_nonsense_is_a_fault_of_ours(world: World, sent: bytes) -> None:
    with talkative() as lines:
        async with raw(world) as connection:
            connection.send(sent)
            begun = await connection.begun()
        async with raw(world) as connection:
            connection.send(request())
            assert (await connection.answer()).status == 200
    assert b" 500 " not in begun
    assert not [line for line in lines if '"ERROR"' in line or "traceback" in line]
