"""Suspending users, and letting them in again (rule 66)."""

from uuid import UUID

from sqlalchemy import update

from models.access.people import access_user
from models.database.transaction import Transaction
from models.errors import Invalid
from models.tables.people import User

_FIELD = ("input", "userId")


async def suspend_user(tx: Transaction, user_id: UUID) -> UUID:
    """Suspends a user. One who is suspended already stays so, since the same time. Raises NOT_FOUND, INVALID.

    Each process ends the user's connections when it next looks at the database.
    """
    await access_user(tx, user_id, *_FIELD)
    if user_id == tx.viewer.id:
        raise Invalid("You cannot suspend yourself.", *_FIELD)
    await tx.execute(update(User).where(User.id == user_id, User.suspended_at.is_(None)).values(suspended_at=tx.now))
    return user_id


async def unsuspend_user(tx: Transaction, user_id: UUID) -> UUID:
    """Ends a suspension. A user who is not suspended stays so. Raises NOT_FOUND."""
    await access_user(tx, user_id, *_FIELD)
    await tx.execute(update(User).where(User.id == user_id).values(suspended_at=None))
    return user_id
