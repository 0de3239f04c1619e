"""Chat messages (rules 45 to 49). Their text is stored only in this table, so that no copy survives its deletion."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base, EnumList
from models.tables.participants import ParticipantRole


class ChatChannel(StrEnum):
    GROUP = "GROUP"
    BACKCHANNEL = "BACKCHANNEL"
    ANNOUNCEMENTS = "ANNOUNCEMENTS"


class ChatMessage(Base):
    __tablename__ = "chat_messages"
    __table_args__ = (
        Index(None, "gallery_id", "channel", "session_id", "place", unique=True),
        # A partial index of the few pinned messages.
        Index(
            "ix_chat_messages_pinned",
            "gallery_id",
            "channel",
            "session_id",
            "place",
            sqlite_where=sql("pinned_at IS NOT NULL"),
            postgresql_where=sql("pinned_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"), index=True)
    channel: Mapped[ChatChannel]
    # The message's number in its conversation, from 1, in the log's order. It is in the cursors of lists: the log's own
    # numbers would reveal hidden entries by their gaps (rule 48).
    place: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author_name: Mapped[str]
    author_roles: Mapped[list[ParticipantRole]] = mapped_column(EnumList(ParticipantRole))
    text: Mapped[str | None]
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    pinned_at: Mapped[datetime | None]
    reply_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("chat_messages.id", ondelete="SET NULL"))
    reactions_told: Mapped[dict[str, Any]]  # the number of reactions by emoji, as last announced; see MessageReaction
    reactions_told_at: Mapped[datetime | None]


class MessageReaction(Base):
    """A user's reaction to a message with an emoji."""

    __tablename__ = "message_reactions"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("chat_messages.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    emoji: Mapped[str] = mapped_column(primary_key=True)
    reacted_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What happened to a message after it was sent. An event shows this as it is at the moment of reading.

    Each field has a default, because older log entries do not have it.
    """

    id: UUID
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    cleared_at: datetime | None = None

    @property
    def withdrawn(self) -> bool:
        return self.deleted_at is not None or self.cleared_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken(Standing):
    """The text of a message at the moment of reading. After deletion or clearing, only chat moderators may read it."""

    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts(Standing):
    """A message without its text, because the text must be able to disappear."""

    session_id: UUID
    channel: ChatChannel
    author_id: UUID | None
    author_name: str
    author_roles: list[ParticipantRole]
    sent_at: datetime
    pinned_at: datetime | None = None
    reply_to_id: UUID | None = None
    reactions_told: dict[str, int] = field(default_factory=dict)
