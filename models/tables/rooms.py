"""A gallery's one room, its settings and its assigned moderators (rules 5 to 13, 21 to 24)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base


class RoomMode(StrEnum):
    INTERACTIVE = "INTERACTIVE"
    WEBINAR = "WEBINAR"


class FeatureSetting(StrEnum):
    SITE_DEFAULT = "SITE_DEFAULT"
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"

    def resolve(self, site_default: bool) -> bool:
        """Returns whether the feature is enabled now (rule 24)."""
        return site_default if self is FeatureSetting.SITE_DEFAULT else self is FeatureSetting.ENABLED


class RoomState(StrEnum):
    DISABLED = "DISABLED"
    CLOSED = "CLOSED"
    OPEN = "OPEN"


class AssignedRole(StrEnum):
    """The roles that a manager assigns in the room's settings. Each is a list of users and groups."""

    ROOM_MODERATOR = "ROOM_MODERATOR"
    CHAT_MODERATOR = "CHAT_MODERATOR"
    SPEAKER = "SPEAKER"


class AssignmentSource(StrEnum):
    ASSIGNED = "ASSIGNED"
    GALLERY_MANAGER = "GALLERY_MANAGER"


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"), unique=True)
    enabled: Mapped[bool]
    mode: Mapped[RoomMode]
    qna: Mapped[FeatureSetting]
    group_chat: Mapped[FeatureSetting]
    shelf_visible: Mapped[bool]  # whether everyone who sees the room sees its shelf (rule 73)
    version: Mapped[int]
    # The running session, or the last one: the session that the room's page shows.
    session_id: Mapped[UUID | None]
    updated_at: Mapped[datetime]


class ModeratorAssignment(Base):
    __tablename__ = "moderator_assignments"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) != (group_id IS NULL)", name="one_principal"),
        Index(None, "room_id", "role", "user_id", unique=True),
        Index(None, "room_id", "role", "group_id", unique=True),
        Index(None, "user_id"),
        Index(None, "group_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    role: Mapped[AssignedRole]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    position: Mapped[int]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room's settings, as they are now or were when an event was recorded."""

    id: UUID
    gallery_id: UUID
    enabled: bool
    mode: RoomMode
    qna: FeatureSetting
    group_chat: FeatureSetting
    version: int
    session_id: UUID | None
    updated_at: datetime
    shelf_visible: bool = False  # older log entries do not have it


@dataclass(frozen=True, slots=True)
class AssignmentFacts:
    """One entry of a room's lists of moderators and speakers."""

    role: AssignedRole
    user_id: UUID | None
    group_id: UUID | None
