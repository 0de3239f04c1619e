"""Streaming responses over HTTP."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from contextlib import ExitStack, aclosing
from contextvars import copy_context
from functools import lru_cache

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from server import logs
from server.leases import stop
from server.requests import Form
from server.stream_forms import STREAM_FORMS
from server.transports import STREAM
from subscriptions.delivery import Item


@lru_cache(maxsize=64)
def encoded(chosen: Form, item: Item) -> bytes:
    """Returns a finished item as a part of a stream of this form. Many subscribers get the same part."""
    return STREAM_FORMS[chosen].part(item.body, item.cursor)


class Stream(StreamingResponse):
    """A streaming response that closes its generator when the client has gone.

    The garbage collector would do it too late. Then it also gives back what the stream holds. If the process stops
    before, the client is sent the `farewell`.
    """

    def __init__(
        self,
        parts: AsyncIterable[str] | AsyncIterable[bytes],
        held: ExitStack,
        headers: Mapping[str, str],
        farewell: bytes = b"",
    ) -> None:
        super().__init__(parts, headers=headers)
        self._held = held
        self._farewell = farewell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await self._run(scope, receive, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[STREAM] = self._farewell
        context = copy_context()
        sending = asyncio.create_task(self.stream_response(send), context=context)
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The tasks are cancelled only once. Starlette would cancel again at each await, and so interrupt the
            # cleanup.
            await stop(sending, gone)
            logs.take_over(context)
        if not sending.cancelled():
            sending.result()

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]  # it is our own generator
            await super().stream_response(send)
