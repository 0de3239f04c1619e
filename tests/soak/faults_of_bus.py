"""Faults of Valkey: killed, stopped, flushed, with its clients' connections ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil  # type: ignore[import-untyped]  # psutil ships no types
from redis.asyncio import Redis

from tests.soak.faults import Kind
from tests.soak.servers import Site

KEPT = "soak"  # a key that is there until the broker is flushed


async def kill(site: Site, _target: str, seconds: float) -> int:
    assert site.valkey
    before = await _run_id(site)
    await asyncio.to_thread(site.valkey.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(site.valkey.start)
    return int(await _run_id(site) != before)


async def stop(site: Site, _target: str, seconds: float) -> int:
    assert site.valkey
    site.valkey.pause()
    try:
        await asyncio.sleep(seconds)
        return int(psutil.Process(site.valkey.pid).status() == psutil.STATUS_STOPPED)
    finally:
        site.valkey.resume()


async def flush(site: Site, _target: str, seconds: float) -> int:
    async with _broker(site) as broker:
        await broker.set(KEPT, 1)
        await broker.flushall()
        return int(await broker.get(KEPT) is None)


async def end_clients(site: Site, _target: str, seconds: float) -> int:
    """Ends the connections of all clients, twice."""
    ended = 0
    async with _broker(site) as broker:
        for _ in range(2):
            for kind in ("pubsub", "normal"):
                ended += int(await broker.client_kill_filter(_type=kind, skipme=True))
            await asyncio.sleep(seconds / 2)
    return ended


async def _run_id(site: Site) -> str:
    async with _broker(site) as broker:
        return str((await broker.info("server"))["run_id"])


@asynccontextmanager
async def _broker(site: Site) -> AsyncIterator[Redis]:
    assert site.valkey
    broker = Redis.from_url(site.valkey.url)
    try:
        yield broker
    finally:
        await broker.aclose()


REMOTE = ("postgresql",)
KINDS = [
    Kind("Valkey killed", "bus", ("Valkey",), kill, profiles=REMOTE),
    Kind("Valkey stopped", "bus", ("Valkey",), stop, (1, 4), REMOTE),
    Kind("Valkey flushed", "bus", ("Valkey",), flush, (0, 0), REMOTE),
    Kind("Valkey's clients ended", "bus", ("Valkey",), end_clients, profiles=REMOTE),
]
