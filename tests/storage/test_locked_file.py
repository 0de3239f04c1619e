"""A tool that holds the write lock of SQLite's file: mutations are refused in time, and reads go on."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from server.settings import Settings
from tests.support.admin_mutations import ADMIN
from tests.support.world import PATIENCE, World, open_world

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

LOCK_SECONDS = 0.2
MAKE = 'createGroup(input: {{name: "{name}"}}) {{ userErrors {{ code retryAfterSeconds }} }}'
UNAVAILABLE = {"userErrors": [{"code": "UNAVAILABLE", "retryAfterSeconds": 2}]}


@contextmanager
def locked(settings: Settings, how: str) -> Iterator[None]:
    path = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield


def patient(settings: Settings) -> Settings:
    """Returns settings with a short wait for locks, and operations that may take fifteen times as long."""
    return settings.model_copy(update={"database_lock_seconds": LOCK_SECONDS, "operation_seconds": 15 * LOCK_SECONDS})


def mutation(*names: str) -> str:
    return "mutation { " + " ".join(f"a{n}: {MAKE.format(name=name)}" for n, name in enumerate(names)) + " }"


async def make(world: World, *names: str) -> list[Any]:
    return [*(await world.query("admin", mutation(*names), ADMIN)).values()]


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
async def test_all_who_wait_are_refused_in_time_and_reads_go_on(settings: Settings, how: str) -> None:
    async with open_world(patient(settings)) as world:
        await make(world, "before")
        with locked(settings, how):
            async with asyncio.timeout(PATIENCE), world.socket("admin", world.token("admin", ADMIN)) as socket:
                streams = [await socket.subscribe(mutation(f"socket {number}")) for number in range(40)]
                waiting = [asyncio.create_task(make(world, f"http {number}")) for number in range(40)]
                for _ in range(20):
                    assert await world.query("manager", "{ viewer { name } }")
                assert [await stream.next() for stream in streams] == [UNAVAILABLE] * 40
                assert await asyncio.gather(*waiting) == [[UNAVAILABLE]] * 40
        assert await make(world, "after") == [{"userErrors": []}]


async def test_of_many_mutations_in_one_operation_only_the_first_waits(settings: Settings) -> None:
    """Without that, each would wait as long as the first, until the operation ends with TIMEOUT."""
    async with open_world(patient(settings)) as world:
        await make(world, "before")
        names = [f"name {number}" for number in range(20)]
        with locked(settings, "IMMEDIATE"):
            assert await make(world, *names) == [UNAVAILABLE] * 20
        assert await make(world, *names) == [{"userErrors": []}] * 20


async def test_a_newcomer_is_told_to_try_again(settings: Settings) -> None:
    """The first token of a user makes a row."""
    async with open_world(patient(settings)) as world:
        with locked(settings, "IMMEDIATE"):
            headers = {"authorization": f"Bearer {world.token('newcomer')}"}
            answer = await world.http.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert await world.query("newcomer", "{ viewer { name } }")
