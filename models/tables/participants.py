"""Participants of sessions, with the rights that they had when they were admitted (rules 31 to 37)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, case, literal
from sqlalchemy.orm import Mapped, mapped_column

from models.permissions import Permission
from models.storage.base import Base, EnumList
from models.tables.rooms import AssignmentSource


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


class DeviceState(StrEnum):
    ON = "ON"
    OFF = "OFF"
    BLOCKED = "BLOCKED"


class Device(StrEnum):
    """What a participant on the stage shows of themselves. `column` is the column and the field of its state."""

    CAMERA = "CAMERA"
    MICROPHONE = "MICROPHONE"
    SCREEN = "SCREEN"

    @property
    def column(self) -> str:
        return self.value.lower()


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
    # The snapshot (rule 32): roles, and the sources of each, as {"role", "source", "user_id" or "group_id"}.
    roles: Mapped[list[ParticipantRole]] = mapped_column(EnumList(ParticipantRole))
    role_sources: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    permissions: Mapped[list[Permission]] = mapped_column(EnumList(Permission))
    backchannel: Mapped[bool]  # whether these roles may read and write the backchannel (rule 48)
    moderates: Mapped[bool]  # whether these roles include room moderator, who keeps the session open (rule 39)
    chat_moderates: Mapped[bool]  # whether these roles include chat moderator, who reads all threads (rule 50)
    permissions_stale: Mapped[bool]
    was_admitted: Mapped[bool]  # now or earlier; decides who may read the session's history (rule 45)
    banned: Mapped[bool]
    # Whether the participant may read the chat but not write (rule 47). This stays after they enter again.
    chat_blocked: Mapped[bool]
    removed: Mapped[bool]  # whether a moderator ended the participant's last time inside
    # The beginning and end of the last time inside. For a participant who was never inside: when they began and ended
    # waiting.
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]  # null unless the participant waits
    # Null unless on stage, or with a raised hand. Later turns are higher (rules 23, 44).
    stage_turn: Mapped[int | None]
    hand_turn: Mapped[int | None]
    hand_raised_at: Mapped[datetime | None]
    invited_at: Mapped[datetime | None]
    may_show: Mapped[bool]  # whether a moderator lets the participant, who is on stage, show content (rule 70)
    invited_until: Mapped[datetime | None]  # when the open invitation expires; null if it does not (rule 43)
    # What their client reports while they are on the stage (rule 88). Off the stage OFF, or still BLOCKED.
    camera: Mapped[DeviceState]
    microphone: Mapped[DeviceState]
    screen: Mapped[DeviceState]
    # What they asked for when they began to wait, for their admission (rule 87). Otherwise without a meaning.
    declines_stage: Mapped[bool]
    wants_camera: Mapped[bool | None]  # null: as the session has it


@dataclass(frozen=True, slots=True)
class ParticipantFacts:
    """A participant with the rights of the last admission, as it is now or was when an event was recorded."""

    id: UUID
    session_id: UUID
    gallery_id: UUID
    user_id: UUID
    state: ParticipantState
    roles: list[ParticipantRole]
    role_sources: list[dict[str, str]]
    permissions: list[Permission]
    permissions_stale: bool
    was_admitted: bool
    banned: bool
    joined_at: datetime
    left_at: datetime | None
    stage_turn: int | None
    hand_turn: int | None
    hand_raised_at: datetime | None
    invited_at: datetime | None
    invited_until: datetime | None
    # These fields have defaults, because older log entries do not have them.
    chat_blocked: bool = False
    waiting_since: datetime | None = None
    removed: bool = False
    camera: DeviceState = DeviceState.OFF
    microphone: DeviceState = DeviceState.OFF
    screen: DeviceState = DeviceState.OFF
    declines_stage: bool = False
    wants_camera: bool | None = None
    may_show: bool = False

    def state_of(self, device: Device) -> DeviceState:
        """Returns the state of one of the participant's devices."""
        state: DeviceState = getattr(self, device.column)
        return state

    @property
    def is_manager(self) -> bool:
        """Whether the participant was admitted as a manager of the gallery (rules 9, 12)."""
        return any(each["source"] == AssignmentSource.GALLERY_MANAGER for each in self.role_sources)

    @property
    def seen_inside(self) -> "ParticipantFacts":
        """The participant as the others inside see them.

        To them, a participant who waits to come back is gone (rule 37).
        """
        if self.state is ParticipantState.ADMITTED:
            return self
        return replace(self, state=ParticipantState.REMOVED if self.removed else ParticipantState.LEFT)


Listener: TypeAlias = tuple[UUID, UUID]
"""A user and the gallery whose room events the user listens to. Listening keeps the user's participant inside."""

OFF_STAGE: dict[str, Any] = {
    "stage_turn": None,
    "hand_turn": None,
    "hand_raised_at": None,
    "invited_at": None,
    "invited_until": None,
    "may_show": False,
}
"""The columns that are reset when a participant leaves in any way."""


def _off(device: Device) -> Any:
    column = getattr(Participant, device.column)
    return case((column == DeviceState.BLOCKED, column), else_=literal(DeviceState.OFF, column.type))


DEVICES_OFF: dict[str, Any] = {device.column: _off(device) for device in Device}
"""The columns that change when a participant leaves the stage in any way. A device that is blocked stays so (rule 88)."""
