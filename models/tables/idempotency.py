"""Idempotency keys (rule 62): a repeated key of a user returns the first result, or is refused with another input."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.errors import IdempotencyMismatch
from models.storage.base import Base
from models.storage.statements import Statements


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
    """Returns the result stored under the key, or None if the key was deleted meanwhile.

    Raises IdempotencyMismatch for another input.
    """
    kept = await run.first(_OF_KEY, {"user": user_id, "key": key})
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise IdempotencyMismatch("This idempotency key was used with another input.", "input", "idempotencyKey")
    return kept.result


async def claim(run: Statements, user_id: UUID, key: str, fingerprint: str, at: datetime) -> bool:
    """Inserts the key before the mutation runs. Returns False if the key was used before.

    If two transactions use one key, the second waits here for the first. If the first commits, the second returns
    False, and recalls the first one's result. If the first rolls back, the second returns True and goes on.
    """
    claimed = {"user_id": user_id, "key": key, "fingerprint": fingerprint, "result": {}, "created_at": at}
    return await run.execute(_CLAIM, claimed) == 1


_CLAIM = insert(IdempotencyKey).on_conflict_do_nothing()


async def keep(run: Statements, user_id: UUID, key: str, result: dict[str, Any]) -> None:
    """Stores the result under the claimed key."""
    await run.execute(_KEEP, {"user": user_id, "its_key": key, "its_result": result})


_KEEP = (
    update(IdempotencyKey)
    .where(IdempotencyKey.user_id == bindparam("user"), IdempotencyKey.key == bindparam("its_key"))
    .values(result=bindparam("its_result"))
)


async def forget(run: Statements, before: datetime) -> None:
    """Deletes the keys that were created before `before`."""
    await run.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
