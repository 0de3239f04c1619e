"""A subscriber's stream by the library gql, as Python programs have it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

from tests.soak.transports import OPENED_WITHIN, Connection, Ended, Request

# It warns of each connection that a fault keeps from closing in time.
logging.getLogger("gql.transport").setLevel(logging.ERROR)


class ByGql(Connection):
    def __init__(self) -> None:
        self._results: AsyncGenerator[Any, None] | None = None
        self._client: Client | None = None
        self._transport: WebsocketsTransport | None = None

    async def open(self, request: Request) -> None:
        address = request.address.replace("http", "ws", 1) + "/graphql"
        init = {"Authorization": f"Bearer {request.token}"}
        self._transport = WebsocketsTransport(address, init_payload=init, close_timeout=1)
        self._client = Client(transport=self._transport)
        try:
            async with asyncio.timeout(OPENED_WITHIN):
                session = await self._client.connect_async(reconnecting=False)  # type: ignore[no-untyped-call]  # gql has no types for it
        except (OSError, TimeoutError, TransportError, WebSocketException) as failure:
            code = _close_code(failure)
            raise Ended("no answer" if code == "cut" else code) from None
        self._results = session.subscribe(GraphQLRequest(request.document, variable_values=request.variables))

    async def item(self) -> dict[str, Any]:
        assert self._results
        try:
            return dict(await anext(self._results))
        except TransportQueryError as refused:
            raise Ended((refused.errors or [{}])[0]["extensions"]["code"]) from None
        except StopAsyncIteration:
            raise Ended("complete") from None
        except (OSError, TransportError, WebSocketException) as failure:
            raise Ended(_close_code(failure)) from None

    def abort(self) -> None:
        wire = self._transport and getattr(self._transport.adapter, "websocket", None)
        if wire:
            wire.transport.abort()

    async def close(self) -> None:
        if self._client:
            await self._client.close_async()  # type: ignore[no-untyped-call]  # as above


def _close_code(failure: BaseException) -> str:
    received = getattr(failure, "rcvd", None) or getattr(failure.__cause__, "rcvd", None)
    return f"close {received.code}" if received else "cut"
