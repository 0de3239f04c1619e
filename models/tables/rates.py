"""Rate limits: the limits as data, and a bucket for each user and kind."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base


class RateKind(StrEnum):
    """A group of mutations that are counted together."""

    MESSAGES = "MESSAGES"
    REACTIONS = "REACTIONS"
    QUESTIONS = "QUESTIONS"
    ANSWERS = "ANSWERS"
    HANDS = "HANDS"
    DEVICES = "DEVICES"
    MEDIA = "MEDIA"
    PLAYLISTS = "PLAYLISTS"
    MEMBERS = "MEMBERS"
    INTERACTIONS = "INTERACTIONS"
    RECORDINGS = "RECORDINGS"
    CONTENT = "CONTENT"
    SHOWING = "SHOWING"
    VISITS = "VISITS"
    CHANGES = "CHANGES"
    MODERATION = "MODERATION"
    IMPORTS = "IMPORTS"


class RateLimit(Base):
    __tablename__ = "rate_limits"

    kind: Mapped[RateKind] = mapped_column(primary_key=True)
    burst: Mapped[int]
    per_minute: Mapped[int]


class RateUse(Base):
    __tablename__ = "rate_uses"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[RateKind] = mapped_column(primary_key=True)
    full_at: Mapped[float]  # seconds since 1970: when the whole burst is available again


@dataclass(frozen=True, slots=True)
class RateFacts:
    """The limit of a kind: `burst` uses at once, and `per_minute` more each minute."""

    kind: RateKind
    burst: int
    per_minute: int


RATES = select(RateLimit).order_by(RateLimit.kind)
