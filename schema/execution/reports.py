"""What clients are told of errors: few, short, each once, and without the values that they sent."""

import re
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from models.errors import Refusal
from schema.execution.codes import RequestErrorCode

MOST_ERRORS = 20
LONGEST = 300
"""The longest message, in characters."""
MOST_LOCATIONS = 5

_HEAD = 200
_GAP = " … "
# graphql-core ends its messages with the value that was sent, written as Python writes it.
_VALUE_SENT = re.compile(r"(?:, but encountered error '|[,;] found: ).*", re.DOTALL)
_VALUE_AFTER_SUGGESTION = re.compile(r"(?<=\?) Found: .*", re.DOTALL)
_VALUE_OF_SCALAR = re.compile(r"( cannot represent [a-z0-9 -]*value): .*", re.DOTALL)
_VALUE_OF_ENUM = re.compile(r"Value '(?!\w{1,60}' does not exist in).*' does not exist in", re.DOTALL)
_SUGGESTION = re.compile(r" Did you mean [^?]*\?$")

FAULT = {
    "message": "Something went wrong here. It has been noted.",
    "extensions": {"code": RequestErrorCode.INTERNAL.value},
}


def is_fault(error: GraphQLError) -> bool:
    """Returns whether the server is at fault: the error is neither a refusal nor an error of the document."""
    return error.original_error is not None and not isinstance(error.original_error, Refusal | GraphQLError)


def public_errors(errors: Sequence[GraphQLError], *, suggest: bool = False) -> list[dict[str, Any]]:
    """Returns the errors as a client receives them. With `suggest`, a message may name what the schema has instead."""
    distinct: dict[object, dict[str, Any]] = {}
    for error in errors:
        answer = _public(error, suggest=suggest)
        # Only the first error of validation has a suggestion.
        distinct.setdefault((_SUGGESTION.sub("", answer["message"]), *(answer.get("path") or ())), answer)
    kept = [*distinct.values()]
    if len(kept) <= MOST_ERRORS:
        return kept
    further = len(kept) - MOST_ERRORS + 1
    code = kept[MOST_ERRORS - 1]["extensions"]["code"]
    return [*kept[: MOST_ERRORS - 1], {"message": f"And {further} errors more.", "extensions": {"code": code}}]


def _public(error: GraphQLError, *, suggest: bool) -> dict[str, Any]:
    if is_fault(error):  # the message of a fault appears only in the log
        return {**FAULT, "locations": error.formatted.get("locations"), "path": error.path}
    answer: dict[str, Any] = dict(error.formatted)
    if not isinstance(error.original_error, Refusal):
        answer["message"] = _without_values(error.message, suggest=suggest)
    answer["message"] = _shortened(answer["message"])
    if answer.get("locations"):
        answer["locations"] = answer["locations"][:MOST_LOCATIONS]
    # Only errors of variables and arguments have no code of their own: graphql-core finds them when it executes.
    answer["extensions"] = {"code": RequestErrorCode.BAD_USER_INPUT.value} | (error.extensions or {})
    return answer


def _without_values(message: str, *, suggest: bool) -> str:
    message = _VALUE_AFTER_SUGGESTION.sub("", _VALUE_SENT.sub(".", message))
    message = _VALUE_OF_ENUM.sub("This value does not exist in", message)
    message = _VALUE_OF_SCALAR.sub(r"\1.", message).replace("not to be None", "not to be null")
    return message if suggest else _SUGGESTION.sub("", message)


def _shortened(message: str) -> str:
    if len(message) <= LONGEST:
        return message
    return message[:_HEAD] + _GAP + message[_HEAD + len(_GAP) - LONGEST :]
