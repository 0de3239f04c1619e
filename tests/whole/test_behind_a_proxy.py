"""Two servers behind the proxies of deploy/: streams pass at once, and survive a rolling restart (rules 60 and 61)."""

import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from server.requests import Form
from server.settings import Settings
from tests.support.commands import ROOT
from tests.support.databases import Databases
from tests.support.event_streams import CHAT, STATUS, eventually, is_live, next_event, say, texts
from tests.support.http_streams import download, is_checkpoint
from tests.support.processes import ServerProcess, client_of
from tests.support.services import Server, Valkey
from tests.support.world import ENTER, Client

pytestmark = pytest.mark.second_tier


class Proxy(Server):
    """A proxy in front of these servers, with the file of deploy/."""

    tool: str

    def __init__(self, servers: list[ServerProcess]) -> None:
        super().__init__()
        self.servers = servers

    def _surroundings(self, folder: Path) -> dict[str, Any]:
        ports = " ".join(f"127.0.0.1:{server.port}" for server in self.servers)
        ours = {
            "SITE": f"http://127.0.0.1:{self.port}",
            "SERVERS": ports,
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
        }
        return {"cwd": folder, "env": ours}

    def _answers(self, folder: Path, pid: int) -> bool:
        answer = subprocess.run(
            ["curl", "--silent", "--fail", f"http://127.0.0.1:{self.port}/readyz"], capture_output=True, check=False
        )
        return answer.returncode == 0


class Caddy(Proxy):
    tool = "caddy"

    def _prepare(self, folder: Path) -> None:
        # The administration's port is the same for all, so it is off.
        (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + (ROOT / "deploy/Caddyfile").read_text())

    def _command(self, folder: Path) -> list[str | Path]:
        return ["caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"]


class Nginx(Proxy):
    tool = "nginx"

    def _prepare(self, folder: Path) -> None:
        text = (ROOT / "deploy/nginx.conf").read_text()
        for number, server in enumerate(self.servers, 8001):
            text = text.replace(f"127.0.0.1:{number}", f"127.0.0.1:{server.port}")
        text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port};")
        text = re.sub(r"^ +(listen \[::\]|ssl_certificate).*\n", "", text, flags=re.MULTILINE)
        places = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log stderr;\n"
            f"events {{}}\nhttp {{ access_log off; {places}\n{text}\n}}\n"
        )

    def _command(self, folder: Path) -> list[str | Path]:
        return ["nginx", "-p", folder, "-c", folder / "nginx.conf"]


@pytest.fixture(scope="module")
def servers(postgres: Databases, postgres_template: str) -> Iterator[list[ServerProcess]]:
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey())
        name = f"enfilade_{os.getpid()}_proxied"
        stack.callback(postgres.drop_database, name)
        url = postgres.create_database(name, postgres_template)
        settings = Settings(
            dev=True, database_url=url, redis_url=valkey.url, drain_seconds=3, stream_checkpoint_seconds=1, trusted_proxies=("127.0.0.1",),
            allowed_hosts=("127.0.0.1",)
        )  # fmt: skip
        yield [stack.enter_context(ServerProcess(settings)) for _ in range(2)]


@pytest.fixture(params=[Caddy, Nginx], ids=lambda each: each.tool)
def proxy(request: pytest.FixtureRequest, servers: list[ServerProcess]) -> Iterator[Proxy]:
    if which(request.param.tool, path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip(f"{request.param.tool} is not installed")
    with request.param(servers) as started:
        yield started


@asynccontextmanager
async def through(proxy: Proxy) -> AsyncIterator[Client]:
    """Yields a client that knows only the proxy."""
    async with client_of(proxy.servers[0]) as client:
        client.port = proxy.port
        client.http.base_url = f"http://127.0.0.1:{proxy.port}"
        yield client


async def test_events_pass_and_a_rolling_restart_loses_none(proxy: Proxy) -> None:
    async with through(proxy) as client:
        for who in ("moderator", "student-001"):
            await client.query(who, ENTER, room=client.room)
        async with client.socket("student-001") as socket:
            cursor = await is_live(await socket.subscribe(CHAT, room=client.room))
        for turn, server in enumerate(proxy.servers):
            server.ask_to_stop()
            await say(client, turn, turn)  # While the process goes, the other one is asked.
            cursor = await heard(client, cursor, [f"message {turn}"])
            server.restart()
        await say(client, 2, 3)
        await heard(client, cursor, ["message 2", "message 3"])


async def heard(client: Client, cursor: str, expected: list[str]) -> str:
    """Subscribes after the cursor, and hears exactly these texts. Returns the last cursor."""
    async with client.socket("student-001") as socket:
        stream = await socket.subscribe(CHAT, room=client.room, after=cursor)
        events = [await next_event(stream) for _ in expected]
        assert texts(events) == expected
        return str(events[-1]["cursor"])


async def test_server_sent_events_pass_at_once(proxy: Proxy) -> None:
    async with through(proxy) as client:
        await client.query("moderator", ENTER, room=client.room)
        async with download(client, Form.SSE, "moderator", CHAT, room=client.room) as told:
            assert is_checkpoint(await told.result())
            assert await say(client, 5, 5, "moderator") == ["message 5"]
            event = await told.event()
            assert event["message"]["text"] == "message 5"


async def test_a_stream_whose_client_leaves_ends_at_the_server(proxy: Proxy) -> None:
    """At once, and not when a write fails. Until then the client would be present, and hold a stream of their share."""
    name = f"Leaves{proxy.tool.capitalize()}"
    document = STATUS.replace("subscription", f"subscription {name}", 1)
    async with through(proxy) as client:
        async with download(client, Form.SSE, "student-001", document, room=client.room) as told:
            assert await told.event()
        await eventually(lambda: any(f'"operation":"{name}"' in server.logged() for server in proxy.servers))
