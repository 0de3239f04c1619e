"""A client that resets its connection leaves no deadline behind, which would cut what is closed."""

import asyncio
from typing import Any

import httpx
import uvloop
from starlette.applications import Starlette

from server.settings import Settings
from tests.support.raw_http import Raw
from tests.support.serving import serving

KEEP_ALIVE, STALL = 0.05, 0.05  # seconds


def test_nothing_is_cut_after_a_client_has_reset_its_connection() -> None:
    assert uvloop.run(errors_after_a_reset()) == []


async def errors_after_a_reset() -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    settings = Settings(dev=True, stream_stall_seconds=STALL)
    async with serving(Starlette(), settings, keep_alive_seconds=KEEP_ALIVE) as port:
        client = Raw(*await asyncio.open_connection("127.0.0.1", port))
        client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.answer()).status == httpx.codes.NOT_FOUND
        client.reset()
        await asyncio.sleep(3 * (KEEP_ALIVE + STALL))
    return errors
