"""What programs of examples/clients/ are tested with: their servers, and their types, which are generated."""

import fcntl
import subprocess
from collections.abc import AsyncIterator

import pytest

from tests.support.client_site import Site, client_site
from tests.support.databases import Databases
from tests.support.processes import ROOT
from tests.support.programs import CLIENTS


@pytest.fixture(scope="package")
async def site(postgres: Databases, postgres_template: str, redis_url: str) -> AsyncIterator[Site]:
    """Two servers on a database that the tests of clients share."""
    async with client_site(postgres, postgres_template, redis_url) as site:
        yield site


@pytest.fixture(scope="package")
def generated() -> None:
    """Generates the types of the operations, unless they are newer than the schema and all programs."""
    made = CLIENTS / "generated" / "graphql.ts"
    programs = [path for path in CLIENTS.glob("*/*.ts") if path.parent.name not in {"generated", "node_modules"}]
    sources = [ROOT / "schema" / "schema.graphql", *CLIENTS.glob("*.ts"), *programs]
    with (CLIENTS / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # processes of pytest-xdist share the folder
        if not made.exists() or made.stat().st_mtime < max(path.stat().st_mtime for path in sources):
            subprocess.run(["npm", "run", "--silent", "codegen"], cwd=CLIENTS, check=True, stdout=subprocess.DEVNULL)
