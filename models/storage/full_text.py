"""Asking a full-text index, of each database in its own language, for rows whose stored words it knows.

Stored words stand in a text column, between spaces, and hold nothing but letters and digits. PostgreSQL indexes that text; SQLite
has a table beside, which triggers keep, named after the table and with an integer key of its own.
"""

from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def search_row(of: UUID) -> int:
    """The integer key that SQLite's index knows a row by: its id's random bits, so that two never share one."""
    return of.int & (2**63 - 1)


class _Condition(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Self:
        """As it is. SQLAlchemy would write `... = 1` on SQLite, which no index answers."""
        return self


class FullText(_Condition):
    """Whether a row is among those that the index finds for `postgres`, a tsquery, or for `sqlite`, a query of FTS5."""

    inherit_cache = True
    name = "full_text"

    def __init__(
        self, words: InstrumentedAttribute[str], row: InstrumentedAttribute[int], postgres: str, sqlite: str
    ) -> None:
        beside = literal_column(f"{words.class_.__tablename__}_search", BigInteger)
        super().__init__(beside, words, row, literal(postgres), literal(sqlite))


@compiles(FullText, "postgresql")
def _on_postgres(element: FullText, compiler: SQLCompiler, **given: Any) -> str:
    _beside, words, _row, query, _sqlite = element.clauses  # what is not processed is not sent
    # The very expression of the indexes `ix_media_search_words` and `ix_users_search_words`.
    found_in = f"array_to_tsvector(string_to_array({compiler.process(words, **given)}, ' '))"
    return f"{found_in} @@ CAST({compiler.process(query, **given)} AS tsquery)"


@compiles(FullText, "sqlite")
def _on_sqlite(element: FullText, compiler: SQLCompiler, **given: Any) -> str:
    beside, _words, row, _postgres, query = element.clauses
    table = compiler.process(beside, **given)
    matches = f"SELECT rowid FROM {table} WHERE {table} MATCH {compiler.process(query, **given)}"  # noqa: S608  a bound parameter
    return f"{compiler.process(row, **given)} IN ({matches})"


class Holds(_Condition):
    """Whether one text holds another. Cheaper than LIKE, which knows patterns."""

    inherit_cache = True
    name = "holds"


@compiles(Holds, "postgresql")
def _holds_on_postgres(element: Holds, compiler: SQLCompiler, **given: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **given)}) > 0"


@compiles(Holds, "sqlite")
def _holds_on_sqlite(element: Holds, compiler: SQLCompiler, **given: Any) -> str:
    return f"instr({compiler.process(element.clauses, **given)}) > 0"
