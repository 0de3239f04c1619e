"""A room's shelf of things to show, and what a session shows now (rules 68 to 73).

The columns `told_*` keep the place that was last announced, because seeks are announced at most four times a second
(docs/decisions/0013).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base, read_facts
from models.storage.statements import AnyRow

SHELF_LIMIT = 200
PAGES_LIMIT = 10_000
SLOWEST, FASTEST = 0.25, 4.0


class ContentKind(StrEnum):
    MEDIA = "MEDIA"
    DOCUMENT = "DOCUMENT"
    IMAGE = "IMAGE"
    LINK = "LINK"
    WHITEBOARD = "WHITEBOARD"
    SCREEN = "SCREEN"


class ContentState(StrEnum):
    READY = "READY"
    UNPUBLISHED = "UNPUBLISHED"
    REMOVED = "REMOVED"


WITH_URL = frozenset({ContentKind.DOCUMENT, ContentKind.IMAGE, ContentKind.LINK})


class ContentItem(Base):
    __tablename__ = "content_items"
    __table_args__ = (Index(None, "gallery_id", "position"), Index(None, "media_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    kind: Mapped[ContentKind]
    title: Mapped[str | None]  # null for a medium, which has its own
    url: Mapped[str | None]
    page_count: Mapped[int | None]
    # Null for a MEDIA item whose medium was removed from the gallery (rule 69).
    media_id: Mapped[UUID | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    position: Mapped[int]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    added_at: Mapped[datetime]


class ShownContent(Base):
    """A session's row stays when it shows nothing, without an item, so that versions never repeat in a session."""

    __tablename__ = "shown_content"
    __table_args__ = (Index(None, "item_id"), Index(None, "media_id"))

    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"), primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("content_items.id", ondelete="SET NULL"))
    kind: Mapped[ContentKind]
    title: Mapped[str]
    url: Mapped[str | None]
    page_count: Mapped[int | None]
    media_id: Mapped[UUID | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    duration_seconds: Mapped[int | None]
    shown_by: Mapped[UUID] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"))
    by_moderator: Mapped[bool]  # whether it stays when the person who showed it leaves the stage (rule 72)
    page: Mapped[int | None]
    playing: Mapped[bool | None]
    position_seconds: Mapped[float | None]
    rate: Mapped[float | None]
    set_at: Mapped[datetime]
    version: Mapped[int]
    told_position_seconds: Mapped[float | None]
    told_set_at: Mapped[datetime]
    told_version: Mapped[int]
    told_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """An item of a shelf, as it is now or was when an event was recorded."""

    id: UUID
    gallery_id: UUID
    kind: ContentKind
    title: str | None
    url: str | None
    page_count: int | None
    media_id: UUID | None
    position: int
    added_by: UUID | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class ShownFacts:
    """What a session shows, with the title and the address of the item as they are shown to everyone inside."""

    session_id: UUID
    gallery_id: UUID
    item_id: UUID
    kind: ContentKind
    title: str
    url: str | None
    page_count: int | None
    media_id: UUID | None
    duration_seconds: int | None  # of a video or a sound; null where nobody said
    shown_by: UUID  # a participant
    by_moderator: bool
    page: int | None  # null for what has no pages
    playing: bool | None  # null, as the next two, for what does not play
    position_seconds: float | None
    rate: float | None
    set_at: datetime
    version: int

    def position_at(self, now: datetime) -> float:
        """Returns where a video or a sound stands at `now`, in seconds from its start."""
        at = self.position_seconds or 0.0
        if self.playing:
            at += (self.rate or 1.0) * max(0.0, (now - self.set_at).total_seconds())
        return min(at, float(self.duration_seconds)) if self.duration_seconds else at


TOLD: dict[str, Any] = {
    "told_position_seconds": ShownContent.position_seconds,
    "told_set_at": ShownContent.set_at,
    "told_version": ShownContent.version,
}
"""The columns that change when the stored place is announced, besides `told_at`."""


def as_told(row: AnyRow | ShownContent) -> ShownFacts:
    """Returns what a session shows as it was last announced."""
    shown = read_facts(ShownFacts, row)
    return replace(shown, position_seconds=row.told_position_seconds, set_at=row.told_set_at, version=row.told_version)
