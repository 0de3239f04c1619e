"""The audit for an operator: with names, oldest first, as lines or as rows of a table."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from models.database.database import Database
from models.storage.paging import MAX_SIZE, PageArguments
from models.storage.statements import among
from models.tables.audit import AuditRecord
from models.tables.people import User
from resolvers.audit import AuditFilter, count_audit, read_audit, target_id
from server.operator import OPERATOR
from server.people_found import moment

COLUMNS = ("id", "at", "actor", "actorId", "action", "permission", "targetKind", "targetId", "role", "outcome")
Row = Mapping[str, Any]

OVERLAP = timedelta(seconds=30)
"""How much is read again while the audit is followed: a record is committed later than its time says."""

_NAMES = select(User.id, User.name).where(among(User.id))


async def newest(database: Database, wanted: AuditFilter, most: int) -> list[Row]:
    """Returns the newest records, oldest first."""
    found: list[Row] = []
    after: str | None = None
    while len(found) < most:
        async with database.snapshot(OPERATOR) as snapshot:
            size = min(most - len(found), MAX_SIZE)
            page = await read_audit(snapshot, wanted, PageArguments(first=size, after=after))
        found += await _told(database, page.rows)
        if not page.has_next:
            break
        after = page.cursors[-1]
    return found[::-1]


async def everything(database: Database, wanted: AuditFilter) -> AsyncIterator[list[Row]]:
    """Yields all records, oldest first, page by page."""
    before: str | None = None
    while True:
        # The list is newest first, so the oldest records are at its end.
        async with database.snapshot(OPERATOR) as snapshot:
            page = await read_audit(snapshot, wanted, PageArguments(last=MAX_SIZE, before=before))
        if page.rows:
            yield await _told(database, page.rows[::-1])
        if not page.has_previous:
            return
        before = page.cursors[0]


async def amount(database: Database, wanted: AuditFilter) -> int:
    """Returns how many records `everything` will yield, if none is added meanwhile."""
    async with database.snapshot(OPERATOR) as snapshot:
        return await count_audit(snapshot, wanted)


class Follower:
    """Returns what is recorded from its beginning on, each record once."""

    def __init__(self, database: Database, wanted: AuditFilter) -> None:
        self._database = database
        self._wanted = wanted
        self._seen: dict[str, datetime] = {}
        self._latest = database.clock()

    async def begin(self) -> None:
        """Notes what is there already."""
        self.note(await self._recent())

    def note(self, rows: Iterable[Row]) -> None:
        """Notes rows that were shown in another way."""
        self._seen |= {row["id"]: row["at"] for row in rows}

    async def new(self) -> list[Row]:
        """Returns the records that were neither returned before nor noted, oldest first."""
        recent = await self._recent()
        found = [row for row in recent if row["id"] not in self._seen]
        self._seen = {row["id"]: row["at"] for row in recent}
        self._latest = max([self._latest, *self._seen.values()])
        return found

    async def _recent(self) -> list[Row]:
        begin = self._latest - OVERLAP
        wanted = replace(self._wanted, after=max(begin, self._wanted.after or begin))
        return [row async for page in everything(self._database, wanted) for row in page]


async def _told(database: Database, records: Sequence[AuditRecord]) -> list[Row]:
    actors = list({record.actor_id for record in records})
    names = dict(await database.reads.rows(_NAMES, {"ids": actors})) | {OPERATOR.id: OPERATOR.name}
    return [_row(record, names.get(record.actor_id)) for record in records]


def _row(record: AuditRecord, actor: str | None) -> Row:
    values = (
        str(record.id), record.at, actor, str(record.actor_id), record.action, record.permission, record.target,
        target_id(record), record.role, record.outcome,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def line(row: Row) -> str:
    """Returns the record as a line for a terminal."""
    actor = row["actor"] or row["actorId"]
    target = f"{row['targetKind']} {row['targetId'] or ''}".rstrip()
    return f"{moment(row['at'])}  {row['outcome']:<10}  {row['action']}  {target}  {actor}, {row['role'] or 'no role'}"
