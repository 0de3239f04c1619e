"""Finds the refusals in a response."""

from typing import Any


def refusals(value: Any) -> list[Any]:
    """Returns all user errors in a response, at any depth."""
    match value:
        case dict():
            own = [*(value.get("userErrors") or []), *filter(None, [value.get("userError")])]
            return own + [each for inner in value.values() for each in refusals(inner)]
        case list():
            return [each for inner in value for each in refusals(inner)]
    return []
