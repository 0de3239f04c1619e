"""Streams over HTTP: server-sent events and multipart."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from contextlib import ExitStack, aclosing
from functools import lru_cache

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import HTTPStreamTransport, MultipartSubscriptionTransport, SSETransport

from server.leases import stop
from server.requests import Form
from server.transports import STREAM

HEARTBEAT_SECONDS = 12


class LineFeedSSE(SSETransport):
    """Strawberry separates events with CRLF, which urql cannot split. The standard allows both CRLF and LF."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")


TRANSPORTS: dict[Form, HTTPStreamTransport] = {
    Form.SSE: LineFeedSSE(HEARTBEAT_SECONDS),
    Form.MULTIPART: MultipartSubscriptionTransport(),
}


def as_text(value: object) -> str:
    """Returns the value in JSON."""
    return orjson.dumps(value).decode()


@lru_cache(maxsize=64)
def encoded(chosen: Form, response: bytes) -> bytes:
    """Returns a response in JSON as a part of a stream of this form. Many subscribers get the same part."""
    return TRANSPORTS[chosen].encode_next(orjson.Fragment(response), as_text).encode()  # type: ignore[arg-type]  # it is passed on to as_text


class Stream(StreamingResponse):
    """A streaming response that closes its generator when the client has gone.

    The garbage collector would do it too late. Then it also gives back what the stream holds.
    """

    def __init__(
        self, parts: AsyncIterable[str] | AsyncIterable[bytes], held: ExitStack, headers: Mapping[str, str]
    ) -> None:
        super().__init__(parts, headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await self._run(scope, receive, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[STREAM] = True
        sending = asyncio.create_task(self.stream_response(send))
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The tasks are cancelled only once. Starlette would cancel again at each await, and so interrupt the
            # cleanup.
            await stop(sending, gone)
        if not sending.cancelled():
            sending.result()

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]  # it is our own generator
            await super().stream_response(send)
