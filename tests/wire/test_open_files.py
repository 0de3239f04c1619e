"""A process of its own, with few open files, under connections that send nothing and clients that go away."""

import asyncio
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.run import ACCEPTED_AT_ONCE
from server.settings import Settings
from tests.support.frames import message
from tests.support.processes import ROOT, ServerProcess, client_of
from tests.support.raw_http import handshake, raw, request
from tests.support.world import Client

FILES = 256
SILENT = 400
FDS = Path("/proc/self/fd")


class FewFiles(ServerProcess):
    """A server that may open only `FILES` files."""

    def _command(self, folder: Path) -> list[str | Path]:
        return ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh", *super()._command(folder)]


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FewFiles]:
    path = tmp_path_factory.mktemp("files") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    with FewFiles(Settings(dev=True, database_url=f"sqlite:///{path}")) as server:
        yield server


@pytest.fixture(scope="module")
async def client(server: FewFiles) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        yield client


@pytest.mark.parametrize(
    "begun",
    [b"", request()[:-2], handshake()[:-2], handshake()],
    ids=["nothing", "half a head", "half an upgrade", "no init"],
)
async def test_silent_connections_lock_nobody_out(client: Client, begun: bytes) -> None:
    async with AsyncExitStack() as stack:
        connections = []
        for _ in range(SILENT):
            connections.append(await stack.enter_async_context(raw(client)))
            connections[-1].send(begun)
        if begun == handshake():
            # The requests of an address are served in their order, and a busy machine takes long for so many handshakes.
            for connection in connections:
                await connection.begun()
        assert (await client.query("manager", "{ viewer { id } }"))["viewer"]
        async with client.socket("manager") as socket:
            assert (await (await socket.subscribe("{ viewer { id } }")).message())["type"] == "next"


async def test_clients_that_go_away_in_the_middle_are_no_fault_of_ours(client: Client, server: FewFiles) -> None:
    """The process's own loop, uvloop, raises when a connection that was reset is written to."""
    query = b'{"query": "{ viewer { id } }"}'
    asked = request("/graphql", f"Authorization: {client.credentials('manager')['Authorization']}", body=query)
    init = message({"type": "connection_init", "payload": client.credentials("manager")})
    pings = message({"type": "ping"}) * 20
    for sent in (asked * 5, asked * 50, asked[:-1], asked[:-1] + b"x" * 9000, handshake() + init, init + pings):
        for _ in range(20):
            async with raw(client) as connection:
                if sent.startswith(init):
                    connection.send(handshake())
                    await connection.answer()
                connection.send(sent)
                await asyncio.sleep(0)
                connection.reset()
    assert (await client.query("manager", "{ viewer { id } }"))["viewer"]
    assert not [line for line in server.logged().splitlines() if '"ERROR"' in line or "traceback" in line]


def test_the_soft_limit_of_open_files_is_raised() -> None:
    code = "import resource, server.protocols as p; p.raise_open_files_limit(); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    command = ["sh", "-c", 'ulimit -S -n 200; ulimit -H -n 300; exec "$@"', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout == "300\n"


def test_a_process_says_that_it_may_open_few_files(server: FewFiles) -> None:
    assert "the limit of open files (ulimit -n) allows only" in server.logged()


@pytest.mark.skipif(not FDS.exists(), reason="Linux alone tells which files are the same socket")
def test_a_process_accepts_many_connections_in_a_turn_of_its_loop(server: FewFiles) -> None:
    """uvloop accepts one for each listener, so there are several listeners on the one socket."""
    assert server._process
    files = [each.readlink() for each in Path(f"/proc/{server._process.pid}/fd").iterdir()]
    assert Counter(files).most_common(1)[0][1] == ACCEPTED_AT_ONCE
