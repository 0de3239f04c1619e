"""A stream that begins after a stopping process has closed its sockets is ended with its last words too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from server.http_streams import Stream
from server.settings import Settings
from tests.support.raw_http import Raw, request
from tests.support.serving import serving

FAREWELL = b"event: complete\ndata:\n\n"


async def test_a_stream_that_begins_while_the_process_stops_is_said_farewell() -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b":\n\n"
        await asyncio.Event().wait()

    async def late(_: Request) -> Stream:
        entered.set()
        await go.wait()
        return Stream(endless(), ExitStack(), {"content-type": "text/event-stream"}, FAREWELL)

    async with serving(Starlette(routes=[Route("/", late)]), Settings(dev=True)) as port:
        client = Raw(*await asyncio.open_connection("127.0.0.1", port))
        client.send(request("/"))
        await entered.wait()
        asyncio.get_running_loop().call_later(0.1, go.set)
    assert FAREWELL in await client.rest()
    client.writer.close()
