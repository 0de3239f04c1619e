"""Keyset paging: a cursor is a position in an order, so inserts and removals do not shift pages (rule 19).

An index on an order's columns returns a page by reading about as many entries as the page has rows. A filter that this
index does not cover is first applied to the next REACH rows in order, which finds frequent matches. If they do not fill
the page, matches are rare, and the filter's own index is queried (docs/decisions/0008-large-galleries.md).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, Select, bindparam, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import TypeEngine

from models.errors import Invalid
from models.storage.base import Base
from models.storage.counting import NOTHING, Counting, Total
from models.storage.statements import Statements

Column: TypeAlias = InstrumentedAttribute[Any] | KeyedColumnElement[Any]
"""A column of a table or of a subquery."""

T = TypeVar("T")
R = TypeVar("R")
B = TypeVar("B", bound=Base)

DEFAULT_SIZE = 25
MAX_SIZE = 100
REACH = 1_000
"""How many rows are read in order before the filter's index is queried.

Reading them costs about as much as the rest of a page.
"""


@dataclass(frozen=True, slots=True)
class PageArguments:
    """The arguments of a Relay connection. `first` and `last` exclude each other."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def checked(self) -> "PageArguments":
        """Returns self. Raises Invalid naming the wrong argument."""
        if self.first is not None and self.last is not None:
            raise Invalid("Pass either `first` or `last`, not both.", "last")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= MAX_SIZE:
                raise Invalid(f"`{name}` must be between 0 and {MAX_SIZE}.", name)
        return self

    @property
    def size(self) -> int:
        return next((size for size in (self.first, self.last) if size is not None), DEFAULT_SIZE)

    @property
    def backwards(self) -> bool:
        return self.last is not None


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. The last column is unique, and all columns have the same direction, as in an index."""

    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order with their cursors, and whether there are more rows before and after.

    `total` counts the whole list, when it is asked for.
    """

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    total: Total = field(compare=False)

    def of(self, make: Callable[[T], R]) -> "Page[R]":
        """Returns the page with what `make` makes from each row."""
        return Page([make(row) for row in self.rows], self.cursors, self.has_next, self.has_previous, self.total)


EMPTY: Page[Any] = Page((), (), has_next=False, has_previous=False, total=NOTHING)


async def page(run: Statements, statement: Select[T], order: Sequence[Key], arguments: PageArguments) -> Page[T]:
    """Returns one page of `statement` in `order`.

    Runs one statement, whose cost does not grow with the page's depth.
    """
    wanted = arguments.checked()
    rows = await run.all(_paged(statement, order, wanted))
    return _cut(rows, order, wanted, Total(Counting(statement)))


@dataclass(frozen=True, slots=True)
class Narrowing(Generic[B]):
    """A filtered list.

    `whole` is the condition of the unfiltered list, `holds` and `knows` are the filter. `found` selects candidates by
    the filter's index: they are rechecked by `whole` and `holds`, but not by `knows`, which the index guarantees.
    """

    of: type[B]
    whole: Callable[[type[B]], ColumnElement[bool]]
    holds: Callable[[type[B]], Iterable[ColumnElement[bool]]]
    knows: Callable[[type[B]], Iterable[ColumnElement[bool]]]
    found: Select[B] | CompoundSelect[B]
    reach: int = REACH


async def narrowed_page(run: Statements, part: Narrowing[B], order: Sequence[Key], arguments: PageArguments) -> Page[B]:
    """Returns one page of a filtered list, by one statement or two.

    The first statement filters the next `reach` rows of the list. If they do not fill the page, the second one queries
    the filter's index. Its cost grows with the number of matches and not with the length of the list.
    """
    wanted = arguments.checked()
    near = (
        select(part.of)
        .where(part.whole(part.of), *_between(order, wanted))
        .order_by(*_places(order, backwards=wanted.backwards))
    )
    nearby = aliased(part.of, near.limit(part.reach).subquery())
    rows = await run.all(_paged(_part_of(part, nearby, part.knows(nearby)), _there(nearby, order), wanted))
    # OFFSET prevents both planners from scanning the order's index instead: they cannot know how rare a word is.
    found = aliased(part.of, part.found.offset(0).subquery())
    matches = _part_of(part, found, ())
    if len(rows) <= wanted.size:
        rows = await run.all(_paged(matches, _there(found, order), wanted))
    return _cut(rows, order, wanted, Total(Counting(matches)))


def _part_of(part: Narrowing[B], rows: type[B], known: Iterable[ColumnElement[bool]]) -> Select[B]:
    return select(rows).where(part.whole(rows), *part.holds(rows), *known)


def _there(rows: type[Base], order: Sequence[Key]) -> list[Key]:
    return [Key(getattr(rows, key.column.key), key.descending) for key in order]


async def page_each(
    run: Statements,
    statement: Select[T],
    parent: Column,
    parents: Sequence[UUID],
    order: Sequence[Key],
    arguments: PageArguments,
    given: Mapping[str, Any] | None = None,
) -> dict[UUID, Page[T]]:
    """Returns the same page of each parent's list, by one statement. `parent` is the column with the parent's id.

    A statement that the caller builds once, and whose parameters are `given`, is also made to a page only once.
    """
    wanted = arguments.checked()
    counting = Counting(statement, parent, given)
    if len(parents) == 1:  # This is the usual case. An index serves it without numbering the whole list.
        if given is None:
            rows = await run.all(_paged(statement.where(parent == parents[0]), order, wanted))
        else:
            rows = await run.all(_page_of(statement, parent, order, wanted), _values(order, wanted, parents[0], given))
        return {parents[0]: _cut(rows, order, wanted, Total(counting, parents[0]))}
    place = func.row_number().over(partition_by=parent, order_by=_places(order, backwards=wanted.backwards))
    numbered = (
        statement.where(parent.in_(parents), *_between(order, wanted))
        .add_columns(parent.label(PARENT), place.label(PLACE))
        .subquery()
    )
    chosen: Select[T] = select(*numbered.c).where(numbered.c[PLACE] <= wanted.size + 1).order_by(numbered.c[PLACE])
    found: dict[UUID, list[T]] = {each: [] for each in parents}
    for row in await run.all(chosen, given):
        found[getattr(row, PARENT)].append(row)
    return {each: _cut(rows, order, wanted, Total(counting, each)) for each, rows in found.items()}


PARENT, PLACE = "page_parent", "page_place"


def _page_of(statement: Select[T], parent: Column, order: Sequence[Key], wanted: PageArguments) -> Select[T]:
    after, before = wanted.after is not None, wanted.before is not None
    return _built(statement, parent, tuple(order), backwards=wanted.backwards, after=after, before=before)


@lru_cache(maxsize=500)
def _built(
    statement: Select[T],
    parent: Column,
    order: tuple[Key, ...],
    *,
    backwards: bool,
    after: bool,
    before: bool,
) -> Select[T]:
    """Returns the page's statement, whose parameters `_values` returns."""
    bounds = [_beyond(order, _binds(order, "after"), backwards=False)] if after else []
    bounds += [_beyond(order, _binds(order, "before"), backwards=True)] if before else []
    places = _places(order, backwards=backwards)
    return statement.where(parent == bindparam(PARENT), *bounds).order_by(*places).limit(bindparam("page_limit"))


def _binds(order: Sequence[Key], argument: str) -> list[ColumnElement[Any]]:
    return [bindparam(f"page_{argument}_{at}", type_=key.column.type) for at, key in enumerate(order)]


def _values(order: Sequence[Key], wanted: PageArguments, parent: UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    values = {**given, PARENT: parent, "page_limit": wanted.size + 1}
    for argument, cursor in (("after", wanted.after), ("before", wanted.before)):
        read = [] if cursor is None else _read(order, cursor, argument)
        values |= {f"page_{argument}_{at}": value for at, value in enumerate(read)}
    return values


def _paged(statement: Select[T], order: Sequence[Key], wanted: PageArguments) -> Select[T]:
    places = _places(order, backwards=wanted.backwards)
    return statement.where(*_between(order, wanted)).order_by(*places).limit(wanted.size + 1)


def _places(order: Sequence[Key], *, backwards: bool) -> list[ColumnElement[Any]]:
    return [key.column.desc() if key.descending != backwards else key.column.asc() for key in order]


def _between(order: Sequence[Key], wanted: PageArguments) -> list[ColumnElement[bool]]:
    bounds = []
    if wanted.after is not None:
        bounds.append(_beyond(order, _literals(order, wanted.after, "after"), backwards=False))
    if wanted.before is not None:
        bounds.append(_beyond(order, _literals(order, wanted.before, "before"), backwards=True))
    return bounds


def _literals(order: Sequence[Key], cursor: str, argument: str) -> list[ColumnElement[Any]]:
    return [literal(value, key.column.type) for key, value in zip(order, _read(order, cursor, argument), strict=True)]


def _beyond(order: Sequence[Key], values: Sequence[ColumnElement[Any]], *, backwards: bool) -> ColumnElement[bool]:
    # A row comparison lets the index seek. Conditions for each column would read the index from its beginning.
    place = tuple_(*(key.column for key in order))
    bound = tuple_(*values)
    return place < bound if order[0].descending != backwards else place > bound


def _cut(rows: Sequence[T], order: Sequence[Key], wanted: PageArguments, total: Total) -> Page[T]:
    more = len(rows) > wanted.size
    kept = list(rows[: wanted.size])
    if wanted.backwards:
        kept.reverse()
    came_from = (wanted.before if wanted.backwards else wanted.after) is not None
    has_next, has_previous = (came_from, more) if wanted.backwards else (more, came_from)
    return Page(kept, [cursor_of(order, row) for row in kept], has_next, has_previous, total)


def cursor_of(order: Sequence[Key], row: object) -> str:
    """Returns the cursor of a row in an order."""
    values = [getattr(row, key.column.key) for key in order]
    # asyncpg returns its own UUID class, which orjson cannot serialise.
    return urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def _read(order: Sequence[Key], cursor: str, argument: str) -> list[object]:
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=="))
        return [_typed(key.column.type, value) for key, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, OverflowError):
        raise Invalid("This cursor does not belong to this list.", argument) from None


def _typed(column: TypeEngine[Any], value: object) -> object:
    """Converts a cursor's value to the column's type.

    Raises ValueError if it does not fit: clients can forge cursors.
    """
    match value:
        case str() if column.python_type is UUID:
            return UUID(value)
        case str() if column.python_type is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        case str() if column.python_type is str and "\x00" not in value:
            return value
        case int() if column.python_type is int and not isinstance(value, bool):
            if abs(value) < (2**63 if isinstance(column, BigInteger) else 2**31):
                return value
    raise ValueError(value)
