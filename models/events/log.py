"""The log of each gallery (rules 59 to 62): every change is a numbered entry, inserted in the change's transaction.

A transaction takes numbers by updating the gallery's row, and holds that row's lock until commit. So the order of
numbers is the order of commits, without gaps. Each entry has a random mark, and a cursor contains number and mark: a
cursor from before a restored backup does not match the entry that now has its number (docs/decisions/0004-marks.md).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.audiences import SHOWN, Audience
from models.cursors import CursorExpired, Position
from models.errors import CorruptLog, StreamReset, access_lost
from models.events.every import Event, decode
from models.storage.base import Base, columns, read_facts, unpack
from models.storage.counting import Counting
from models.storage.statements import AnyRow, Statements, among
from models.tables.chat import ChatMessage, Spoken
from models.tables.galleries import Gallery

_SHOWN = ", ".join(f"'{audience}'" for audience in SHOWN)


class LogEntry(Base):
    __tablename__ = "log_entries"
    __table_args__ = (
        Index(None, "session_id", "number"),  # for a session's record, in the log's order
        Index(  # to find the last entry that all members may see, among many that they may not
            "ix_log_entries_shown",
            "gallery_id",
            "number",
            postgresql_where=text(f"audience IN ({_SHOWN})"),
            sqlite_where=text(f"audience IN ({_SHOWN})"),
        ),
    )

    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    mark: Mapped[int]
    kind: Mapped[str] = mapped_column(String(64))
    audience: Mapped[str] = mapped_column(String(32))
    audience_id: Mapped[UUID | None]
    audience_user_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    payload: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(index=True)


SHOWN_TO_ALL = LogEntry.audience.in_([literal_column(f"'{audience}'") for audience in SHOWN])
"""The condition of `ix_log_entries_shown`. Queries must use exactly this condition, or they do not use the index."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is read: the event, its position, and the current text of its message, if it is about one.

    `made` keeps what a process makes of the entry for many readers. A changed copy of the entry has nothing made of it
    yet.
    """

    gallery_id: UUID
    position: Position
    occurred_at: datetime
    event: Event
    spoken: Spoken | None
    made: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def number(self) -> int:
        return self.position.number


@dataclass(frozen=True, slots=True)
class Recorded:
    """The position of a recorded event, from which a mutation's cursor is made."""

    gallery_id: UUID
    position: Position


_HEAD = select(Gallery.log_head, Gallery.log_mark).where(Gallery.id == bindparam("gallery"))
_HEADS = select(Gallery.id, Gallery.log_head, Gallery.log_mark).where(
    Gallery.id.in_(bindparam("galleries", expanding=True))
)
_ENTRIES = (
    select(LogEntry.number, LogEntry.mark, LogEntry.occurred_at, LogEntry.payload, *columns(Spoken, ChatMessage))
    .outerjoin(ChatMessage, ChatMessage.id == LogEntry.subject_id)
    .order_by(LogEntry.number)
    .limit(bindparam("limit"))
)
_AFTER = _ENTRIES.where(LogEntry.gallery_id == bindparam("gallery"), LogEntry.number >= bindparam("number"))
_OF_SESSION = _ENTRIES.where(
    LogEntry.session_id == bindparam("session"),
    LogEntry.number > bindparam("number"),
    LogEntry.audience.not_in(bindparam("hidden", expanding=True)),
)
_CHECK = (
    select(Gallery.log_head, Gallery.log_floor, LogEntry.mark)
    .outerjoin(LogEntry, (LogEntry.gallery_id == Gallery.id) & (LogEntry.number == bindparam("number")))
    .where(Gallery.id == bindparam("gallery"))
)

_OLDEST = (
    select(LogEntry.number, LogEntry.mark)
    .join(Gallery, (LogEntry.gallery_id == Gallery.id) & (LogEntry.number == Gallery.log_floor))
    .where(Gallery.id == bindparam("gallery"))
)


async def head(run: Statements, gallery_id: UUID) -> Position:
    """Returns the position of the log's last entry. Raises FORBIDDEN if the gallery is gone."""
    row = await run.row(_HEAD, {"gallery": gallery_id})
    if row is None:
        raise access_lost()
    return Position(row.log_head, row.log_mark)


async def heads(run: Statements, galleries: Sequence[UUID]) -> dict[UUID, Position]:
    """Returns the position of each log's last entry. Omits galleries that are gone. Runs one statement."""
    rows = await run.rows(_HEADS, {"galleries": list(galleries)})
    return {gallery_id: Position(number, mark) for gallery_id, number, mark in rows}


async def after(run: Statements, gallery_id: UUID, position: Position, limit: int) -> list[Entry]:
    """Returns up to `limit` entries after `position`, in order.

    Raises CURSOR_EXPIRED if following entries were deleted, STREAM_RESET if the position is not of this log.
    """
    # Also read the entry at the position: its number and mark prove that this is still the same log.
    rows = await run.rows(_AFTER, {"gallery": gallery_id, "number": position.number, "limit": limit + 1})
    if position.number:
        if not rows or rows[0].number != position.number or rows[0].mark != position.mark:
            await check(run, gallery_id, position)
            raise CorruptLog(gallery_id, position.number)
        rows = rows[1:]
    for expected, row in enumerate(rows[:limit], position.number + 1):
        if row.number != expected:
            await check(run, gallery_id, position)
            raise CorruptLog(gallery_id, expected)
    return [_read(gallery_id, row) for row in rows[:limit]]


def _read(gallery_id: UUID, row: AnyRow) -> Entry:
    spoken, _ = unpack(row, 4, Spoken)
    return Entry(gallery_id, Position(row.number, row.mark), row.occurred_at, decode(row.payload), spoken)


_SPOKEN = select(*columns(Spoken, ChatMessage)).where(among(ChatMessage.id))


async def spoken(run: Statements, messages: Collection[UUID]) -> dict[UUID, Spoken]:
    """Returns the current text of each of these messages."""
    rows = await run.rows(_SPOKEN, {"ids": list(messages)})
    return {row.id: read_facts(Spoken, row) for row in rows}


async def of_session(
    run: Statements, gallery_id: UUID, session_id: UUID, after: int, limit: int, hidden: Collection[Audience]
) -> list[Entry]:
    """Returns up to `limit` entries of a session after number `after`, in order.

    Omits the entries for `hidden` audiences.
    """
    which = {"session": session_id, "number": after, "limit": limit, "hidden": list(hidden)}
    return [_read(gallery_id, row) for row in await run.rows(_OF_SESSION, which)]


def entries_of_session(session_id: UUID, hidden: Collection[Audience]) -> Counting:
    """Counts the entries of a session, except for those of `hidden` audiences."""
    return Counting(select(LogEntry.number).where(LogEntry.session_id == session_id, LogEntry.audience.not_in(hidden)))


_KINDS = LogEntry.kind.in_(bindparam("kinds", expanding=True))
_TOLD = (
    # Entries of other kinds are read without their payload, so that a page costs about the same wherever it lies.
    select(LogEntry.number, LogEntry.occurred_at, case((_KINDS, LogEntry.payload), else_=None).label("payload"))
    .where(LogEntry.session_id == bindparam("session"), LogEntry.number > bindparam("number"))
    .order_by(LogEntry.number)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Told:
    """Events of some kinds among the next entries of a session, with their times.

    `last` is the number of the last entry that was looked at, or None if there are no more entries.
    """

    events: list[tuple[datetime, Event]]
    last: int | None


async def told_in(run: Statements, session_id: UUID, kinds: Collection[str], after: int, limit: int) -> Told:
    """Returns the events of these kinds among the `limit` entries of a session after number `after`."""
    which = {"session": session_id, "number": after, "limit": limit, "kinds": list(kinds)}
    rows = await run.rows(_TOLD, which)
    events = [(row.occurred_at, decode(row.payload)) for row in rows if row.payload is not None]
    return Told(events, rows[-1].number if len(rows) == limit else None)


async def check(run: Statements, gallery_id: UUID, position: Position) -> None:
    """Checks that the log can be read from this position without a gap (rule 61).

    Raises CURSOR_EXPIRED, STREAM_RESET, or FORBIDDEN if the gallery is gone.
    """
    row = await run.row(_CHECK, {"gallery": gallery_id, "number": position.number})
    if row is None:
        raise access_lost()
    if position.number > row.log_head:
        raise StreamReset("The log was restored from a backup that is older than this cursor. Read the state again.")
    if position.number < row.log_floor:
        raise CursorExpired(await _oldest(run, gallery_id))
    if position.number and position.mark != row.mark:
        raise StreamReset("The log was restored from a backup. Read the state again.")


async def _oldest(run: Statements, gallery_id: UUID) -> Position:
    """Returns the oldest position that the log can be read from: its oldest entry, which proves that it is this log."""
    row = await run.row(_OLDEST, {"gallery": gallery_id})
    if row is None:
        raise access_lost()
    return Position(row.number, row.mark)


_FLOOR_OF_AGE = (
    select(LogEntry.number)
    .where(LogEntry.gallery_id == bindparam("gallery"), LogEntry.occurred_at >= bindparam("oldest"))
    .order_by(LogEntry.number)
    .limit(1)
)


def overgrown(keep: int, oldest: datetime) -> Select[UUID]:
    """Returns a statement that selects the galleries whose logs can be pruned."""
    old = exists().where(
        LogEntry.gallery_id == Gallery.id,
        LogEntry.occurred_at < oldest,
        LogEntry.number >= Gallery.log_floor,
        LogEntry.number < Gallery.log_head,
    )
    # A floor of 0 means that nothing was pruned yet. The oldest entry is then 1.
    many = and_(Gallery.log_head > keep, Gallery.log_head - keep >= Gallery.log_floor)
    return select(Gallery.id).where(or_(many, old))


# A session's entries are kept as its record, but streams cannot read them any more.
_PRUNE = delete(LogEntry).where(
    LogEntry.gallery_id == bindparam("gallery"), LogEntry.number < bindparam("floor"), LogEntry.session_id.is_(None)
)


async def prune(run: Statements, gallery_id: UUID, keep: int, oldest: datetime) -> int:
    """Deletes all but the last `keep` entries, and entries older than `oldest`.

    Returns the number of the oldest entry left. The last entry always stays, so that a cursor at the head stays valid
    in a quiet gallery.
    """
    gallery = await run.first(select(Gallery).where(Gallery.id == gallery_id).with_for_update())
    if gallery is None:
        return 0
    first_young = await run.value(_FLOOR_OF_AGE, {"gallery": gallery_id, "oldest": oldest})
    young = gallery.log_head if first_young is None else first_young
    floor: int = max(gallery.log_floor, gallery.log_head - keep + 1, young)
    if floor <= max(gallery.log_floor, 1):
        return gallery.log_floor
    await run.execute(_PRUNE, {"gallery": gallery_id, "floor": floor})
    await run.execute(update(Gallery).where(Gallery.id == gallery_id).values(log_floor=floor))
    return floor
