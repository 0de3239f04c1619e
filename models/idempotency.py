"""Idempotency keys (rule 62): the same key from the same user gives the same result, with another body a refusal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import IdempotencyMismatch
from models.statements import Statements


class IdempotencyKey(Base):
    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    result: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


_OF_KEY = select(IdempotencyKey).where(
    IdempotencyKey.user_id == bindparam("user"), IdempotencyKey.key == bindparam("key")
)


async def recall(run: Statements, user_id: UUID, key: str, fingerprint: str) -> dict[str, Any] | None:
    """The result that was kept under the key, or None when it is new. Raises IdempotencyMismatch for another body."""
    kept = await run.first(_OF_KEY, {"user": user_id, "key": key})
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise IdempotencyMismatch("This idempotency key was used with another input.", "input", "idempotencyKey")
    return kept.result


async def keep(
    run: Statements, user_id: UUID, key: str, fingerprint: str, result: dict[str, Any], at: datetime
) -> None:
    """Keep the result. Of two transactions with one key the second fails here on the primary key, and is run again."""
    kept = {"user_id": user_id, "key": key, "fingerprint": fingerprint, "result": result, "created_at": at}
    await run.execute(insert(IdempotencyKey), kept)


async def forget(run: Statements, before: datetime) -> None:
    """Drop the keys of long ago."""
    await run.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
