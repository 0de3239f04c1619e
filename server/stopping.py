"""Requests that are cut because the process stops.

uvicorn cancels what has not ended `drain_seconds` after the sockets were closed. Nothing else cancels a request.
"""

import orjson
from starlette.responses import Response
from starlette.types import Scope, Send

from models.database.away import OutcomeUnknown
from models.errors import Unavailable
from server.transports import CONNECTION, STREAM

STOPPING = "this process is stopping"


class Stopping(Unavailable):
    """The process stops, and has not changed anything."""

    def __init__(self) -> None:
        super().__init__("This process is stopping. Try again in 2 s: another one answers.")


def cut_off(*, mutates: bool = False) -> Unavailable:
    """Returns what is said of a request that was cut. A mutation may have been committed."""
    return OutcomeUnknown(STOPPING) if mutates else Stopping()


async def say_farewell(scope: Scope, send: Send) -> None:
    """Ends a stream that began after the sockets were closed. Any other answer that has begun is cut off by uvicorn."""
    if STREAM in scope:
        scope[CONNECTION].shutdown()
        await send({"type": "http.response.body", "body": b"", "more_body": True})  # It learns so that nobody is there.


def answer() -> Response:
    """Returns the answer to a request of which nothing is known, as it was cut before it was read, or is no GraphQL."""
    away = cut_off()
    body = orjson.dumps({"errors": [{"message": away.message, "extensions": away.extensions}]})
    headers = {"cache-control": "no-store", "retry-after": str(away.retry_after_seconds)}
    return Response(body, 503, headers, "application/json; charset=utf-8")
