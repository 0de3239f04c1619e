"""Prevents browsers from guessing content types, so that an answer that repeats a title never becomes an HTML page."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class NoSniffing:
    """Adds `X-Content-Type-Options: nosniff` to every response (rule 20: text is never interpreted)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-content-type-options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)
