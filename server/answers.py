"""Answers over HTTP: results, refusals and errors as responses, in the form that the client accepts."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult, PreExecutionError

from schema.execution.codes import RequestErrorCode
from schema.execution.reports import public_errors
from schema.pages import tag
from server.requests import STREAMS, BadRequest, Form
from server.stream_forms import STREAM_FORMS
from server.unavailable import PASSING, retry_after, retry_after_of

REFUSED: Mapping[str, int] = {RequestErrorCode.TIMEOUT: 503, RequestErrorCode.RATE_LIMITED: 429}
"""The status of a request that was not executed, by its code, where it is not 400."""
SEND_THE_TEXT = (RequestErrorCode.PERSISTED_QUERY_NOT_FOUND, RequestErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)
"""Codes after which a client sends the document itself."""


def formatted(result: ExecutionResult, *, suggest: bool = False) -> dict[str, Any]:
    """Returns a result as the response object that clients receive."""
    answer: dict[str, Any] = {} if not_executed(result) else {"data": result.data}
    if result.errors:
        answer["errors"] = public_errors(result.errors, suggest=suggest)
    return answer


def not_executed(result: ExecutionResult) -> bool:
    """Returns whether the document or its variables were wrong, so that nothing ran.

    An error in a field has the field's path, so it does not count.
    """
    errors = result.errors or ()
    return isinstance(result, PreExecutionError) or (result.data is None and all(each.path is None for each in errors))


def unauthenticated(message: str) -> dict[str, Any]:
    """Returns the top-level error for a caller without a valid token."""
    return {"message": message, "extensions": {"code": RequestErrorCode.UNAUTHENTICATED.value}}


def malformed_request(bad: BadRequest) -> dict[str, Any]:
    return {"message": str(bad), "extensions": {"code": RequestErrorCode.BAD_REQUEST.value}}


def refusal(errors: list[dict[str, Any]], chosen: Form) -> Response:
    """Returns the answer to a request whose operation was refused before it was executed."""
    body = {"errors": errors}
    extensions = errors[0]["extensions"]
    if chosen not in STREAMS:
        status = 503 if extensions["code"] in PASSING else _status(chosen, extensions["code"])
        return answered(body, chosen, status, retry_after(extensions))
    # As graphql-sse's protocol asks. Its client retries after any other status, and hides what was wrong.
    stream = STREAM_FORMS[chosen]
    return Response(stream.opening() + stream.part(orjson.dumps(body)) + stream.complete, headers=dict(stream.headers))


def _code(result: ExecutionResult) -> object:
    return next(((error.extensions or {}).get("code") for error in result.errors or ()), None)


def _status(chosen: Form, code: object = None) -> int:
    # In GraphQL over HTTP, the older media type answers 200 to any well-formed JSON.
    refused = REFUSED.get(str(code), 400)
    # Apollo's servers answer 200 to both of these, and some clients send the text only after a 200.
    return refused if chosen is Form.GRAPHQL and code not in SEND_THE_TEXT else 200


def answered(body: object, chosen: Form, status: int, headers: dict[str, str] | None = None) -> Response:
    return sent(orjson.dumps(body), chosen, status, headers)


def of_result(result: ExecutionResult, chosen: Form, *, suggest: bool) -> Response:
    if result.data is None and (header := retry_after_of(result)):
        # A response with `data` must have the status 200, and there is nothing in it.
        errors = public_errors(result.errors or (), suggest=suggest)
        return answered({"errors": errors}, chosen, 503, header)
    status = _status(chosen, _code(result)) if not_executed(result) else 200
    return answered(formatted(result, suggest=suggest), chosen, status)


def sent(body: bytes, chosen: Form, status: int, headers: dict[str, str] | None = None) -> Response:
    media_type = Form.GRAPHQL if chosen is Form.GRAPHQL else Form.JSON
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, f"{media_type}; charset=utf-8")


def validated(request: Request, answer: Response) -> Response:
    """Returns the answer with its ETag, or 304 if the client has it already.

    The client may store the answer, but must ask before each use.
    """
    etag = tag(bytes(answer.body))
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "accept, authorization"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer
