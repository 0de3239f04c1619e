"""Answers to requests for which the database does not answer: status 503, and when to try again."""

from collections.abc import Mapping
from typing import Any

from strawberry.types.execution import ExecutionResult

from models.errors import Unavailable


def retry_after(extensions: Mapping[str, Any]) -> dict[str, str]:
    """Returns the header for a refusal with these extensions, if it says when to try again."""
    seconds = extensions.get("retryAfterSeconds")
    return {} if seconds is None else {"retry-after": str(seconds)}


def unavailable(away: Unavailable) -> dict[str, Any]:
    """Returns the top-level error for a caller whose account cannot be looked up at the moment."""
    return {"message": away.message, "extensions": away.extensions}


def unavailable_in(result: ExecutionResult) -> Unavailable | None:
    """Returns the cause of the first error that was raised because the database does not answer, or None."""
    causes = (error.original_error for error in result.errors or ())
    return next((cause for cause in causes if isinstance(cause, Unavailable)), None)
