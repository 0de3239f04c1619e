"""Conditions that query a full-text index, in the query language of each database.

A text column stores words of letters and digits, separated by spaces. PostgreSQL indexes that column. SQLite has an
FTS5 table beside it, `<table>_search`, which triggers keep up to date and whose key is an integer.
"""

from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def search_row(of: UUID) -> int:
    """Returns the integer key of a row in SQLite's index: the last 63 bits of its id.

    These bits are random, so no two rows have the same key.
    """
    return of.int & (2**63 - 1)


class _Condition(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Self:
        """Returns self. SQLAlchemy would add `= 1` on SQLite, which would not use the index."""
        return self


class FullText(_Condition):
    """A condition: the index finds the row for `postgres`, a tsquery, or for `sqlite`, an FTS5 query."""

    inherit_cache = True
    name = "full_text"

    def __init__(
        self, words: InstrumentedAttribute[str], row: InstrumentedAttribute[int], postgres: str, sqlite: str
    ) -> None:
        beside = literal_column(f"{words.class_.__tablename__}_search", BigInteger)
        super().__init__(beside, words, row, literal(postgres), literal(sqlite))


@compiles(FullText, "postgresql")
def _on_postgres(element: FullText, compiler: SQLCompiler, **given: Any) -> str:
    _beside, words, _row, query, _sqlite = element.clauses  # only processed parameters are sent
    # This must be the same expression as in the indexes `ix_media_search_words` and `ix_users_search_words`.
    found_in = f"array_to_tsvector(string_to_array({compiler.process(words, **given)}, ' '))"
    return f"{found_in} @@ CAST({compiler.process(query, **given)} AS tsquery)"


@compiles(FullText, "sqlite")
def _on_sqlite(element: FullText, compiler: SQLCompiler, **given: Any) -> str:
    beside, _words, row, _postgres, query = element.clauses
    table = compiler.process(beside, **given)
    matches = f"SELECT rowid FROM {table} WHERE {table} MATCH {compiler.process(query, **given)}"  # noqa: S608  the query is a bound parameter
    return f"{compiler.process(row, **given)} IN ({matches})"


class Holds(_Condition):
    """A condition: one text contains another. It is cheaper than LIKE, which matches patterns."""

    inherit_cache = True
    name = "holds"


@compiles(Holds, "postgresql")
def _holds_on_postgres(element: Holds, compiler: SQLCompiler, **given: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **given)}) > 0"


@compiles(Holds, "sqlite")
def _holds_on_sqlite(element: Holds, compiler: SQLCompiler, **given: Any) -> str:
    return f"instr({compiler.process(element.clauses, **given)}) > 0"
