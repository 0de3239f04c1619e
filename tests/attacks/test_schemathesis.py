"""Schemathesis calls every query and mutation of schema.graphql with inputs that it makes from the schema."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from schema.root import schema
from tests.support.attacked import Attacked
from tests.support.commands import ROOT

pytestmark = pytest.mark.second_tier

CHECKS = "tests.support.schemathesis_checks"
CASES = 8
"""How many inputs of each operation are tried at most."""


async def test_no_input_of_the_schema_fails_inside(server: Attacked, tmp_path: Path) -> None:
    world = server.world
    token = world.token("manager", world.settings.admin_scope, world.settings.media_server_scope)
    ran = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "schema/schema.graphql"), "--no-color",
        "--url", f"http://127.0.0.1:{world.port}/graphql", "--header", f"Authorization: Bearer {token}",
        "--checks", "nothing_failed_inside", "--phases", "fuzzing", "--max-examples", str(CASES), "--generation-deterministic",
        cwd=tmp_path, env={"SCHEMATHESIS_HOOKS": CHECKS, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told = (await ran.communicate())[0].decode()
    assert ran.returncode == 0, told
    query, mutation = schema._schema.query_type, schema._schema.mutation_type
    assert query
    assert mutation
    assert f"Tested: {len(query.fields) + len(mutation.fields)}" in told
    cases = re.search(r"(\d+) generated", told)
    assert cases
    assert int(cases[1]) > 300
    await server.stands()
