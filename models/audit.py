"""The audit record (rule 67): every privileged act and every refusal of one. Who, what, on what, by which role, when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id
from models.permissions import Viewer
from models.statements import Statements

DONE = "DONE"


class AuditRecord(Base):
    __tablename__ = "audit_records"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID]
    action: Mapped[str]  # the mutation
    permission: Mapped[str]  # what it took
    target: Mapped[str]  # the kind of thing that was asked for: "room", "gallery", "site"
    target_id: Mapped[UUID | None]  # as asked for, whether or not it exists
    role: Mapped[str | None]  # the role that gave the permission, or null where none did
    outcome: Mapped[str]  # DONE, or the code of the refusal


async def write(
    run: Statements,
    now: datetime,
    viewer: Viewer,
    *,
    action: str,
    permission: str,
    target: str,
    target_id: UUID | None,
    role: str | None,
    outcome: str,
) -> None:
    """Add one record."""
    record = {
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
    await run.execute(insert(AuditRecord), record)
