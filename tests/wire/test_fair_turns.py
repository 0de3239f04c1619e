"""Fair turns: addresses take turns, in each turn of the loop little is done, and nothing is lost or put in another order."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from server import fair_turns
from server.fair_turns import BUDGET_SECONDS, FairTurns
from server.http_protocol import PIECE, PIPELINED, Http
from tests.support.event_streams import eventually
from tests.support.frames import frames, message
from tests.support.raw_http import raw, request
from tests.support.small_world import small_world
from tests.support.world import PATIENCE, World

MUCH = BUDGET_SECONDS
VIEWER = b'{"query": "{ viewer { name } }"}'


class Noted:
    """Work that is noted when it runs, with the number of the loop's turn."""

    def __init__(self) -> None:
        self.turns = FairTurns()
        self.ran: list[str] = []
        self.loops: list[int] = []
        self._loop = 0

    def take(self, whose: str, name: str, seconds: float = 0.0) -> None:
        self.turns.take(whose, partial(self._note, name), seconds)

    def _note(self, name: str) -> None:
        self.ran.append(name)
        self.loops.append(self._loop)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.ran) < count:
                await asyncio.sleep(0)
                self._loop += 1


async def test_work_runs_at_once_while_there_is_time() -> None:
    noted = Noted()
    noted.take("a", "1")
    noted.take("b", "2", MUCH)
    noted.take("b", "3")
    assert noted.ran == ["1", "2"]
    await noted.until(3)


async def test_addresses_take_turns_and_each_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_turns, "BUDGET_SECONDS", 0)
    noted = Noted()
    for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
        noted.take(name[0], name)
    assert noted.ran == []
    monkeypatch.setattr(fair_turns, "BUDGET_SECONDS", MUCH)
    noted.turns._schedule()
    await noted.until(6)
    assert noted.ran == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert (noted.turns._queues, [*noted.turns._order]) == ({}, [])


async def test_in_one_turn_of_the_loop_only_little_is_done() -> None:
    noted = Noted()
    for number in range(5):
        noted.take(str(number), str(number), MUCH)
    assert noted.ran == ["0"]
    await noted.until(5)
    assert len(set(noted.loops[1:])) == 4


async def test_a_part_of_work_runs_with_it_and_work_that_fails_stops_nothing() -> None:
    noted = Noted()

    def fails() -> None:
        noted.take("a", "part", MUCH)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        noted.turns.take("a", fails)
    noted.take("a", "later")
    assert noted.ran == ["part"]
    await noted.until(2)


@pytest.fixture(scope="module")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with small_world(sqlite_template, tmp_path_factory.mktemp("turns"), receive_seconds=PATIENCE) as world:
        yield world


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop does one piece of work in each of its turns."""
    run = FairTurns._run
    monkeypatch.setattr(FairTurns, "_run", lambda turns, work, _: run(turns, work, MUCH))


def authorized(world: World, body: bytes = VIEWER) -> bytes:
    return request("/graphql", f"Authorization: {world.credentials('manager')['Authorization']}", body=body)


async def test_a_body_in_many_pieces_is_whole(world: World, slow: None) -> None:
    body = json.dumps({"query": "query ($x: String) { viewer { name } }", "variables": {"x": "x" * 300_000}}).encode()

    async def ask() -> int:
        async with raw(world) as connection:
            for sent in (authorized(world, body), authorized(world)):
                connection.send(sent)
                status = (await connection.answer()).status
            return status

    assert await asyncio.gather(*(ask() for _ in range(10))) == [200] * 10


async def test_pipelined_requests_and_sockets_begin_in_turn(world: World, slow: None) -> None:
    async with raw(world) as connection:
        connection.send(authorized(world) * PIPELINED)
        for _ in range(PIPELINED):
            assert b"Mara" in (await connection.answer()).body
    asked = {"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { name } }"}}
    async with frames(world, "manager") as one, frames(world, "manager") as other:
        for socket in (one, other):
            socket.send(message(asked))
        assert all([b"Mara" in (await socket.receive())[1] for socket in (one, other)])


async def test_little_is_taken_from_a_connection_that_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is in the kernel, and not in the process's memory."""
    waiting: list[Http] = []
    monkeypatch.setattr(FairTurns, "take", lambda *given: waiting.append(given[2].__self__))
    async with raw(world) as connection:
        connection.send(b"x" * 1_000_000)
        await eventually(lambda: bool(waiting))
        (protocol,) = waiting
        assert not protocol.transport.is_reading()
        assert sum(map(len, protocol._held)) <= PIECE
