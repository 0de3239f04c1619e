"""Streams over plain HTTP, read as the two standards for them say: server-sent events, and multipart."""

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
    """A response that goes on, cut into its parts as the standards say."""

    form: Form
    response: httpx.Response
    raw: str = ""
    _parts: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        separator = "\n\n" if self.form is Form.SSE else "\r\n--graphql"
        rest = ""
        async for text in self.response.aiter_text():
            self.raw += text
            *complete, rest = (rest + text).split(separator)
            for part in complete:
                self._parts.put_nowait(part)
        self._parts.put_nowait(rest)

    async def end(self) -> None:
        """Wait for the end of the response. Raises httpx.RemoteProtocolError where it is cut short."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(self._reading)

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def part(self) -> str:
        """The next part as it came, or what was left over at the end."""
        async with asyncio.timeout(PATIENCE):
            return await self._parts.get()

    async def result(self) -> dict[str, Any] | None:
        """The next response object; None where the stream says that it is complete."""
        while self._is_heartbeat(part := await self.part()):
            pass
        if self.form is Form.SSE:
            kind, data = part.split("\n")
            assert kind in ("event: next", "event: complete")
            if kind == "event: complete":
                assert data == "data: "
                return None
            return dict(json.loads(data.removeprefix("data: ")))
        if part == "--\r\n":
            return None
        head, _, body = part.removeprefix("--graphql").strip().partition("\r\n\r\n")
        assert f"Content-Length: {len(body.encode())}" in head
        return dict(json.loads(body)["payload"])

    async def event(self) -> Event:
        """The next event that is no checkpoint."""
        async with asyncio.timeout(PATIENCE):
            while is_checkpoint(result := await self.result()):
                pass
        assert result is not None
        (event,) = result["data"].values()
        return dict(event)

    async def ending(self) -> str:
        """The code that the stream ends with. Nothing comes after it."""
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
        return (part.endswith(HEARTBEATS[self.form]) and "payload" not in part) or part == ""


def is_checkpoint(result: dict[str, Any] | None) -> bool:
    """Whether it tells of nothing but a place in the log."""
    data = (result or {}).get("data") or {}
    return any(event.get("__typename") == "Checkpoint" for event in data.values())


@asynccontextmanager
async def download(client: Client, form: Form, who: str, document: str, **variables: Any) -> AsyncIterator[Download]:
    """A stream over HTTP, opened as `who`."""
    headers = {"authorization": f"Bearer {client.token(who)}", "accept": ACCEPT[form]}
    body = {"query": document, "variables": {"room": client.room, **variables}}
    async with client.http.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.status_code == 200
        opened = Download(form, response)
        try:
            yield opened
        finally:
            await opened.close()
