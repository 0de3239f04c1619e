"""Media in a gallery, and who sees which of them (rules 15 to 17)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, SortKey


class MediaKind(StrEnum):
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    IMAGE = "IMAGE"


class MediaStatus(StrEnum):
    PENDING = "PENDING"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"


class MediaOrder(StrEnum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    TITLE = "TITLE"
    LONGEST = "LONGEST"
    SHORTEST = "SHORTEST"


class Media(Base):
    __tablename__ = "media"
    __table_args__ = (
        Index(None, "gallery_id", "created_at", "id"),
        Index(None, "gallery_id", "title_key", "id"),
        Index(None, "gallery_id", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(SortKey)
    description: Mapped[str]
    kind: Mapped[MediaKind]
    status: Mapped[MediaStatus]
    duration_seconds: Mapped[int] = mapped_column(default=0)  # 0 where a duration makes no sense, so that it sorts
    tags: Mapped[list[str]]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
