"""Sessions: a room's meetings, from launch to end (rules 28 to 30, 38)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base
from models.tables.rooms import RoomMode


class SessionEndReason(StrEnum):
    ENDED_BY_MODERATOR = "ENDED_BY_MODERATOR"
    HOST_ABSENT = "HOST_ABSENT"
    ROOM_DISABLED = "ROOM_DISABLED"


class StageAccess(StrEnum):
    EVERYONE = "EVERYONE"
    BY_REQUEST = "BY_REQUEST"
    INVITE_ONLY = "INVITE_ONLY"


STAGE_ACCESS_AT_LAUNCH = {RoomMode.INTERACTIVE: StageAccess.EVERYONE, RoomMode.WEBINAR: StageAccess.INVITE_ONLY}


class RoomSession(Base):
    __tablename__ = "room_sessions"
    __table_args__ = (
        Index(None, "room_id", "started_at", "id"),
        # The database enforces rule 29 as well.
        Index(
            "uq_room_sessions_open",
            "room_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    # Fixed at launch (rule 28).
    mode: Mapped[RoomMode]
    visible_cameras: Mapped[int]
    stage_capacity: Mapped[int | None]
    participant_capacity: Mapped[int]
    cameras_on_by_default: Mapped[bool]
    stage_access: Mapped[StageAccess]
    locked: Mapped[bool]
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[SessionEndReason | None]
    # Counted here under the gallery's lock, so that showing the counts reads one row.
    participant_count: Mapped[int]
    peak_participants: Mapped[int]
    waiting_count: Mapped[int]
    stage_count: Mapped[int]
    turns: Mapped[int]  # the last turn that was assigned; turns order the stage and raised hands
    recording_id: Mapped[UUID | None]  # the running recording
    reactions_told_at: Mapped[datetime | None]  # when crowd reactions were announced last (rule 81)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session's columns, as they are now or were when an event was recorded."""

    id: UUID
    room_id: UUID
    mode: RoomMode
    visible_cameras: int
    stage_capacity: int | None
    participant_capacity: int
    stage_access: StageAccess
    locked: bool
    started_at: datetime
    started_by: UUID | None
    ended_at: datetime | None
    end_reason: SessionEndReason | None
    participant_count: int
    peak_participants: int
    waiting_count: int
    stage_count: int
    turns: int
    recording_id: UUID | None
    cameras_on_by_default: bool = False  # older log entries do not have it


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """The session's columns that change when participants come and go."""

    participant_count: int
    peak_participants: int
    waiting_count: int
    stage_count: int
    turns: int
