"""The audit log (rule 67): a record of every privileged act and of every refusal of one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, insert
from sqlalchemy.orm import Mapped, mapped_column

from models.permissions import Viewer
from models.storage.base import Base, new_id
from models.storage.statements import Statements

DONE = "DONE"


class AuditRecord(Base):
    __tablename__ = "audit_records"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "actor_id", "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "target_id", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[UUID]
    action: Mapped[str]  # the mutation
    permission: Mapped[str]  # the permission that the act needs
    target: Mapped[str]  # the kind of target: "room", "gallery", "site"
    target_id: Mapped[UUID | None]  # from the request, whether or not it exists
    role: Mapped[str | None]  # the role that granted the permission, or null if none did
    outcome: Mapped[str]  # DONE, the code of the refusal, or why the server disabled a webhook


def record(
    now: datetime,
    viewer: Viewer,
    *,
    action: str,
    permission: str,
    target: str,
    target_id: UUID | None,
    role: str | None,
    outcome: str,
) -> dict[str, Any]:
    """Returns the values of one audit record."""
    return {
        "id": new_id(),
        "at": now,
        "actor_id": viewer.id,
        "action": action,
        "permission": permission,
        "target": target,
        "target_id": target_id,
        "role": role,
        "outcome": outcome,
    }


async def write(run: Statements, records: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the records."""
    await run.execute(_WRITE, records[0] if len(records) == 1 else records)


_WRITE = insert(AuditRecord)
