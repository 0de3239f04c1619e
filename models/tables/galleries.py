"""Galleries and their memberships (rules 1 to 3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.cursors import Position
from models.storage.base import Base, SortKey


class GalleryRole(StrEnum):
    MANAGER = "MANAGER"
    MODERATOR = "MODERATOR"
    CONTRIBUTOR = "CONTRIBUTOR"
    MEMBER = "MEMBER"


HIGHEST_FIRST = (GalleryRole.MANAGER, GalleryRole.MODERATOR, GalleryRole.CONTRIBUTOR, GalleryRole.MEMBER)


class MembershipSource(StrEnum):
    MANUAL = "MANUAL"
    ROSTER = "ROSTER"


class GalleryOrder(StrEnum):
    TITLE = "TITLE"
    NEWEST = "NEWEST"


class Gallery(Base):
    __tablename__ = "galleries"
    __table_args__ = (Index(None, "title_key", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(SortKey)
    description: Mapped[str]
    moderate_media: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # The log's head: the number and mark of its last entry. `log_floor` is the oldest entry that is still kept.
    log_head: Mapped[int] = mapped_column(BigInteger)
    log_mark: Mapped[int]
    log_floor: Mapped[int] = mapped_column(BigInteger)


class Membership(Base):
    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) != (group_id IS NULL)", name="one_principal"),
        # A user can have a manual and a roster membership at once: a roster sync changes only its own.
        Index(None, "gallery_id", "user_id", "source", unique=True),
        Index(None, "gallery_id", "group_id", "source", unique=True),
        Index(None, "user_id", "role"),
        Index(None, "group_id", "role"),
        Index(None, "gallery_id", "id"),
        Index(None, "gallery_id", "role", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    role: Mapped[GalleryRole]
    source: Mapped[MembershipSource]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class LogHead:
    """The number and mark of the last entry in a gallery's log."""

    log_head: int
    log_mark: int

    @property
    def position(self) -> Position:
        return Position(self.log_head, self.log_mark)


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """A membership, as it is now or was when an event was recorded."""

    id: UUID
    user_id: UUID | None
    group_id: UUID | None
    role: GalleryRole
    source: MembershipSource
    created_at: datetime
