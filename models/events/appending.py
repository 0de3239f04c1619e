"""Appending to the log of a gallery (rule 59): numbers are taken by updating the gallery's row, which stays locked."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, bindparam, insert, select, true, update
from sqlalchemy.sql.dml import ReturningInsert

from models.cursors import Position
from models.errors import CorruptLog
from models.events.every import Event, encode
from models.events.log import LogEntry, Recorded
from models.storage.compiled import row_of
from models.storage.statements import AnyRow, Statements, among
from models.tables.galleries import Gallery

_NEXT_NUMBER = (
    update(Gallery)
    .where(Gallery.id == bindparam("gallery"))
    .values(log_head=Gallery.log_head + bindparam("entries"), log_mark=bindparam("its_mark"))
    .returning(Gallery.log_head)
)
_NEXT_NUMBERS = (
    update(Gallery)
    .where(among(Gallery.id))
    .values(log_head=Gallery.log_head + 1, log_mark=bindparam("its_mark"))
    .returning(Gallery.id, Gallery.log_head)
)
_GALLERIES_AT_ONCE = 10_000  # a statement can have 32,767 parameters
_WRITE = insert(LogEntry)
_COLUMNS = LogEntry.__table__.columns
_NAMES = _COLUMNS.keys()


def _values_with(number: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Returns the values of one entry with this number, in the order of `_NAMES`."""
    return select(
        *(number if name == "number" else bindparam(f"entry_{name}", type_=_COLUMNS[name].type) for name in _NAMES)
    )


# A trigger of SQLite makes the new entry its gallery's head.
_NEXT_VALUES = _values_with(Gallery.log_head + 1).where(Gallery.id == bindparam("gallery"))
_WRITE_NEXT = insert(LogEntry).from_select(_NAMES, _NEXT_VALUES).returning(LogEntry.number)


class Appending:
    """The statements that append one entry and make further changes, each of which returns at most one row.

    A server runs them as one statement, because a round trip takes longer than most statements. All parts of it see the
    state before it, so no part may depend on another one. Only the entry depends on the number. No parameter may have the
    name of a column that a change writes, because SQLAlchemy would write it.
    """

    def __init__(self, *changes: ReturningInsert[*tuple[Any, ...]]) -> None:
        self._changes = changes
        self._as_one = self._joined()

    def _joined(self) -> Select[*tuple[Any, ...]]:
        head = _NEXT_NUMBER.cte("head")
        entry = insert(LogEntry).from_select(_NAMES, _values_with(head.c.log_head)).cte("entry")
        changes = [change.cte(f"change_{at}") for at, change in enumerate(self._changes)]
        joined: FromClause = head
        for change in changes:
            # A change that returns no row must not hide the others' rows.
            joined = joined.outerjoin(change, true())
        read = (column for change in changes for column in change.c)
        return select(head.c.log_head, *read).select_from(joined).add_cte(entry)

    async def run(
        self, run: Statements, gallery_id: UUID, event: Event, now: datetime, given: Mapping[str, Any]
    ) -> tuple[Recorded, list[AnyRow | None]]:
        """Returns the position of the entry, and the row of each change. `given` are the changes' parameters."""
        mark = secrets.randbits(31)
        entry = _entry(Recorded(gallery_id, Position(0, mark)), event, now)
        of_entry = {f"entry_{name}": value for name, value in entry.items() if name != "number"}
        if run.is_remote:
            asked = {"gallery": gallery_id, "entries": 1, "its_mark": mark, **of_entry, **given}
            row = await run.row(self._as_one, asked)
            number, rows = (row.log_head, self._split(row)) if row else (None, [])
        else:
            number = await run.value(_WRITE_NEXT, {"gallery": gallery_id, **of_entry})
            rows = [await run.row(change, given) for change in self._changes]
        if number is None:
            raise CorruptLog(gallery_id, 0)
        return Recorded(gallery_id, Position(number, mark)), rows

    def _split(self, row: AnyRow) -> list[AnyRow | None]:
        rows, start = [], 1
        for change in self._changes:
            names = change.exported_columns.keys()
            values = row[start : start + len(names)]
            start += len(names)
            rows.append(None if values[0] is None else row_of(names, values))
        return rows


_ENTRY_ALONE = Appending()


async def record(run: Statements, gallery_id: UUID, event: Event, now: datetime) -> Recorded:
    """Appends `event`. Locks the gallery's row until the transaction ends."""
    recorded, _ = await _ENTRY_ALONE.run(run, gallery_id, event, now, {})
    return recorded


async def record_many(run: Statements, gallery_id: UUID, events: Sequence[Event], now: datetime) -> list[Recorded]:
    """Appends the events in order. Locks the gallery's row as `record` does. Runs two statements."""
    if not events:
        return []
    recorded = await _next(run, gallery_id, len(events))
    await run.execute(_WRITE, [_entry(at, event, now) for at, event in zip(recorded, events, strict=True)])
    return recorded


async def _next(run: Statements, gallery_id: UUID, count: int) -> list[Recorded]:
    marks = [secrets.randbits(31) for _ in range(count)]
    head = await run.value(_NEXT_NUMBER, {"gallery": gallery_id, "entries": count, "its_mark": marks[-1]})
    if head is None:
        raise CorruptLog(gallery_id, 0)
    return [Recorded(gallery_id, Position(number, mark)) for number, mark in enumerate(marks, head - count + 1)]


async def record_each(run: Statements, events: Mapping[UUID, Event], now: datetime) -> list[Recorded]:
    """Appends one event to each gallery's log. The caller holds the galleries' row locks, taken in id order.

    Runs two statements for each 10,000 galleries.
    """
    recorded: list[Recorded] = []
    galleries = sorted(events)
    for start in range(0, len(galleries), _GALLERIES_AT_ONCE):
        mark = secrets.randbits(31)
        some = {"ids": galleries[start : start + _GALLERIES_AT_ONCE], "its_mark": mark}
        recorded += [Recorded(of, Position(number, mark)) for of, number in await run.rows(_NEXT_NUMBERS, some)]
    if recorded:
        await run.execute(_WRITE, [_entry(each, events[each.gallery_id], now) for each in recorded])
    return recorded


def _entry(at: Recorded, event: Event, now: datetime) -> dict[str, object]:
    audience = event.audience
    return {
        "gallery_id": at.gallery_id,
        "number": at.position.number,
        "mark": at.position.mark,
        "kind": event.kind,
        "audience": audience.audience,
        "audience_id": audience.of,
        "audience_user_id": audience.user_id,
        "subject_id": event.subject_id,
        "session_id": event.session_id,
        "payload": encode(event),
        "occurred_at": now,
    }
