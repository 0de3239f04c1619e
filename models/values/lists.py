"""Validates lists in inputs: a maximum length and no duplicates."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from models.errors import Invalid
from models.values.appearance import visible
from models.values.checks import all_invalid
from models.values.text import clean_line, sort_key

T = TypeVar("T")

TAGS_LIMIT = 20
TAG_LIMIT = 50


def checked_list(
    values: Sequence[T], limit: int, *field: str, may_be_empty: bool = False, key: Callable[[T], Hashable] | None = None
) -> Sequence[T]:
    """Returns the list. Raises Invalid naming the list, or the index of the first duplicate (compared by `key`)."""
    bounded(values, limit, *field, may_be_empty=may_be_empty)
    _distinct([key(value) if key else value for value in values], field)
    return values


def each_once(values: Sequence[T], limit: int, *field: str) -> list[T]:
    """Returns the list without duplicates. Raises Invalid if it is empty, or too long before duplicates are removed."""
    bounded(values, limit, *field)
    return list(dict.fromkeys(values))


def clean_tags(tags: Sequence[str], *field: str, may_be_empty: bool = False) -> list[str]:
    """Returns the tags as they are stored. Tags that differ only in case, compatibility form or invisible characters are duplicates.

    Raises Invalid.
    """
    bounded(tags, TAGS_LIMIT, *field, may_be_empty=may_be_empty)
    with all_invalid() as check:
        cleaned = [check(clean_line, tag, TAG_LIMIT, *field, str(place)) for place, tag in enumerate(tags)]
    _distinct([sort_key(visible(tag)) for tag in cleaned], field)
    return cleaned


def bounded(values: Sequence[object], limit: int, *field: str, may_be_empty: bool = False) -> None:
    """Raises Invalid naming the list, if it is too long, or empty although it must not be."""
    if not values and not may_be_empty:
        raise Invalid("This list must not be empty.", *field)
    if len(values) > limit:
        raise Invalid(f"This list may have at most {limit} items.", *field)


def _distinct(values: Sequence[object], field: Sequence[str]) -> None:
    seen: set[object] = set()
    for place, value in enumerate(values):
        if value in seen:
            raise Invalid("This is in the list twice.", *field, str(place))
        seen.add(value)
