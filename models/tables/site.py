"""The site's settings (one row) and the limits of each room mode, as data (rules 22, 24)."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base
from models.tables.rooms import RoomMode


class Site(Base):
    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    qna_default: Mapped[bool]
    group_chat_default: Mapped[bool]
    moderate_media_default: Mapped[bool]
    host_absence_timeout_seconds: Mapped[int]
    reconnect_grace_seconds: Mapped[int]
    # What people can react with in a room, in the order in which it is shown (rule 81).
    reaction_emoji: Mapped[list[str]]
    refused_words: Mapped[list[str]]  # answers to word clouds that are refused (rule 80)
    # A random number that triggers of the database replace when the name or picture of a user or group changes.
    people_mark: Mapped[int] = mapped_column(BigInteger)


class RoomLimits(Base):
    __tablename__ = "room_limits"

    mode: Mapped[RoomMode] = mapped_column(primary_key=True)
    visible_cameras: Mapped[int]
    stage_capacity: Mapped[int | None]
    participant_capacity: Mapped[int]
    cameras_on_by_default: Mapped[bool]  # whether coming to the stage switches the camera on (rule 89)


THE_SITE = select(Site)
LIMITS = select(RoomLimits).order_by(RoomLimits.mode)


@dataclass(frozen=True, slots=True)
class FeatureDefaults:
    """The site's current values for SITE_DEFAULT."""

    qna_default: bool
    group_chat_default: bool


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds a session waits for disconnected participants and for an absent host (rules 33, 39)."""

    host_absence_timeout_seconds: int
    reconnect_grace_seconds: int


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """The limits of a room mode."""

    mode: RoomMode
    visible_cameras: int
    stage_capacity: int | None
    participant_capacity: int
    cameras_on_by_default: bool = False  # older log entries do not have it
