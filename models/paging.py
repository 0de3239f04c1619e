"""Keyset paging: a page is a place in an order, so that inserts and removals move nothing (rule 19)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from models.errors import Invalid
from models.statements import Statements

T = TypeVar("T")

DEFAULT_SIZE = 25
MAX_SIZE = 100


@dataclass(frozen=True, slots=True)
class PageArguments:
    """What Relay's connections ask for. `first` and `last` exclude each other."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def checked(self) -> "PageArguments":
        """Itself. INVALID names the argument that is wrong."""
        if self.first is not None and self.last is not None:
            raise Invalid("Ask for `first` or for `last`, not for both.", "last")
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
    """One column of an order. The last key of an order is unique."""

    column: InstrumentedAttribute[Any]
    descending: bool = False

    def beyond(self, value: object, backwards: bool) -> ColumnElement[bool]:
        return self.column < value if self.descending != backwards else self.column > value


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in their order, each with its cursor, and whether there are more on either side."""

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


EMPTY: Page[Any] = Page((), (), has_next=False, has_previous=False)


async def page(run: Statements, statement: Select[T], order: Sequence[Key], arguments: PageArguments) -> Page[T]:
    """One page of `statement` in `order`: one statement, whose cost does not grow with how deep the page lies."""
    wanted = arguments.checked()
    rows = await run.all(_paged(statement, order, wanted))
    return _cut(rows, order, wanted)


async def page_each(
    run: Statements,
    statement: Select[T],
    parent: InstrumentedAttribute[UUID],
    parents: Sequence[UUID],
    order: Sequence[Key],
    arguments: PageArguments,
) -> dict[UUID, Page[T]]:
    """The same page of each parent's list, all in one statement. `parent` is the column that says whose a row is."""
    if len(parents) == 1:  # the usual case, and the one that an index serves without counting the whole list
        return {parents[0]: await page(run, statement.where(parent == parents[0]), order, arguments)}
    wanted = arguments.checked()
    place = func.row_number().over(partition_by=parent, order_by=_places(order, wanted))
    numbered = (
        statement.where(parent.in_(parents), *_between(order, wanted))
        .add_columns(parent.label(PARENT), place.label(PLACE))
        .subquery()
    )
    chosen: Select[T] = select(*numbered.c).where(numbered.c[PLACE] <= wanted.size + 1).order_by(numbered.c[PLACE])
    found: dict[UUID, list[T]] = {each: [] for each in parents}
    for row in await run.all(chosen):
        found[getattr(row, PARENT)].append(row)
    return {each: _cut(rows, order, wanted) for each, rows in found.items()}


PARENT, PLACE = "page_parent", "page_place"


def _paged(statement: Select[T], order: Sequence[Key], wanted: PageArguments) -> Select[T]:
    return statement.where(*_between(order, wanted)).order_by(*_places(order, wanted)).limit(wanted.size + 1)


def _places(order: Sequence[Key], wanted: PageArguments) -> list[ColumnElement[Any]]:
    return [key.column.desc() if key.descending != wanted.backwards else key.column.asc() for key in order]


def _between(order: Sequence[Key], wanted: PageArguments) -> list[ColumnElement[bool]]:
    bounds = []
    if wanted.after is not None:
        bounds.append(_beyond(order, _read(order, wanted.after, "after"), backwards=False))
    if wanted.before is not None:
        bounds.append(_beyond(order, _read(order, wanted.before, "before"), backwards=True))
    return bounds


def _beyond(order: Sequence[Key], values: Sequence[object], *, backwards: bool) -> ColumnElement[bool]:
    # (a, b) > (x, y), spelled out because the keys may run in different directions.
    steps = []
    for depth, key in enumerate(order):
        equal = [earlier.column == value for earlier, value in zip(order[:depth], values, strict=False)]
        steps.append(and_(*equal, key.beyond(values[depth], backwards)))
    return or_(*steps)


def _cut(rows: Sequence[T], order: Sequence[Key], wanted: PageArguments) -> Page[T]:
    more = len(rows) > wanted.size
    kept = list(rows[: wanted.size])
    if wanted.backwards:
        kept.reverse()
    came_from = (wanted.before if wanted.backwards else wanted.after) is not None
    has_next, has_previous = (came_from, more) if wanted.backwards else (more, came_from)
    return Page(kept, [_write(order, row) for row in kept], has_next, has_previous)


def _write(order: Sequence[Key], row: object) -> str:
    values = [getattr(row, key.column.key) for key in order]
    # asyncpg gives UUIDs of a class of its own, which orjson does not know.
    return urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def _read(order: Sequence[Key], cursor: str, argument: str) -> list[object]:
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=="))
        return [_typed(key.column.type, value) for key, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, OverflowError):
        raise Invalid("This is not a cursor of this list.", argument) from None


def _typed(column: TypeEngine[Any], value: object) -> object:
    """What a column can be compared with: the value may have been made up by anybody."""
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
