"""Rate limits: a use is counted, or refused with the seconds to wait. All processes count together, in the database.

The limits use the generic cell rate algorithm (ITU-T I.371): a user has `burst` uses at once, and gets `per_minute` of
them back each minute. A mutation that is refused for any reason does not count, because its transaction is rolled back.
"""

import math
from uuid import UUID

from sqlalchemy import BindParameter, Double, Uuid, bindparam, case, cast, select
from sqlalchemy.dialects.postgresql import insert

from models.database.transaction import Transaction
from models.errors import RateLimited
from models.tables.rates import RateKind, RateLimit, RateUse

_NOW: BindParameter[float] = bindparam("now", type_=Double())
_USER: BindParameter[UUID] = bindparam("user", type_=Uuid())
_LIMIT_OF_KIND = RateLimit.kind == bindparam("of_kind")
_SPACING = 60.0 / cast(RateLimit.per_minute, Double())
_FIRST = select(_USER, RateLimit.kind, _NOW + _SPACING).where(_LIMIT_OF_KIND)
_NEW = insert(RateUse).from_select(["user_id", "kind", "full_at"], _FIRST)
_STARTS_AT = case((RateUse.full_at > _NOW, RateUse.full_at), else_=_NOW)
_LATEST = select(_NOW + (RateLimit.burst - 1) * _SPACING).where(_LIMIT_OF_KIND).scalar_subquery()
USE = _NEW.on_conflict_do_update(
    index_elements=[RateUse.user_id, RateUse.kind],
    set_={"full_at": _STARTS_AT + (_NEW.excluded.full_at - _NOW)},
    where=RateUse.full_at <= _LATEST,
).returning(RateUse.full_at)
"""Counts one use. Returns no row if there were too many uses."""
_WAIT = select(RateUse.full_at - _LATEST).where(RateUse.user_id == _USER, RateUse.kind == bindparam("of_kind"))


async def keep_to_rate(tx: Transaction, kind: RateKind, *field: str) -> None:
    """Counts one use by the viewer in this transaction.

    Raises RATE_LIMITED, with the seconds to wait, if there were too many uses.
    """
    await must_be_counted(tx, await tx.row(USE, use_of(tx, kind)), kind, *field)


def use_of(tx: Transaction, kind: RateKind) -> dict[str, object]:
    """Returns the parameters of USE for the viewer."""
    return {"user": tx.viewer.id, "of_kind": kind, "now": tx.now.timestamp()}


async def must_be_counted(tx: Transaction, used: object, kind: RateKind, *field: str) -> None:
    """Raises RATE_LIMITED if USE has returned no row."""
    if used is None:
        seconds = max(1, math.ceil(await tx.value(_WAIT, use_of(tx, kind))))
        raise RateLimited(f"You do this too often. Try again in {seconds} s.", seconds, *field)
