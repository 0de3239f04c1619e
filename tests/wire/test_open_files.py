"""A process with few open files, under connections that send nothing."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.settings import Settings
from tests.support.processes import ServerProcess, client_of
from tests.support.raw_http import handshake, raw, request
from tests.support.world import Client

FILES = 256
SILENT = 400


class FewFiles(ServerProcess):
    """A server that may open only `FILES` files."""

    def _command(self, folder: Path) -> list[str | Path]:
        return ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh", *super()._command(folder)]


@pytest.fixture(scope="module")
async def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    path = tmp_path_factory.mktemp("files") / "enfilade.db"
    shutil.copy(sqlite_template, path)
    with FewFiles(Settings(dev=True, database_url=f"sqlite:///{path}")) as server:
        async with client_of(server) as client:
            yield client


@pytest.mark.parametrize(
    "begun",
    [b"", request()[:-2], handshake()[:-2], handshake()],
    ids=["nothing", "half a head", "half an upgrade", "no init"],
)
async def test_silent_connections_lock_nobody_out(client: Client, begun: bytes) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SILENT):
            connection = await stack.enter_async_context(raw(client))
            connection.send(begun)
        assert (await client.query("manager", "{ viewer { id } }"))["viewer"]
        async with client.socket("manager") as socket:
            assert (await (await socket.subscribe("{ viewer { id } }")).message())["type"] == "next"
