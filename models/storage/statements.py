"""Statements on an open connection, whichever database it is of. Results are Core rows, never ORM objects."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, CursorResult, Executable, Row, bindparam
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import Executable as AnyStatement
from sqlalchemy.sql.selectable import TypedReturnsRows

T = TypeVar("T")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def among(column: InstrumentedAttribute[Any], name: str = "ids") -> ColumnElement[bool]:
    """`column IN :ids`, for statements that are built once: building one takes longer than running it."""
    return column.in_(bindparam(name, expanding=True))


class Run(Protocol):
    """Executes one statement. On SQLite it never suspends; on PostgreSQL it is a round trip."""

    def __call__(self, statement: Executable, parameters: Parameters | None) -> Awaitable[CursorResult[Any]]: ...


class Statements:
    """The few ways in which a statement is run and its result is read.

    `select(Room)` on a Core connection gives rows with the columns of Room as attributes, at a quarter of the price of
    an object; they are typed as Room because they read like one. They cannot be changed: a change is an UPDATE.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    async def execute(self, statement: AnyStatement, parameters: Parameters | None = None) -> int:
        """Run a change. Gives the number of rows it touched."""
        return (await self._run(statement, parameters)).rowcount

    async def rows(self, statement: AnyStatement, parameters: Parameters | None = None) -> Sequence[AnyRow]:
        """All rows."""
        return (await self._run(statement, parameters)).all()

    async def row(self, statement: AnyStatement, parameters: Parameters | None = None) -> AnyRow | None:
        """The first row, if there is one."""
        return (await self._run(statement, parameters)).first()

    async def value(self, statement: AnyStatement, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._run(statement, parameters)).scalar()

    async def values(self, statement: AnyStatement, parameters: Parameters | None = None) -> Sequence[Any]:
        """The first column of all rows."""
        return (await self._run(statement, parameters)).scalars().all()

    async def all(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> Sequence[T]:
        """All rows of a whole table, typed as what they read like."""
        return (await self._run(statement, parameters)).all()  # type: ignore[return-value]  # see the class

    async def first(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> T | None:
        """The first row of a whole table, typed as what it reads like."""
        return (await self._run(statement, parameters)).first()  # type: ignore[return-value]  # see the class
