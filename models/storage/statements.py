"""Runs statements on an open connection of either database. Results are Core rows, never ORM objects."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar, cast

from sqlalchemy import ColumnElement, Executable, Row, bindparam
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import Executable as AnyStatement
from sqlalchemy.sql.selectable import TypedReturnsRows

T = TypeVar("T")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def among(column: InstrumentedAttribute[Any], name: str = "ids") -> ColumnElement[bool]:
    """Returns the condition `column IN :ids` with the ids as a parameter.

    So a statement is built only once: building it takes longer than running it.
    """
    return column.in_(bindparam(name, expanding=True))


class Ran(NamedTuple):
    """The result of a statement: its rows, and the number of rows that it affected."""

    rows: Sequence[AnyRow]
    affected: int


class Run(Protocol):
    """Executes one statement. On SQLite this never suspends; on PostgreSQL it is a round trip."""

    def __call__(self, statement: Executable, parameters: Parameters | None) -> Awaitable[Ran]: ...


class Statements:
    """Runs statements and reads their results.

    `select(Room)` on a Core connection returns rows with the columns of Room as attributes, at a quarter of the cost of
    ORM objects. They are typed as Room because they have its attributes. They are read-only: a change is an UPDATE.
    """

    def __init__(self, run: Run, *, is_remote: bool = False) -> None:
        self._run = run
        self.is_remote = is_remote  # whether each statement is a round trip to a server

    async def execute(self, statement: AnyStatement, parameters: Parameters | None = None) -> int:
        """Runs a change, and returns the number of affected rows."""
        return (await self._run(statement, parameters)).affected

    async def rows(self, statement: AnyStatement, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """Returns all rows."""
        return (await self._run(statement, parameters)).rows

    async def row(self, statement: AnyStatement, parameters: Parameters | None = None) -> AnyRow | None:
        """Returns the first row, or None."""
        rows = (await self._run(statement, parameters)).rows
        return rows[0] if rows else None

    async def value(self, statement: AnyStatement, parameters: Parameters | None = None) -> Any:
        """Returns the first column of the first row, or None."""
        rows = (await self._run(statement, parameters)).rows
        return rows[0][0] if rows else None

    async def values(self, statement: AnyStatement, parameters: Parameters | None = None) -> Sequence[Any]:
        """Returns the first column of all rows."""
        return [row[0] for row in (await self._run(statement, parameters)).rows]

    async def all(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> Sequence[T]:
        """Returns all rows of `select(Table)`, typed as Table."""
        return cast("Sequence[T]", (await self._run(statement, parameters)).rows)  # see the docstring of the class

    async def first(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> T | None:
        """Returns the first row of `select(Table)`, typed as Table, or None."""
        return cast("T | None", await self.row(statement, parameters))  # see the docstring of the class
