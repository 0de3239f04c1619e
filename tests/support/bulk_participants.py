"""Inserts many participants at once, where entering one by one would take too long."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from models.database.transaction import Transaction
from models.storage.base import new_id
from models.storage.full_text import search_row
from models.tables.participants import Participant
from models.tables.people import User


async def insert_copies(
    tx: Transaction, participant: UUID, count: int, each: Callable[[int], dict[str, Any]] = lambda _place: {}
) -> None:
    """Inserts `count` copies of this participant, each with a new user without roles.

    `each(n)` overrides columns of the n-th copy, from 1. The session's counters do not change.
    """
    known = await tx.first(select(Participant).where(Participant.id == participant))
    assert known
    users = [_user(tx.now) for _ in range(count)]
    await tx.execute(insert(User), users)
    alike: dict[str, Any] = known._asdict()  # type: ignore[attr-defined]  # a row
    people = [alike | {"id": new_id(), "user_id": user["id"]} | each(place) for place, user in enumerate(users, 1)]
    await tx.execute(insert(Participant), people)


def _user(created_at: datetime) -> dict[str, Any]:
    user_id = new_id()
    about = {"issuer": "crowd", "name": "Someone", "name_key": "someone", "search_words": "someone"}
    number = search_row(user_id)
    return {**about, "id": user_id, "subject": str(user_id), "created_at": created_at, "search_row": number}
