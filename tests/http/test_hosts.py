"""Requests and handshakes under a foreign, doubled or missing Host, and redirects that are made of none."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import Headers
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from server.settings import Settings, variable
from server.sockets import Sockets
from tests.support.production import production
from tests.support.world import PATIENCE, World, open_world

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

OWN, FOREIGN = "api.example.org", "evil.example.net"
UPGRADE = [
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol: graphql-transport-ws",
]
PATHS = ["/", "/graphql", "/graphql/", "/ide/", "/ide/config.json", "/schema.graphql", "/nothing", f"//{FOREIGN}/"]


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with open_world(production(settings, allowed_hosts=(OWN, "127.0.0.1", "2001:db8::7"))) as world:
        yield world


async def sent(world: World, path: str, *headers: str, version: str = "1.1") -> tuple[int, str]:
    """Sends a GET with exactly these headers. Returns the status, and the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    try:
        head = "\r\n".join([f"GET {path} HTTP/{version}", *headers, "", ""])
        writer.write(head.encode("latin-1"))
        async with asyncio.timeout(PATIENCE):
            answer = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            answer += await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
    finally:
        writer.close()
    return int(answer.split(b" ", 2)[1]), answer.decode("latin-1")


ALLOWED = [OWN, f"{OWN}:8443", OWN.upper(), "127.0.0.1", "127.0.0.1:80", "[2001:db8::7]", "[2001:DB8::7]:443"]
STRANGE = [FOREIGN, f"{OWN}.{FOREIGN}", f"evil-{OWN}", f"{OWN}.", "localhost", "127.0.0.2", "[::1]", "example.org"]
BROKEN = ["", " ", ":80", f"{OWN}:x", f"{OWN}@{FOREIGN}", f"{FOREIGN}#{OWN}", f"{OWN}/{FOREIGN}", f"{OWN},{FOREIGN}", "[::1",
          f"{OWN} {FOREIGN}", "\xe4.example.org", "*", "a" * 5_000 + "!"]  # fmt: skip


@pytest.mark.parametrize("more", [[], UPGRADE], ids=["a request", "a handshake"])
async def test_only_allowed_hosts_are_answered(world: World, more: list[str]) -> None:
    for host in ALLOWED:
        status, _ = await sent(world, "/graphql", f"host: {host}", *more)
        assert status == (101 if more else 401), host
    for host in STRANGE:
        status, answer = await sent(world, "/graphql", f"host: {host}", *more)
        assert (status, variable("allowed_hosts") in answer) == (421, True), host
    for host in BROKEN:
        status, answer = await sent(world, "/graphql", f"host: {host}", *more)
        assert status == 400, host
        assert FOREIGN not in answer
    for headers in ([], [f"host: {OWN}", f"host: {FOREIGN}"], [f"Host: {OWN}", f"host: {OWN}"]):
        assert (await sent(world, "/graphql", *headers, *more))[0] == 400, headers


async def test_no_address_is_answered_under_a_foreign_host(world: World) -> None:
    for path in PATHS:
        for header in ("x-forwarded-host", "forwarded", "x-host"):
            status, answer = await sent(world, path, f"host: {FOREIGN}", f"{header}: {OWN}")
            assert (status, FOREIGN in answer) == (421, False), path


async def test_no_redirect_is_made_of_a_header(world: World) -> None:
    for path in (
        *PATHS,
        "/ide",
        "/healthz/",
        "/graphql//",
        "/graphql/?query={__typename}",
        "/ide/assets",
        f"/\\{FOREIGN}/",
    ):
        for header in ("x-forwarded-host", "forwarded", "x-original-url", "x-rewrite-url", "x-forwarded-prefix"):
            _, answer = await sent(world, path, f"host: {OWN}:1234", f"{header}: {FOREIGN}")
            places = [line for line in answer.splitlines() if line.lower().startswith("location:")]
            assert places in ([], ["location: /ide/"], ["location: /graphql"]), path
            assert OWN not in answer.partition("\r\n\r\n")[0]


async def test_the_address_with_a_slash_leads_to_the_one_without(world: World) -> None:
    answer = await world.http.post("/graphql/", json={"query": "{ viewer { name } }"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/graphql")
    followed = await world.http.post(
        "/graphql/",
        json={"query": "{ viewer { name } }"},
        headers=world.credentials("manager"),
        follow_redirects=True,
    )
    assert followed.json() == {"data": {"viewer": {"name": "Mara Manager"}}}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_are_answered_under_any_host_and_without(world: World, path: str) -> None:
    for headers in (["host: 10.1.2.3:8000"], [f"host: {FOREIGN}"], []):
        assert (await sent(world, path, *headers))[0] == 200
    assert (await sent(world, path, version="1.0"))[0] == 200


@pytest.mark.parametrize(
    ("changes", "allowed", "refused"),
    [
        ({}, ["127.0.0.1", "127.0.0.2", "[::1]", "localhost", "LocalHost:1"], [FOREIGN, "10.1.2.3", "a.localhost"]),
        ({"host": "0.0.0.0", "dev_outside_loopback": True}, ["10.1.2.3", "[fe80::1]", "localhost"], [FOREIGN]),  # noqa: S104  it is a setting
        ({"host": "Box.local", "dev_outside_loopback": True}, ["box.local:80", "127.0.0.1"], [FOREIGN, "10.1.2.3"]),
        ({"allowed_hosts": (OWN,)}, [OWN], [FOREIGN, "127.0.0.1"]),
        ({"allowed_hosts": ("*",)}, [OWN, FOREIGN, "127.0.0.1"], []),
    ],
)
async def test_in_development_mode_it_is_this_machine(
    settings: Settings, changes: dict[str, object], allowed: list[str], refused: list[str]
) -> None:
    async with open_world(settings.model_copy(update=changes)) as world:
        for host in allowed:
            assert (await sent(world, "/graphql", f"host: {host}"))[0] == 401, host
        for host in refused:
            assert (await sent(world, "/graphql", f"host: {host}"))[0] == 421, host


ORIGINS = {
    "http": {
        f"http://{OWN}": True,
        f"http://{OWN.upper()}": True,
        f"https://{OWN}": False,
        f"http://{OWN}:8000": False,
    },
    "https": {
        f"https://{OWN}": True,
        f"https://{OWN.upper()}": True,
        f"http://{OWN}": False,
        f"https://{OWN}:80": False,
    },
}


@pytest.mark.parametrize("scheme", ORIGINS)
async def test_an_own_origin_has_the_same_scheme_host_and_port(world: World, scheme: str) -> None:
    assert isinstance(world.process.settings, Settings)
    process = world.process
    sockets = Sockets(process.services, process.accounts, None, process.shares, frozenset(), 10)  # type: ignore[arg-type]  # nothing is persisted here
    for origin, allowed in ORIGINS[scheme].items():
        for host in (OWN, OWN.upper(), f"{OWN}:{443 if scheme == 'https' else 80}"):
            assert sockets._origin_allowed(Headers({"host": host, "origin": origin}), scheme) is allowed, (host, origin)
    strange = f"{scheme}://my_api:8000"
    assert sockets._origin_allowed(Headers({"host": "My_API:8000", "origin": strange}), scheme)
    assert not sockets._origin_allowed(Headers({"origin": strange}), scheme)
    twice = Headers(raw=[(b"host", OWN.encode()), *[(b"origin", f"{scheme}://{OWN}".encode())] * 2])
    assert not sockets._origin_allowed(twice, scheme)


async def test_a_page_of_another_scheme_may_not_connect(world: World) -> None:
    url = f"ws://127.0.0.1:{world.port}/graphql"
    offered = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=offered, origin=Origin(f"http://127.0.0.1:{world.port}"), proxy=None):
        pass
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, subprotocols=offered, origin=Origin(f"https://127.0.0.1:{world.port}"), proxy=None)
    assert refused.value.response.status_code == 403
