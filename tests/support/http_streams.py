"""Subscriptions over plain HTTP, read as their standards say: server-sent events, and multipart."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from server.requests import Form
from tests.support.event_streams import Event
from tests.support.world import PATIENCE, Client

ACCEPT = {
    Form.SSE: "text/event-stream",
    Form.MULTIPART: "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
}
LAST_WORDS = {Form.SSE: "event: complete\ndata: \n\n", Form.MULTIPART: "--graphql--\r\n"}
HEARTBEATS = {Form.SSE: ": ping", Form.MULTIPART: "{}"}


@dataclass
class Download:
    """A streaming response, split into its parts."""

    form: Form
    response: httpx.Response
    raw: str = ""
    last_id: str | None = None
    """The `id` of the last server-sent event."""
    _parts: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        separator = "\n\n" if self.form is Form.SSE else "\r\n--graphql"
        rest = ""
        async for text in self.response.aiter_text():
            self.raw += text
            *complete, rest = (rest + text).split(separator)
            for part in filter(None, complete):  # A multipart body begins with a delimiter.
                self._parts.put_nowait(part)
        self._parts.put_nowait(rest)

    async def end(self) -> None:
        """Waits until the response ends. Raises httpx.RemoteProtocolError if it is cut off."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self._reading)

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def part(self) -> str:
        """Returns the next part as it was received, or the remainder at the end."""
        async with asyncio.timeout(PATIENCE):
            return await self._parts.get()

    async def result(self) -> dict[str, Any] | None:
        """Returns the next response object; None if the stream says that it is complete."""
        while self._is_heartbeat(part := await self.part()):
            pass
        if self.form is Form.SSE:
            *place, kind, data = part.split("\n")
            assert kind in ("event: next", "event: complete")
            self.last_id = place[0].removeprefix("id: ") if place else None
            if kind == "event: complete":
                assert data == "data: "
                return None
            return dict(json.loads(data.removeprefix("data: ")))
        if part == "--\r\n":
            return None
        head, _, body = part.strip().partition("\r\n\r\n")
        assert head == "content-type: application/json"  # Apollo iOS compares it so
        message = json.loads(body)
        return dict(message["payload"] or message)

    async def event(self) -> Event:
        """Returns the next event that is not a checkpoint."""
        async with asyncio.timeout(PATIENCE):
            while is_checkpoint(result := await self.result()):
                pass
        assert result is not None
        (event,) = result["data"].values()
        return dict(event)

    async def ending(self) -> str:
        """Returns the error code that the stream ends with, and checks that nothing follows."""
        async with asyncio.timeout(PATIENCE):
            while is_checkpoint(result := await self.result()):
                pass
        assert result is not None
        assert await self.result() is None
        await self.end()
        assert self.raw.endswith(LAST_WORDS[self.form])
        (error,) = result["errors"]
        return str(error["extensions"]["code"])

    def _is_heartbeat(self, part: str) -> bool:
        begins = part.startswith("retry: ") or part == ""
        return (part.endswith(HEARTBEATS[self.form]) and "payload" not in part) or begins


def is_checkpoint(result: dict[str, Any] | None) -> bool:
    """Returns whether the result is a checkpoint."""
    data = (result or {}).get("data") or {}
    return any(event.get("__typename") == "Checkpoint" for event in data.values())


@asynccontextmanager
async def download(client: Client, form: Form, who: str, document: str, **variables: Any) -> AsyncIterator[Download]:
    """Opens a subscription over HTTP as `who`."""
    headers = {"authorization": f"Bearer {client.token(who)}", "accept": ACCEPT[form]}
    body = {"query": document, "variables": {"room": client.room, **variables}}
    async with client.http.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.status_code == 200
        opened = Download(form, response)
        try:
            yield opened
        finally:
            await opened.close()
