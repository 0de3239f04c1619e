"""Questions to the chat moderators, their private threads, and upvotes of published questions (rules 50 to 52).

Texts are stored only in these tables: events carry only the facts without texts.
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


class QuestionOrder(StrEnum):
    OLDEST = "OLDEST"
    NEWEST = "NEWEST"
    UPVOTES = "UPVOTES"


class Question(Base):
    __tablename__ = "questions"
    __table_args__ = (Index(None, "gallery_id", "id"), Index(None, "gallery_id", "upvotes", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"), index=True)
    asker_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    anonymous: Mapped[bool]
    text: Mapped[str]
    state: Mapped[QuestionState]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # The published reply. It has no foreign key, because the reply has one to the question.
    published_reply_id: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    # Counted here under the gallery's lock, because events carry the counts.
    reply_count: Mapped[int]
    upvotes: Mapped[int]
    asked_at: Mapped[datetime]


class QuestionReply(Base):
    __tablename__ = "question_replies"
    __table_args__ = (UniqueConstraint("question_id", "place"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    place: Mapped[int]  # the reply's number in its thread, from 1
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    author_name: Mapped[str]
    by_moderator: Mapped[bool]  # written by a chat moderator as an answer, so it can be published
    text: Mapped[str]
    sent_at: Mapped[datetime]


class QuestionUpvote(Base):
    __tablename__ = "question_upvotes"

    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """A question without its texts, as it is now or was when an event was recorded."""

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
        """Returns whether the user has claimed the question."""
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
