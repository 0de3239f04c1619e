"""What the downloads of a session have in common: the caller, the caller's share, refusals and streaming."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from models.errors import ErrorCode, Unavailable
from schema.context import Services
from schema.execution.time_limits import TimedOut
from server.accounts import Account, Accounts
from server.addresses import address_of
from server.answers import unauthenticated
from server.auth import bearer
from server.claims import Unauthenticated
from server.shares import Shares, TooMany
from server.unavailable import retry_after, unavailable

STATUS = {
    ErrorCode.NOT_FOUND.value: 404,
    ErrorCode.FORBIDDEN.value: 403,
    ErrorCode.UNAVAILABLE.value: 503,
    TimedOut.code: 503,
}
"""The status of a refusal before the first line, by its code."""


class Export(ABC):
    """The handler of a route. Each download counts as one of the caller's streams."""

    def __init__(self, services: Services, accounts: Accounts, shares: Shares) -> None:
        self._services = services
        self._accounts = accounts
        self._shares = shares

    async def answer(self, request: Request) -> Response:
        try:
            account = await self._accounts.of_token(bearer(request.headers.get("authorization")))
        except Unauthenticated as refused:
            return refusal(401, unauthenticated(str(refused)), {"www-authenticate": "Bearer"})
        except Unavailable as away:
            return refusal(503, unavailable(away))
        with ExitStack() as stack:
            try:
                stack.enter_context(self._shares.streams.held(account.viewer.id, address_of(request.scope)))
            except TooMany as many:
                return refusal(503, dict(many.formatted), many.headers)
            return await self.begin(request, account, stack)

    @abstractmethod
    async def begin(self, request: Request, account: Account, held: ExitStack) -> Response:
        """Returns the stream, which takes over what is held, or a refusal."""


def absent(what: str) -> Response:
    """Returns the answer for what does not exist or is hidden: the same for both (rule 4)."""
    return refusal(404, {"message": f"There is no such {what}.", "extensions": {"code": ErrorCode.NOT_FOUND.value}})


def refusal(status: int, error: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Returns an answer with one error, which says in a header too when to try again."""
    return Response(
        orjson.dumps({"errors": [error]}),
        status,
        {"cache-control": "no-store", **retry_after(error["extensions"]), **(headers or {})},
        "application/json; charset=utf-8",
    )


def headers_of(media_type: str, filename: str) -> dict[str, str]:
    """Returns the headers of a download. The name consists of letters, digits, hyphens and dots."""
    return {
        "content-type": media_type,
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{filename}"',
    }
