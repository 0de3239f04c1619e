"""One WebSocket as messages in JSON."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Self

import orjson
from starlette.types import Receive, Send
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

LONGEST_REASON = 123
"""How many bytes the reason in a close frame may have (RFC 6455, 5.5)."""


class Wire(AsyncWebSocketAdapter):
    """JSON messages over one socket. It is an async iterator of what the client sends, and ends when the socket does.

    It speaks ASGI itself. Starlette's WebSocket would put two more frames under each socket that waits.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._open = True

    async def accept(self, subprotocol: str | None) -> None:
        await self._receive()  # the message websocket.connect
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def refuse(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        """Answers the handshake with this status and body."""
        await self._receive()  # the message websocket.connect
        all_headers = {"content-type": "application/json; charset=utf-8", **headers}
        encoded = [(name.encode(), value.encode()) for name, value in all_headers.items()]
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": encoded})
        await self._send({"type": "websocket.http.response.body", "body": orjson.dumps(body)})
        # uvicorn announces the end at once, and again when the connection is closed. If this returned before, uvicorn
        # would log an error.
        for _ in range(2):
            await self._receive()

    def iter_json(self, *, ignore_parsing_errors: bool = False) -> Self:  # type: ignore[override]  # Strawberry only iterates
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        message = await self._receive() if self._open else {"type": "websocket.disconnect"}
        if message["type"] == "websocket.disconnect":
            self._open = False
            raise StopAsyncIteration
        if "text" not in message:
            raise NonTextMessageReceived
        try:
            return orjson.loads(message["text"])
        except orjson.JSONDecodeError:
            raise NonJsonMessageReceived from None

    async def send_json(self, message: Mapping[str, object]) -> None:
        if not self._open:
            raise WebSocketDisconnected
        try:
            await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
        except OSError:  # The server raises it after the client has gone.
            self._open = False
            raise WebSocketDisconnected from None

    async def close(self, code: int, reason: str) -> None:
        if self._open:
            self._open = False
            with suppress(OSError):  # The client has gone.
                await self._send({"type": "websocket.close", "code": code, "reason": fitting(reason)})


def fitting(reason: str) -> str:
    """Returns as much of the reason as a close frame can hold. Reasons may quote the client."""
    return reason.encode()[:LONGEST_REASON].decode(errors="ignore")
