"""Reading the audit (rule 67)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from models.access.authorise import access_site
from models.database.transaction import Snapshot, Transaction
from models.permissions import Permission
from models.storage.paging import Key, Page, PageArguments, page
from models.tables.audit import AuditRecord
from models.values import global_ids
from models.values.moments import clean_moment
from models.values.text import KEY_LIMIT, clean_line

KINDS = {"session": "RoomSession", "message": "ChatMessage", "item": "ContentItem"}
"""The types of targets whose name in the audit is another one."""

NEWEST_FIRST = (Key(AuditRecord.at, descending=True), Key(AuditRecord.id, descending=True))


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records. None is no filter. Moments are excluded themselves."""

    actor_id: UUID | None = None
    action: str | None = None
    target_id: UUID | None = None
    after: datetime | None = None
    before: datetime | None = None


async def begin_audit(tx: Transaction) -> None:
    """Checks access to the audit, and audits the reading itself. Raises FORBIDDEN."""
    await access_site(tx, Permission.READ_AUDIT)


async def read_audit(snapshot: Snapshot, wanted: AuditFilter, arguments: PageArguments) -> Page[AuditRecord]:
    """Returns a page of the audit, newest first. Raises FORBIDDEN, INVALID."""
    await access_site(snapshot, Permission.READ_AUDIT)
    return await page(snapshot, select(AuditRecord).where(*_conditions(wanted)), NEWEST_FIRST, arguments)


async def count_audit(snapshot: Snapshot, wanted: AuditFilter) -> int:
    """Returns how many records there are. Raises FORBIDDEN, INVALID."""
    await access_site(snapshot, Permission.READ_AUDIT)
    counted = select(func.count()).select_from(AuditRecord).where(*_conditions(wanted))
    return int(await snapshot.value(counted))


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.actor_id is not None:
        found.append(AuditRecord.actor_id == wanted.actor_id)
    if wanted.action is not None:
        found.append(AuditRecord.action == clean_line(wanted.action, KEY_LIMIT, "action"))
    if wanted.target_id is not None:
        found.append(AuditRecord.target_id == wanted.target_id)
    if wanted.after is not None:
        found.append(AuditRecord.at > clean_moment(wanted.after, "recordedAfter"))
    if wanted.before is not None:
        found.append(AuditRecord.at < clean_moment(wanted.before, "recordedBefore"))
    return found


def target_id(record: AuditRecord) -> str | None:
    """Returns the global id of the record's target, or None for the site."""
    if record.target_id is None:
        return None
    return global_ids.write(KINDS.get(record.target, record.target.capitalize()), record.target_id)
