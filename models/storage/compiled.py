"""Statements that are compiled once, and then run on the driver itself.

SQLAlchemy's execution of a statement costs several times what the driver and the database need. A statement that a
module builds once is therefore compiled at its second use: to its SQL, to the order and the conversions of its
parameters, and to the conversions of its columns. SQLAlchemy goes on running the others: statements that are built for
one call, lists of parameter sets, and texts (docs/decisions/0015-posting.md).
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    CursorResult,
    Delete,
    Dialect,
    Executable,
    Insert,
    Select,
    Update,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from models.storage.statements import AnyRow, Parameters, Ran

Given = Mapping[str, Any]
Take = Callable[[Given], Any]
Convert = Callable[[Any], Any]
Shape: TypeAlias = tuple[str | int, ...]

MANY = 64
"""How many shapes of a statement are kept. A shape is the names of its parameters, and the lengths of its lists."""


class Compiled:
    """A statement in the SQL of one dialect, for one shape of its parameters."""

    def __init__(self, statement: Executable, compiled: SQLCompiler, given: Given) -> None:
        self._dialect = compiled.dialect
        state = compiled.construct_expanded_state(dict(given))
        self.sql = state.statement
        names = {one: (name, at) for name, many in state.parameter_expansion.items() for at, one in enumerate(many)}
        self._takes = [
            _take(compiled.binds[name], at, self._dialect)
            for name, at in (names.get(each, (each, None)) for each in state.positiontup or ())
        ]
        self._columns = [(name, column.type) for name, column in statement.exported_columns.items()]  # type: ignore[attr-defined]  # `_is_simple` admits only statements that have it
        self._row = _row_type(tuple(name for name, _ in self._columns))
        self._converts: list[tuple[int, Convert]] | None = None

    def values(self, given: Parameters | None) -> list[Any]:
        """Returns the values of the parameters in the order of the SQL."""
        by_name = cast("Given", given or {})
        return [take(by_name) for take in self._takes]

    def rows(self, found: Iterable[Sequence[Any]], attributes: Sequence[Any] | None = None) -> Sequence[AnyRow]:
        """Returns the driver's rows as rows of this statement.

        The first call takes the types of the columns from asyncpg's `attributes`.
        """
        if self._converts is None:
            types = [each.type.oid for each in attributes] if attributes else [None] * len(self._columns)
            read = (
                (at, type_.dialect_impl(self._dialect).result_processor(self._dialect, named))
                for at, ((_, type_), named) in enumerate(zip(self._columns, types, strict=True))
            )
            self._converts = [(at, convert) for at, convert in read if convert]
        converts, row = self._converts, self._row
        return cast("Sequence[AnyRow]", [_converted(row, converts, each) for each in found])


def _converted(row: type[tuple[Any, ...]], converts: Sequence[tuple[int, Convert]], found: Sequence[Any]) -> Any:
    values = [*found]
    for at, convert in converts:
        values[at] = convert(values[at])
    return tuple.__new__(row, values)


def _take(bind: BindParameter[Any], at: int | None, dialect: Dialect) -> Take:
    """Returns a function that takes one parameter's value, or the element `at` of its list, from the given ones."""
    type_: TypeEngine[Any] = bind.type
    convert: Convert = type_.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
    key = bind.key
    if at is not None:
        constant = bind.value
        return lambda given: convert(given.get(key, constant)[at])
    if bind.required:
        return lambda given: convert(given[key])
    default = convert(bind.value)
    return lambda given: convert(given[key]) if key in given else default


def row_of(names: Iterable[str | None], values: Sequence[Any]) -> AnyRow:
    """Returns a row with these columns."""
    return cast("AnyRow", tuple.__new__(_row_type(tuple(map(str, names))), values))


@lru_cache(maxsize=2_000)
def _row_type(names: tuple[str, ...]) -> type[tuple[Any, ...]]:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024  the names are known only now


class _Statement:
    """A statement in one dialect, compiled for each shape of its parameters."""

    def __init__(self, statement: Executable, dialect: Dialect, given: Given) -> None:
        self._lists = [bind.key for bind in _compile(statement, dialect, given).post_compile_params]
        self._shapes: dict[Shape, Compiled | None] = {}

    def find(self, statement: Executable, dialect: Dialect, given: Given) -> Compiled | None:
        shape: Shape = (*given, *(len(given[key]) for key in self._lists if key in given))
        if shape not in self._shapes:
            if len(self._shapes) >= MANY:
                return None
            found = _compile(statement, dialect, given)
            self._shapes[shape] = Compiled(statement, found, given) if _is_simple(found) else None
        return self._shapes[shape]


def _compile(statement: Executable, dialect: Dialect, given: Given) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect, column_keys=list(given))  # type: ignore[attr-defined]  # all statements have it
    return cast("SQLCompiler", compiled)


def _is_simple(compiled: SQLCompiler) -> bool:
    """Returns whether the SQL needs only its parameters: no defaults of columns, and no lists of tuples."""
    lists = compiled.post_compile_params
    defaults = [*compiled.insert_prefetch, *compiled.update_prefetch]
    return not (defaults or compiled.literal_execute_params or any(bind.type._is_tuple_type for bind in lists))  # noqa: SLF001  SQLAlchemy offers no other way to ask


_KINDS = (Select, CompoundSelect, Insert, Update, Delete)
_known: dict[str, WeakKeyDictionary[Executable, _Statement | None]] = {}


def compiled(statement: Executable, dialect: Dialect, given: Parameters | None) -> Compiled | None:
    """Returns the statement for this dialect, or None if SQLAlchemy must run it.

    The first use of each statement returns None, because it may be the only one.
    """
    if not isinstance(statement, _KINDS) or not (given is None or isinstance(given, Mapping)):
        return None
    known = _known.setdefault(dialect.name, WeakKeyDictionary())
    found = known.get(statement)
    if found is None:
        known[statement] = _Statement(statement, dialect, given or {}) if statement in known else None
        found = known[statement]
    return found.find(statement, dialect, given or {}) if found else None


def ran(result: CursorResult[Any]) -> Ran:
    """Returns the result of a statement that SQLAlchemy has run."""
    return Ran(result.all() if result.returns_rows else (), result.rowcount)


def announce(connection: Connection, sql: str, values: Sequence[Any] = ()) -> None:
    """Tells SQLAlchemy's listeners of a statement, as its own execution does."""
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, None, sql, tuple(values), None, False)  # noqa: FBT003  listeners take these by place
