"""Each trouble of a link reaches what is at its ends, and is counted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.soak.proxy import Link
from tests.support.world import PATIENCE


@dataclass
class Echo:
    """A server that answers each chunk with it, and keeps what it received."""

    chunks: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                self.chunks.append(data)
                writer.write(data)
        writer.close()


@dataclass
class Linked:
    echo: Echo
    link: Link
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, data: bytes) -> bytes:
        """Sends data. Returns what comes back: as many bytes, or fewer if the connection is cut."""
        self.writer.write(data)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.readexactly(len(data))
        except asyncio.IncompleteReadError as cut:
            return cut.partial
        except ConnectionError:
            return b""


@pytest.fixture
async def linked() -> AsyncIterator[Linked]:
    """A connection through a link to an echo."""
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    async with server, Link("link", server.sockets[0].getsockname()[1]) as link, _connected(link) as (reader, writer):
        yield Linked(echo, link, reader, writer)


@asynccontextmanager
async def _connected(link: Link) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.near_port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  neither the link nor the other end has an event for it
            await asyncio.sleep(0.001)


async def test_a_link_forwards_both_ways(linked: Linked) -> None:
    assert await linked.answer(b"x" * 200_000) == b"x" * 200_000
    assert linked.link.counts == {"connections": 1}


async def test_a_cut_ends_connections(linked: Linked) -> None:
    await linked.answer(b"before")
    assert linked.link.cut() == 1
    assert await linked.answer(b"after") == b""


async def test_what_is_held_arrives_at_the_end(linked: Linked) -> None:
    with linked.link.held():
        answer = asyncio.create_task(linked.answer(b"late"))
        await until(lambda: linked.link.counts["held"] > 0)
        assert linked.echo.chunks == []
    assert await answer == b"late"


async def test_delayed_and_sliced_data_arrive_whole(linked: Linked) -> None:
    with linked.link.delayed(0.01), linked.link.sliced():
        assert await linked.answer(b"0123456789" * 50) == b"0123456789" * 50
    assert linked.link.counts["delayed"] >= 2
    assert linked.link.counts["sliced"] >= 200


async def test_half_of_a_frame_arrives_before_the_cut(linked: Linked) -> None:
    with linked.link.cutting_frames():
        assert await linked.answer(b"12345678") == b""
    await until(lambda: linked.echo.chunks == [b"1234"])
    assert linked.link.counts["frames cut"] == 1


async def test_a_black_hole_takes_everything_and_ends_with_a_cut(linked: Linked) -> None:
    with linked.link.swallowing():
        answer = asyncio.create_task(linked.answer(b"lost"))
        await until(lambda: linked.link.counts["swallowed"] > 0)
        assert not answer.done()
    assert await answer == b""
    assert linked.echo.chunks == []


async def test_only_the_answer_of_a_commit_is_lost(linked: Linked) -> None:
    """The database gets the COMMIT, and a transaction that only reads keeps its answer."""
    reads, writes, commit = b"Q....BEGIN ISOLATION LEVEL\x00", b"Q....BEGIN\x00", b"Q....COMMIT\x00"
    with linked.link.losing_answers_of_commits():
        for sent in (reads, commit, writes):
            assert await linked.answer(sent) == sent
        assert await linked.answer(commit) == b""
    assert linked.echo.chunks == [reads, commit, writes, commit]
    assert linked.link.counts["commit answers"] == 1
