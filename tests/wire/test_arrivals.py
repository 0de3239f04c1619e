"""How many connections an address may open, all at once or each second."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server import arrivals
from server.addresses import networks_of
from server.arrivals import BURST_SECONDS, Arrivals
from server.places import Places
from tests.support.raw_http import raw, request
from tests.support.small_world import small_world
from tests.support.world import World

MANY = 1_000


class Connection:
    def evict(self) -> None:
        raise AssertionError


def test_an_address_opens_its_burst_and_then_so_many_each_second() -> None:
    now = 0.0
    counted = Arrivals(2, lambda: now)
    assert [counted.allow("a") for _ in range(2 * BURST_SECONDS + 1)] == [True] * 2 * BURST_SECONDS + [False]
    assert counted.allow("b")
    now = 0.5
    assert [counted.allow("a") for _ in range(2)] == [True, False]
    now = 1000
    assert [counted.allow("a") for _ in range(2 * BURST_SECONDS + 1)].count(True) == 2 * BURST_SECONDS


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ADDRESSES", 10)
    counted = Arrivals(1, lambda: 0)
    for number in range(50):
        counted.allow(str(number))
    assert [*counted._taken] == [str(number) for number in range(40, 50)]


def test_a_trusted_proxy_opens_as_many_as_it_likes_and_a_network_of_ipv6_is_one_address() -> None:
    places = Places(MANY, MANY, Arrivals(1, lambda: 0), networks_of(("192.0.2.0/24",)))
    assert {places.enter(Connection(), "192.0.2.1") for _ in range(5 * BURST_SECONDS)} == {None}
    refusals = [places.enter(Connection(), f"2001:db8::{number}") for number in range(1, BURST_SECONDS + 2)]
    assert refusals == [None] * BURST_SECONDS + ["One address may open 1 connections a second."]


@pytest.fixture
async def world(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with small_world(sqlite_template, tmp_path, address_connections_per_second=1) as world:
        yield world


async def test_one_connection_too_many_is_told_when_to_come_again(world: World) -> None:
    async with AsyncExitStack() as stack:
        answers = []
        for _ in range(2 * BURST_SECONDS):
            connection = await stack.enter_async_context(raw(world))
            connection.send(request())
            answers.append(await connection.answer())
    assert answers[0].status == 200
    refused = answers[-1]
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert refused.error() == {
        "message": "One address may open 1 connections a second.",
        "extensions": {"code": "TOO_MANY_CONNECTIONS", "retryAfterSeconds": 5},
    }
