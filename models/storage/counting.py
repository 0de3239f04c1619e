"""Counting whole lists: the rows of the same statement that a page is read from, so a count never tells more than the list.

A count is read only when it is asked for. Lists of one kind are counted by one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import KeyedColumnElement

from models.storage.statements import Statements

PARENT, PARENTS = "count_parent", "count_parents"


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """Counts the rows of `statement`, by `parent` if it is given.

    A statement that the caller builds once has its parameters in `given`, and is made to a count only once.
    """

    statement: Select[Any]
    parent: InstrumentedAttribute[Any] | KeyedColumnElement[Any] | None = None
    given: Mapping[str, Any] | None = None

    async def of(self, run: Statements, parents: Sequence[UUID | None]) -> dict[UUID | None, int]:
        """Returns the number of rows of each parent; without `parent`, of None. Runs one statement."""
        if self.parent is None:
            return {None: await run.value(select(func.count()).select_from(self.statement.subquery()), self.given)}
        count = _count if self.given is None else _count_once
        rows = await run.rows(count(self.statement, self.parent), {**(self.given or {}), PARENTS: list(parents)})
        return dict.fromkeys(parents, 0) | {row[0]: row[1] for row in rows}

    async def by_parent(self, run: Statements, parents: Iterable[UUID], seen: Sequence[UUID]) -> dict[UUID, int]:
        """Returns the number of rows of each parent that is in `seen`, and 0 for the others."""
        found = await self.of(run, seen) if seen else {}
        return {each: found.get(each, 0) for each in parents}


def _count(
    statement: Select[Any], parent: InstrumentedAttribute[Any] | KeyedColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    rows = statement.where(parent.in_(bindparam(PARENTS, expanding=True))).add_columns(parent.label(PARENT)).subquery()
    return select(rows.c[PARENT], func.count()).group_by(rows.c[PARENT])


_count_once = lru_cache(maxsize=100)(_count)


@dataclass(frozen=True, slots=True)
class Total:
    """The number of items of a list: known, or counted by `counting` for this parent when it is asked for."""

    counting: Counting | None = None
    parent: UUID | None = None
    known: int = 0


NOTHING = Total()


async def counted(run: Statements, totals: Sequence[Total]) -> list[int]:
    """Returns the numbers, in order. Runs one statement for each Counting, whatever the number of its parents."""
    asked: dict[Counting, list[UUID | None]] = {}
    for total in totals:
        if total.counting is not None:
            asked.setdefault(total.counting, []).append(total.parent)
    found = {each: await each.of(run, list(dict.fromkeys(parents))) for each, parents in asked.items()}
    return [total.known if total.counting is None else found[total.counting][total.parent] for total in totals]
