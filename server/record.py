"""GET /sessions/{id}/record: a session's whole record as JSON Lines, with one event per line, in the log's order.

The response is made page by page from the field `sessionRecord`. So only one page is in memory, the content is that of
the field, and access and token are checked again for each page.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from schema.context import Context
from schema.root import schema
from server.accounts import Account
from server.answers import formatted, unauthenticated
from server.exports import STATUS, Export, absent, headers_of, refusal
from server.http_streams import Stream

MEDIA_TYPE = "application/jsonl"
TOTAL = "x-total-count"
"""The header with how many events the record had when its first page was read, for those who show progress."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BEGINS_A_FORMULA = re.compile(rb'(^"|[,;|\s])([=+@-])')

DOCUMENT = Path(__file__).with_suffix(".graphql").read_text()


class Records(Export):
    """The handler of the route."""

    async def begin(self, request: Request, account: Account, held: ExitStack) -> Response:
        first = await self.page(account, request.path_params["id"], None)
        if "errors" in first:
            return refusal(STATUS.get(_code(first), 500), first["errors"][0])
        if first["data"]["sessionRecord"] is None:
            return absent("session")
        lines = self.lines(account, request.path_params["id"], first)
        headers = headers_of(MEDIA_TYPE, "record.jsonl") | {TOTAL: str(first["data"]["sessionRecord"]["totalCount"])}
        return Stream(lines, held.pop_all(), headers)

    async def lines(self, account: Account, session_id: str, answer: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Yields the record's lines, one page at a time. `answer` is the first page."""
        with self._accounts.lease(account) as lease:
            while "errors" not in answer and not lease.ended.done():
                found = answer["data"]["sessionRecord"]
                yield b"".join(inert(orjson.dumps(edge["node"])) + b"\n" for edge in found["edges"])
                if not found["pageInfo"]["hasNextPage"]:
                    return
                answer = await self.page(account, session_id, found["pageInfo"]["endCursor"])
            # The last line says that the record is not complete.
            errors = answer.get("errors") or [unauthenticated(lease.ended.result())]
            yield orjson.dumps({"errors": errors}) + b"\n"

    async def page(self, account: Account, session_id: str, after: str | None) -> dict[str, Any]:
        """Returns the answer to DOCUMENT: the record's first page, or the page after a cursor."""
        variables = {"session": session_id, "after": after, "counted": after is None}
        context = Context(self._services, account.viewer)
        return formatted(await schema.execute(DOCUMENT, variable_values=variables, context_value=context))


def inert(line: bytes) -> bytes:
    """Returns the same JSON with escapes, so that a program that splits it into cells finds no formula in a text."""
    return _STRING.sub(lambda found: _BEGINS_A_FORMULA.sub(_escaped, found[0]), line)


def _escaped(found: re.Match[bytes]) -> bytes:
    return found[1] + b"\\u%04x" % ord(found[2])


def _code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0].get("extensions", {}).get("code"))
