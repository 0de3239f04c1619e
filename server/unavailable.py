"""Answers to requests that the server cannot serve in time, as while the database is away: status 503, and when to try again."""

from collections.abc import Mapping
from typing import Any

from strawberry.types.execution import ExecutionResult

from models.errors import ErrorCode, Unavailable
from schema.execution.codes import RequestErrorCode

PASSING = (ErrorCode.UNAVAILABLE, RequestErrorCode.TIMEOUT)
"""The codes of errors for which the same request can be repeated."""


def retry_after(extensions: Mapping[str, Any]) -> dict[str, str]:
    """Returns the header for a refusal with these extensions, if it says when to try again."""
    seconds = extensions.get("retryAfterSeconds")
    return {} if seconds is None else {"retry-after": str(seconds)}


def unavailable(away: Unavailable) -> dict[str, Any]:
    """Returns the top-level error for a caller whose account cannot be looked up at the moment."""
    return {"message": away.message, "extensions": away.extensions}


def retry_after_of(result: ExecutionResult) -> dict[str, str]:
    """Returns the header for a result with an error that a retry may mend, or nothing."""
    found = [error.extensions or {} for error in result.errors or ()]
    return next((retry_after(each) for each in found if each.get("code") in PASSING), {})
