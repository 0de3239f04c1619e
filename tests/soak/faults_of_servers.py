"""Faults of the server processes: killed, told to stop, stopped, with a wrong clock, of another version."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import psutil  # type: ignore[import-untyped]  # psutil ships no types

from tests.soak.faults import Kind, looked
from tests.soak.server_process import REAL_TIME, SoakServer
from tests.soak.servers import Site
from tests.support.processes import ROOT

BOTH = "both"
PATIENCE = 30  # seconds for a server to end after SIGTERM
WRONG_BY = 20  # seconds; the clock jumps by twice as many


async def kill(site: Site, target: str, seconds: float) -> int:
    servers = chosen(site, target)
    before = [server.pid for server in servers]
    await together(server.kill for server in servers)
    await asyncio.sleep(seconds)
    await together(server.start for server in servers)
    return sum(server.pid != pid for server, pid in zip(servers, before, strict=True))


async def roll(site: Site, _target: str, seconds: float) -> int:
    """Tells one server after the other to stop, as a rolling restart does."""
    ended = 0
    for server in site.processes.values():
        ended += await _tell_to_stop([server])
        await asyncio.to_thread(server.start)
        await asyncio.sleep(seconds / 2)
    return ended


async def terminate(site: Site, target: str, seconds: float) -> int:
    servers = chosen(site, target)
    ended = await _tell_to_stop(servers)
    await asyncio.sleep(seconds / 2)
    await together(server.start for server in servers)
    return ended


async def _tell_to_stop(servers: list[SoakServer]) -> int:
    """Returns how many have ended by themselves."""
    for server in servers:
        server.ask_to_stop()
    codes = await asyncio.gather(*(asyncio.to_thread(server.end_after_sigterm, PATIENCE) for server in servers))
    return sum(code == 0 for code in codes)


async def stop(site: Site, target: str, seconds: float) -> int:
    servers = chosen(site, target)
    for server in servers:
        server.pause()
    try:
        await asyncio.sleep(seconds)
        return sum(psutil.Process(server.pid).status() == psutil.STATUS_STOPPED for server in servers)
    finally:
        for server in servers:
            server.resume()


async def jump(site: Site, target: str, seconds: float) -> int:
    """Moves the wall clock of one server by the target, such as `+40`, and back."""
    name, server = list(site.processes.items())[-1]
    server.set_clock(target)
    try:
        return await looked(lambda: _is_wrong(site.direct[name]), seconds)
    finally:
        server.set_clock(REAL_TIME)


async def _is_wrong(address: str) -> int:
    """Returns 1 if the server's Date is far from ours."""
    try:
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=2) as http:  # noqa: S501  there is no TLS
            date = parsedate_to_datetime((await http.get(f"{address}/healthz")).headers["date"])
    except httpx.HTTPError:
        return 0
    return int(abs((date - datetime.now(UTC)).total_seconds()) > WRONG_BY)


async def upgrade(site: Site, _target: str, seconds: float) -> int:
    """Migrates the database under servers of the older version, which then stop one after the other."""
    await site.migrate()
    await asyncio.sleep(seconds)
    ended = 0
    for server in site.processes.values():
        ended += await _tell_to_stop([server])
        server.root = ROOT
        await asyncio.to_thread(server.start)
        await asyncio.sleep(seconds)
    site.older = None
    return ended


def chosen(site: Site, target: str) -> list[SoakServer]:
    return list(site.processes.values()) if target == BOTH else [site.of(target)]


async def together(actions: Iterable[Callable[[], object]]) -> None:
    """Runs blocking actions at the same time."""
    await asyncio.gather(*(asyncio.to_thread(action) for action in actions))


ONE, REMOTE, RESTART = ("a", "b"), ("postgresql",), 2.5
KINDS = [
    Kind("server killed", "servers", ONE, kill, takes=RESTART),
    Kind("both servers killed", "servers", (BOTH,), kill, profiles=REMOTE, takes=RESTART),
    Kind("rolling restart", "servers", (BOTH,), roll, takes=2 * RESTART),
    Kind("servers told to stop", "servers", (BOTH,), terminate, takes=RESTART),
    Kind("server stopped", "servers", ONE, stop, (1, 4)),
    Kind("clock ahead", "servers", ("+40",), jump, (1.5, 3)),
    Kind("clock behind", "servers", ("-40",), jump, (1.5, 3)),
]
UPGRADE = Kind(
    "old and new version", "servers", (BOTH,), upgrade, (1, 2), takes=10, is_alone=True, is_once=True, is_first=True
)
