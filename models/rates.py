"""How often one person may do what reaches many: limits as data, held in the database and so across processes.

A bucket for each user and kind, by the generic cell rate algorithm (ITU-T I.371): `burst` at once, and `per_minute` of
them come back in a minute. What was refused for whatever reason counts for nothing, as it is rolled back.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BindParameter, Double, ForeignKey, Uuid, bindparam, case, cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.errors import RateLimited
from models.transaction import Transaction


class RateKind(StrEnum):
    """What is counted together."""

    MESSAGES = "MESSAGES"
    REACTIONS = "REACTIONS"
    QUESTIONS = "QUESTIONS"
    VOTES = "VOTES"


class RateLimit(Base):
    __tablename__ = "rate_limits"

    kind: Mapped[RateKind] = mapped_column(primary_key=True)
    burst: Mapped[int]
    per_minute: Mapped[int]


class RateUse(Base):
    __tablename__ = "rate_uses"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[RateKind] = mapped_column(primary_key=True)
    full_at: Mapped[float]  # seconds since 1970: when all of the burst is there again


@dataclass(frozen=True, slots=True)
class RateFacts:
    """The limit of a kind: so many at once, and so many more in a minute."""

    kind: RateKind
    burst: int
    per_minute: int


RATES = select(RateLimit).order_by(RateLimit.kind)

_NOW: BindParameter[float] = bindparam("now", type_=Double())
_USER: BindParameter[UUID] = bindparam("user", type_=Uuid())
_LIMIT_OF_KIND = RateLimit.kind == bindparam("of_kind")
_SPACING = 60.0 / cast(RateLimit.per_minute, Double())
_FIRST = select(_USER, RateLimit.kind, _NOW + _SPACING).where(_LIMIT_OF_KIND)
_NEW = insert(RateUse).from_select(["user_id", "kind", "full_at"], _FIRST)
_STARTS_AT = case((RateUse.full_at > _NOW, RateUse.full_at), else_=_NOW)
_LATEST = select(_NOW + (RateLimit.burst - 1) * _SPACING).where(_LIMIT_OF_KIND).scalar_subquery()
_USE = _NEW.on_conflict_do_update(
    index_elements=[RateUse.user_id, RateUse.kind],
    set_={"full_at": _STARTS_AT + (_NEW.excluded.full_at - _NOW)},
    where=RateUse.full_at <= _LATEST,
).returning(RateUse.full_at)
_WAIT = select(RateUse.full_at - _LATEST).where(RateUse.user_id == _USER, RateUse.kind == bindparam("of_kind"))


async def keep_to_rate(tx: Transaction, kind: RateKind, *field: str) -> None:
    """Count one use by the viewer, within this transaction. RATE_LIMITED, with the seconds to wait, when there are too many."""
    use = {"user": tx.viewer.id, "of_kind": kind, "now": tx.now.timestamp()}
    if await tx.value(_USE, use) is None:
        seconds = max(1, math.ceil(await tx.value(_WAIT, use)))
        raise RateLimited(f"This is too often. Try again in {seconds} s.", seconds, *field)
