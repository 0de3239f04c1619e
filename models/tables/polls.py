"""Polls, their options and the ballots (rules 53, 54). Their texts are stored here and nowhere else.

Beside what is counted stands what was told of it last: totals are told at most once a second (docs/decisions/0013).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models.errors import Invalid
from models.storage.base import Base
from models.values.lists import checked_list
from models.values.text import clean_line, clean_text

QUESTION_LIMIT = 500
OPTION_LIMIT = 200
FEWEST_OPTIONS, MOST_OPTIONS = 2, 10


class PollState(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Poll(Base):
    __tablename__ = "polls"
    __table_args__ = (Index(None, "gallery_id", "id"), Index(None, "session_id", "state"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"))
    state: Mapped[PollState]
    question: Mapped[str]
    multiple_answers: Mapped[bool]
    share_results: Mapped[bool]
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]  # when its time is over; null where somebody has to close it
    closed_at: Mapped[datetime | None]
    told_ballots: Mapped[int]
    told_at: Mapped[datetime | None]


class PollOption(Base):
    __tablename__ = "poll_options"
    __table_args__ = (UniqueConstraint("poll_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    poll_id: Mapped[UUID] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str]
    told_votes: Mapped[int]


class PollBallot(Base):
    __tablename__ = "poll_ballots"
    __table_args__ = (UniqueConstraint("poll_id", "user_id"),)  # one for each user (rule 53)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    poll_id: Mapped[UUID] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"))
    # A ballot counts also once the account is gone. Nothing but the voter's own view reads whose it is (rule 54).
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class PollChoice(Base):
    __tablename__ = "poll_choices"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("poll_ballots.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[UUID] = mapped_column(
        ForeignKey("poll_options.id", ondelete="CASCADE"), primary_key=True, index=True
    )


BALLOTS_CAST = select(func.count()).where(PollBallot.poll_id == Poll.id).correlate(Poll).scalar_subquery()
VOTES_CAST = select(func.count()).where(PollChoice.option_id == PollOption.id).correlate(PollOption).scalar_subquery()
"""How many ballots a poll has, and how many of them chose an option, as the tables have it now."""


@dataclass(frozen=True, slots=True)
class PollFacts:
    """A poll without its texts, as it was or is."""

    id: UUID
    gallery_id: UUID
    session_id: UUID
    state: PollState
    multiple_answers: bool
    share_results: bool
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None

    def takes_votes(self, now: datetime) -> bool:
        """Whether a ballot can be cast at that moment: time decides, whether or not a worker has come by yet."""
        return self.state is PollState.OPEN and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many ballots there are, and how many of them chose each option, by the option's id in the poll's order."""

    ballots: int
    votes: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a poll asks: its question, and its options by their ids in their order."""

    question: str
    options: dict[UUID, str]


def clean_question(value: str) -> str:
    """The question as it is stored. INVALID."""
    return clean_text(value, QUESTION_LIMIT, "input", "question")


def clean_options(values: Sequence[str]) -> Sequence[str]:
    """The options as they are stored, no two of them the same. INVALID names the list, or a place in it."""
    field = ("input", "options")
    if not FEWEST_OPTIONS <= len(values) <= MOST_OPTIONS:
        raise Invalid(f"A poll has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.", *field)
    cleaned = [clean_line(value, OPTION_LIMIT, *field, str(place)) for place, value in enumerate(values)]
    return checked_list(cleaned, MOST_OPTIONS, *field)
