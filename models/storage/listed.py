"""Pages of lists that are computed, and not read from a table."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from models.errors import Invalid
from models.storage.counting import Total
from models.storage.paging import Page, PageArguments

T = TypeVar("T")


class Span(NamedTuple):
    """The part of a list that a page shows, from index `start` to before `stop`, and whether there is more around it."""

    start: int
    stop: int
    has_next: bool
    has_previous: bool


def span_of(length: int, arguments: PageArguments) -> Span:
    """Returns where a page of a list of this length lies. Raises INVALID."""
    wanted = arguments.checked()
    low = 0 if wanted.after is None else min(_place(wanted.after, "after") + 1, length)
    high = length if wanted.before is None else min(_place(wanted.before, "before"), length)
    if wanted.backwards:
        start = max(low, high - wanted.size)
        return Span(start, max(start, high), has_next=wanted.before is not None, has_previous=start > low)
    stop = max(low, min(low + wanted.size, high))
    return Span(low, stop, has_next=stop < high, has_previous=wanted.after is not None)


def page_of_list(items: Sequence[T], arguments: PageArguments) -> Page[T]:
    """Returns one page of a list that grows only at its end, so a cursor can be a place in it. Raises INVALID."""
    span = span_of(len(items), arguments)
    return page_of_span(items[span.start : span.stop], span, len(items))


def page_of_span(items: Sequence[T], span: Span, length: int) -> Page[T]:
    """Returns these items, which lie at `span` in a list of this length, as a page."""
    cursors = [_cursor(place) for place in range(span.start, span.stop)]
    return Page(items, cursors, span.has_next, span.has_previous, Total(known=length))


def _cursor(place: int) -> str:
    return urlsafe_b64encode(f"[{place}]".encode()).decode().rstrip("=")


def _place(cursor: str, argument: str) -> int:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except ValueError:
        text = ""
    digits = text[1:-1]
    if text != f"[{digits}]" or not digits.isdecimal() or len(digits) > 10:
        raise Invalid("This cursor does not belong to this list.", argument)
    return int(digits)
