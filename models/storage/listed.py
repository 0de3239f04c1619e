"""Pages of lists that are computed, and not read from a table."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from models.errors import Invalid
from models.storage.paging import Page, PageArguments

T = TypeVar("T")


def page_of_list(items: Sequence[T], arguments: PageArguments) -> Page[T]:
    """Returns one page of a list that grows only at its end, so a cursor can be a place in it. Raises INVALID."""
    size, after = arguments.checked().size, arguments.after
    start = 0 if after is None else _place(after) + 1
    kept = items[start : start + size]
    cursors = [_cursor(place) for place in range(start, start + len(kept))]
    return Page(kept, cursors, has_next=start + size < len(items), has_previous=after is not None)


def _cursor(place: int) -> str:
    return urlsafe_b64encode(f"[{place}]".encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except ValueError:
        text = ""
    digits = text[1:-1]
    if text != f"[{digits}]" or not digits.isdecimal() or len(digits) > 10:
        raise Invalid("This cursor does not belong to this list.", "after")
    return int(digits)
