"""Recordings of sessions (rules 56 to 58)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base


class RecordingState(StrEnum):
    RECORDING = "RECORDING"
    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"


class Recording(Base):
    __tablename__ = "recordings"
    __table_args__ = (
        Index(None, "session_id", "id"),
        Index(None, "gallery_id", "id"),
        # The database also enforces one recording at a time (rule 56).
        Index(
            "uq_recordings_running",
            "session_id",
            unique=True,
            sqlite_where=text("state = 'RECORDING'"),
            postgresql_where=text("state = 'RECORDING'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"))
    state: Mapped[RecordingState]
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]
    duration_seconds: Mapped[int | None]
    failure_reason: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """A recording, as it is now or was when an event was recorded."""

    id: UUID
    gallery_id: UUID
    session_id: UUID
    state: RecordingState
    started_at: datetime
    started_by: UUID | None
    ended_at: datetime | None
    duration_seconds: int | None
    failure_reason: str | None
