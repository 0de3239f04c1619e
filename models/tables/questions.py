"""Questions to the chat moderators, the private threads that they open, and upvotes of what was published (rules 50 to 52).

Texts are stored here and nowhere else: events carry the facts alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base


class QuestionState(StrEnum):
    PENDING = "PENDING"
    CLAIMED = "CLAIMED"
    ANSWERED = "ANSWERED"
    DISMISSED = "DISMISSED"


class Question(Base):
    __tablename__ = "questions"
    __table_args__ = (Index(None, "gallery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"), index=True)
    asker_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    anonymous: Mapped[bool]
    text: Mapped[str]
    state: Mapped[QuestionState]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # The reply that is shown to all. No foreign key: the reply has one to the question.
    published_reply_id: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    # Kept beside the rows that they count, under the gallery's lock: the events tell of them.
    reply_count: Mapped[int]
    upvotes: Mapped[int]
    asked_at: Mapped[datetime]


class QuestionReply(Base):
    __tablename__ = "question_replies"
    __table_args__ = (UniqueConstraint("question_id", "place"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    place: Mapped[int]  # in its thread, from 1
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author_name: Mapped[str]
    by_moderator: Mapped[bool]  # written as an answer, so that it can be published
    text: Mapped[str]
    sent_at: Mapped[datetime]


class QuestionUpvote(Base):
    __tablename__ = "question_upvotes"

    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """A question without its texts, as it was or is."""

    id: UUID
    gallery_id: UUID
    session_id: UUID
    asker_id: UUID | None
    anonymous: bool
    state: QuestionState
    claimed_by: UUID | None
    published_reply_id: UUID | None
    published_at: datetime | None
    reply_count: int
    upvotes: int
    asked_at: datetime

    def is_claimed_by(self, user_id: UUID) -> bool:
        """Whether the user is the one who answers it now."""
        return self.state is QuestionState.CLAIMED and self.claimed_by == user_id


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """A reply without its text."""

    id: UUID
    question_id: UUID
    place: int
    author_id: UUID | None
    author_name: str
    by_moderator: bool
    sent_at: datetime
