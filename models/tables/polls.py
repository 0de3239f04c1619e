"""Polls, their options and ballots (rules 53, 54). Their texts are stored only in these tables.

The columns `told_*` keep the totals that were last announced, because totals are announced at most once a second
(docs/decisions/0013).
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
from models.values.appearance import visible
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
    closes_at: Mapped[datetime | None]  # when the poll closes; null if a moderator has to close it
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
    __table_args__ = (UniqueConstraint("poll_id", "user_id"),)  # one ballot for each user (rule 53)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    poll_id: Mapped[UUID] = mapped_column(ForeignKey("polls.id", ondelete="CASCADE"))
    # A ballot still counts after its account is deleted. Only the voter's own view reads this column (rule 54).
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class PollChoice(Base):
    __tablename__ = "poll_choices"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("poll_ballots.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[UUID] = mapped_column(
        ForeignKey("poll_options.id", ondelete="CASCADE"), primary_key=True, index=True
    )


BALLOTS_CAST = select(func.count()).where(PollBallot.poll_id == Poll.id).correlate(Poll).scalar_subquery()
VOTES_CAST = select(func.count()).where(PollChoice.option_id == PollOption.id).correlate(PollOption).scalar_subquery()
"""The current number of ballots of a poll, and of votes for an option."""


@dataclass(frozen=True, slots=True)
class PollFacts:
    """A poll without its texts, as it is now or was when an event was recorded."""

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
        """Returns whether the poll takes ballots at `now`.

        `closes_at` counts even before a worker has closed the poll.
        """
        return self.state is PollState.OPEN and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of ballots, and of votes by option id, in the poll's order."""

    ballots: int
    votes: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a poll: its question, and its options by id, in order."""

    question: str
    options: dict[UUID, str]


def clean_question(value: str) -> str:
    """Returns the question as it is stored. Raises Invalid."""
    return clean_text(value, QUESTION_LIMIT, "input", "question")


def clean_options(values: Sequence[str]) -> Sequence[str]:
    """Returns the options as they are stored. Raises Invalid naming the list, or the index of one that is unfit.

    No two options look the same. Options may differ in case only, such as m and M.
    """
    field = ("input", "options")
    if not FEWEST_OPTIONS <= len(values) <= MOST_OPTIONS:
        raise Invalid(f"A poll has {FEWEST_OPTIONS} to {MOST_OPTIONS} options.", *field)
    cleaned = [clean_line(value, OPTION_LIMIT, *field, str(place)) for place, value in enumerate(values)]
    return checked_list(cleaned, MOST_OPTIONS, *field, key=visible)
