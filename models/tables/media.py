"""Media and playlists of a gallery (rules 15 to 17)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base, SortKey

DURATION_LIMIT = 10**7  # seconds, about four months
ITEMS_LIMIT = 500


class MediaKind(StrEnum):
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    IMAGE = "IMAGE"


class MediaStatus(StrEnum):
    PENDING = "PENDING"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"


class ReviewDecision(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


class MediaOrder(StrEnum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    TITLE = "TITLE"
    LONGEST = "LONGEST"
    SHORTEST = "SHORTEST"


_UNPUBLISHED = "status <> 'PUBLISHED'"


class Media(Base):
    __tablename__ = "media"
    __table_args__ = (
        Index(None, "gallery_id", "created_at", "id"),
        Index(None, "gallery_id", "title_key", "id"),
        Index(None, "gallery_id", "duration_seconds", "id"),
        # A partial index: few media are unpublished, and pending ones are listed and counted.
        Index(
            "ix_media_unpublished",
            "gallery_id",
            "status",
            postgresql_where=text(_UNPUBLISHED),
            sqlite_where=text(_UNPUBLISHED),
        ),
        Index(  # to find out whether the viewer has unpublished media
            "ix_media_unpublished_own",
            "gallery_id",
            "owner_id",
            postgresql_where=text(_UNPUBLISHED),
            sqlite_where=text(_UNPUBLISHED),
        ),
        Index(
            "ix_media_search_words",
            func.array_to_tsvector(func.string_to_array(text("search_words"), text("' '"))),
            postgresql_using="gin",
        ).ddl_if(dialect="postgresql"),  # on SQLite, a migration creates the table `media_search`
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(SortKey)
    description: Mapped[str]
    kind: Mapped[MediaKind]
    status: Mapped[MediaStatus]
    # 0 if the medium has no duration or nobody said it, so that the column can be sorted
    duration_seconds: Mapped[int] = mapped_column(default=0)
    tags: Mapped[list[str]]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    # Unique, so that a recording becomes one medium even if it is reported twice (rule 57). It needs no foreign key,
    # because recordings are deleted only with their gallery, which deletes the medium too.
    recording_id: Mapped[UUID | None] = mapped_column(index=True, unique=True)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]  # null until something of it changes
    reviewed_at: Mapped[datetime | None]
    # It needs no foreign key: of an account that is gone, nobody is shown.
    reviewer_id: Mapped[UUID | None]
    review_reason: Mapped[str | None]
    # The words that `models/tables/search.py` makes of the medium.
    search_words: Mapped[str]
    # The key of SQLite's full-text index: an integer that VACUUM does not change, the id's last 63 bits.
    search_row: Mapped[int] = mapped_column(BigInteger, unique=True)


UNPUBLISHED = Media.status != literal_column("'PUBLISHED'")
"""The condition of the partial indexes. Queries must use exactly this condition, or they do not use the index."""


class Playlist(Base):
    __tablename__ = "playlists"
    __table_args__ = (Index(None, "gallery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    title: Mapped[str]
    description: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PlaylistItem(Base):
    __tablename__ = "playlist_items"
    __table_args__ = (Index(None, "media_id"),)

    playlist_id: Mapped[UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A medium, as it is now or was when an event was recorded.

    The fields with a default are missing in older log entries.
    """

    id: UUID
    gallery_id: UUID
    title: str
    description: str
    kind: MediaKind
    status: MediaStatus
    duration_seconds: int
    tags: list[str]
    owner_id: UUID | None
    url: str | None
    thumbnail_url: str | None
    recording_id: UUID | None
    created_at: datetime
    published_at: datetime | None
    updated_at: datetime | None = None
    reviewed_at: datetime | None = None
    reviewer_id: UUID | None = None
    review_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlaylistFacts:
    """A playlist with its items in order, as it is now or was when an event was recorded."""

    id: UUID
    gallery_id: UUID
    title: str
    description: str
    created_at: datetime
    updated_at: datetime
    media_ids: list[UUID]
