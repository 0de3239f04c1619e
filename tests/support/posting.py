"""POST requests to one server, over connections that are kept. HTTPX takes five times the CPU time for a request, and
tests send very many. What a test is about HTTP itself uses HTTPX.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import httptools
import httpx

KEPT_SECONDS = 1  # The server closes connections that were idle for 5 seconds, so they are not used again after this.


class Posts:
    """A client that posts JSON to one path, and reads JSON. It raises the same exceptions as HTTPX."""

    def __init__(self, port: int, path: str, patience: float) -> None:
        self.port, self.path, self.patience = port, path, patience
        self._free: list[_Connection] = []

    async def post(self, body: object, headers: Mapping[str, str]) -> Any:
        """Sends the body. Returns the body of the answer."""
        connection = self._kept() or await self._opened()
        try:
            async with asyncio.timeout(self.patience):
                answer = await connection.exchange(
                    self._request(json.dumps(body, ensure_ascii=False).encode(), headers)
                )
        except BaseException as failure:
            connection.close()
            if isinstance(failure, TimeoutError):
                raise httpx.ReadTimeout(f"No answer within {self.patience} s.") from None
            raise
        self._free.append(connection)
        return json.loads(answer)

    def close(self) -> None:
        for connection in self._free:
            connection.close()
        self._free.clear()

    def _kept(self) -> "_Connection | None":
        while self._free:
            connection = self._free.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def _opened(self) -> "_Connection":
        try:
            _, connection = await asyncio.get_running_loop().create_connection(_Connection, "127.0.0.1", self.port)
        except OSError as failure:
            raise httpx.ConnectError(str(failure)) from failure
        return connection

    def _request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"host: 127.0.0.1:{self.port}",
            "accept: */*",
            "content-type: application/json",
            f"content-length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection(asyncio.Protocol):
    """A connection, on which one request at a time is answered."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._is_open = True

    async def exchange(self, request: bytes) -> bytes:
        self._parser, self._body = httptools.HttpResponseParser(self), b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def is_usable(self) -> bool:
        return self._is_open and time.monotonic() - self._used < KEPT_SECONDS

    def close(self) -> None:
        self._transport.abort()

    # What asyncio calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(httpx.RemoteProtocolError(f"The server closed the connection: {exc}"))

    # What the parser calls:

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._answer
        self._used, self._is_open = time.monotonic(), self._parser.should_keep_alive()
        if not self._answer.done():
            self._answer.set_result(self._body)
