"""Memory of documents: all that is kept with them counts, also their plans, whatever is sent."""

import gc
import shutil
import tracemalloc
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest

from schema.context import Context
from schema.execution.compiling import _remembered
from schema.execution.documents import DOCUMENTS, MEBIBYTE
from schema.root import schema
from server.settings import Settings
from tests.support.processes import ServerProcess, client_of
from tests.support.world import World

SKIPPED = [f"s{number}" for number in range(3)]
RELATIONS = " ".join(f"a{n}: groups {{ id name }}" for n in range(60))
EXECUTED = {
    "few fields": "{{ {}: viewer {{ id name groups {{ id }} }} }}",
    "aliases": "{{ {}: viewer {{ " + " ".join(f"a{n}: name" for n in range(190)) + " }} }}",
    "relations": "{{ {}: viewer {{ " + RELATIONS.replace("{", "{{").replace("}", "}}") + " }} }}",
    "a fragment": "{{ {}: viewer {{ ...F }} }} fragment F on User {{ " + RELATIONS.replace("{", "{{").replace("}", "}}") + " }}",
    "the same fields": "{{ {}: viewer {{ " + "groups {{ id }} " * 380 + " }} }}",
    "plans for each of the variables": "query ("
    + " ".join(f"${name}: Boolean!" for name in SKIPPED)
    + ") {{ {}: viewer {{ "
    + " ".join(f"a{n}: groups @skip(if: ${SKIPPED[n % 3]}) {{{{ id name }}}}" for n in range(30))
    + " }} }}",
}  # fmt: skip
MANY = 500
ALIASES = 640
LIMIT = 16
"""The mebibytes of documents that the process keeps in the long test."""


@pytest.fixture
async def context(lasting_world: World) -> AsyncIterator[Context]:
    viewer = (await lasting_world.process.accounts.of_token(lasting_world.token("student-001"))).viewer
    max_bytes, DOCUMENTS.max_bytes = DOCUMENTS.max_bytes, 100 * MEBIBYTE
    yield Context(lasting_world.process.services, viewer)
    DOCUMENTS.max_bytes = max_bytes


@pytest.mark.parametrize("kind", EXECUTED)
async def test_what_is_executed_takes_no_more_memory_than_is_counted(context: Context, kind: str) -> None:
    given: list[dict[str, Any]] = [{}]
    if "$" in EXECUTED[kind]:
        given = [dict(zip(SKIPPED, values, strict=True)) for values in product([True, False], repeat=len(SKIPPED))]

    async def execute(name: str) -> None:
        for variables in given:
            result = await schema.execute(EXECUTED[kind].format(name), variable_values=variables, context_value=context)
            assert not result.errors

    async def memory(times: int) -> int:
        DOCUMENTS.clear()
        _remembered.cache_clear()
        gc.collect()
        tracemalloc.start()
        try:
            for number in range(times):
                await execute(f"n{number}")
            _remembered.cache_clear()  # It is bounded on its own.
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    times = 40 if len(EXECUTED[kind]) < 100 else 3
    await execute("first")  # Whatever is loaded only once is there then.
    # Once in a while Python copies its table of interned strings, which has megabytes after thousands of tests. That
    # does not happen twice in a row.
    taken = await memory(times)
    if taken > DOCUMENTS.bytes:
        taken = await memory(times)
    assert len(DOCUMENTS) == times
    assert taken <= DOCUMENTS.bytes


def aliases(number: int) -> str:
    return "{ viewer { " + " ".join(f"n{number}_{n}: id" for n in range(ALIASES)) + " } }"


@pytest.mark.second_tier
@pytest.mark.parametrize("allowed", [False, True])
async def test_hundreds_of_documents_of_many_aliases_leave_the_process_small(
    sqlite_template: Path, tmp_path: Path, allowed: bool
) -> None:
    path = shutil.copy(sqlite_template, tmp_path / "enfilade.db")
    settings = Settings(
        dev=True,
        database_url=f"sqlite:///{path}",
        document_aliases=ALIASES if allowed else 200,
        document_characters_per_minute=10**9,
        document_cache_mebibytes=LIMIT,
    )
    with ServerProcess(settings) as process:
        async with client_of(process) as client:
            grown, before = 0, _resident(process)
            for number in range(MANY):
                answer = await client.ask("student-001", aliases(number))
                assert ("errors" in answer) != allowed
                grown = max(grown, _resident(process) - before)
    assert grown < (4 * LIMIT if allowed else LIMIT) * MEBIBYTE


def _resident(process: ServerProcess) -> int:
    assert process._process
    return int(psutil.Process(process._process.pid).memory_info().rss)
