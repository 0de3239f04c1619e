"""Sessions (meetings) of a room, and their participants with the rights they were admitted with (rules 28 to 36)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, EnumList
from models.rooms import RoomMode


class SessionEndReason(StrEnum):
    ENDED_BY_MODERATOR = "ENDED_BY_MODERATOR"
    HOST_ABSENT = "HOST_ABSENT"
    ROOM_DISABLED = "ROOM_DISABLED"


class StageAccess(StrEnum):
    EVERYONE = "EVERYONE"
    BY_REQUEST = "BY_REQUEST"
    INVITE_ONLY = "INVITE_ONLY"


STAGE_ACCESS_AT_LAUNCH = {RoomMode.INTERACTIVE: StageAccess.EVERYONE, RoomMode.WEBINAR: StageAccess.INVITE_ONLY}


class ParticipantState(StrEnum):
    WAITING = "WAITING"
    ADMITTED = "ADMITTED"
    LEFT = "LEFT"
    REMOVED = "REMOVED"
    DECLINED = "DECLINED"


class ParticipantRole(StrEnum):
    ROOM_MODERATOR = "ROOM_MODERATOR"
    CHAT_MODERATOR = "CHAT_MODERATOR"
    SPEAKER = "SPEAKER"
    ATTENDEE = "ATTENDEE"


class RoomSession(Base):
    __tablename__ = "room_sessions"
    __table_args__ = (
        Index(None, "room_id", "id"),
        # Rule 29, held by the database as well.
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
    stage_access: Mapped[StageAccess]
    locked: Mapped[bool]
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[SessionEndReason | None]
    # Kept beside the participants, under the gallery's lock, so that a page's badge costs one row.
    participant_count: Mapped[int]
    peak_participants: Mapped[int]


class Participant(Base):
    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("session_id", "user_id"),
        Index(None, "session_id", "state", "id"),
        Index(None, "user_id", "gallery_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"))
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[ParticipantState]
    # The snapshot (rule 32): roles and why each is held, as {"role", "source", "user_id" or "group_id"}.
    roles: Mapped[list[ParticipantRole]] = mapped_column(EnumList(ParticipantRole))
    role_sources: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    backchannel: Mapped[bool]  # whether those roles read and write the backchannel (rule 48)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session, as it was or is."""

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


@dataclass(frozen=True, slots=True)
class ParticipantFacts:
    """A participant with the rights of the last admission, as it was or is."""

    id: UUID
    session_id: UUID
    gallery_id: UUID
    user_id: UUID
    state: ParticipantState
    roles: list[ParticipantRole]
    role_sources: list[dict[str, str]]
    joined_at: datetime
    left_at: datetime | None
