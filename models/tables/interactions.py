"""Interactions, their questions and options, and the answers (rules 74 to 80). Their texts are stored only here.

A poll is the simplest interaction. An answer chooses options, except that it has a text for a TEXT question. So all kinds
are counted in the same way: a RATING has an option for each value, WORDS an option for each different word, and a VOTE
the only option. The columns `told_*` keep the totals that were last announced, because totals are announced at most once
a second (docs/decisions/0013).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base

QUESTION_LIMIT = 500
OPTION_LIMIT = 200
LABEL_LIMIT = 100
EXPLANATION_LIMIT = 1_000
TEXT_LIMIT = 1_000
WORD_LIMIT = 30
FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
FEWEST_VALUES, MOST_VALUES = 3, 10
MOST_QUESTIONS = 20
MOST_WORDS = 3
WORDS_SHOWN = 100
"""How many words of a word cloud are shown: those that are given most often."""
MOST_PUBLISHED = 100
"""How many answers to the open questions of an interaction can be published."""


class InteractionKind(StrEnum):
    CHOICE = "CHOICE"
    QUIZ = "QUIZ"
    RATING = "RATING"
    TEXT = "TEXT"
    WORDS = "WORDS"
    VOTE = "VOTE"
    SURVEY = "SURVEY"


OF_SURVEYS = (InteractionKind.CHOICE, InteractionKind.RATING, InteractionKind.TEXT)
"""The kinds of questions that a survey can have."""


class InteractionState(StrEnum):
    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


UNOPENED = (InteractionState.DRAFT, InteractionState.SCHEDULED)
"""The states that only chat moderators see."""


class ResultsSharing(StrEnum):
    NEVER = "NEVER"
    AFTER_CLOSING = "AFTER_CLOSING"
    LIVE = "LIVE"


class Interaction(Base):
    __tablename__ = "interactions"
    __table_args__ = (Index(None, "gallery_id", "id"), Index(None, "session_id", "state"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("room_sessions.id", ondelete="CASCADE"))
    kind: Mapped[InteractionKind]
    state: Mapped[InteractionState]
    changeable: Mapped[bool]
    anonymous: Mapped[bool]
    share_results: Mapped[ResultsSharing]
    opens_at: Mapped[datetime | None]  # when a scheduled interaction opens
    duration_seconds: Mapped[int | None]  # how long a scheduled interaction will be open
    opened_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]  # when the interaction closes; null if a moderator has to close it
    closed_at: Mapped[datetime | None]
    told_answers: Mapped[int]
    told_right: Mapped[int]
    told_at: Mapped[datetime | None]


class InteractionQuestion(Base):
    __tablename__ = "interaction_questions"
    __table_args__ = (UniqueConstraint("interaction_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    interaction_id: Mapped[UUID] = mapped_column(ForeignKey("interactions.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[InteractionKind]
    text: Mapped[str]
    multiple_answers: Mapped[bool]
    lowest_label: Mapped[str | None]
    highest_label: Mapped[str | None]
    explanation: Mapped[str | None]


class InteractionOption(Base):
    __tablename__ = "interaction_options"
    __table_args__ = (UniqueConstraint("interaction_id", "position"), UniqueConstraint("question_id", "word"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    interaction_id: Mapped[UUID] = mapped_column(ForeignKey("interactions.id", ondelete="CASCADE"))
    question_id: Mapped[UUID] = mapped_column(ForeignKey("interaction_questions.id", ondelete="CASCADE"))
    position: Mapped[int]  # among all options of the interaction
    text: Mapped[str]
    word: Mapped[str | None]  # of WORDS: the form in which words are compared
    is_right: Mapped[bool]
    hidden: Mapped[bool]  # of WORDS: whether a chat moderator has hidden it (rule 80)
    told_votes: Mapped[int]


class InteractionAnswer(Base):
    __tablename__ = "interaction_answers"
    __table_args__ = (UniqueConstraint("interaction_id", "user_id"), Index(None, "interaction_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    interaction_id: Mapped[UUID] = mapped_column(ForeignKey("interactions.id", ondelete="CASCADE"))
    # An answer still counts after its account is deleted. Where the interaction is anonymous, only the user's own view
    # reads this column (rule 78).
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime]
    is_right: Mapped[bool | None]  # of QUIZ: whether exactly the right options were chosen


class AnswerChoice(Base):
    __tablename__ = "answer_choices"

    answer_id: Mapped[UUID] = mapped_column(ForeignKey("interaction_answers.id", ondelete="CASCADE"), primary_key=True)
    option_id: Mapped[UUID] = mapped_column(
        ForeignKey("interaction_options.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AnswerText(Base):
    __tablename__ = "answer_texts"
    __table_args__ = (UniqueConstraint("answer_id", "question_id"), Index(None, "question_id", "published_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    answer_id: Mapped[UUID] = mapped_column(ForeignKey("interaction_answers.id", ondelete="CASCADE"))
    question_id: Mapped[UUID] = mapped_column(ForeignKey("interaction_questions.id", ondelete="CASCADE"))
    text: Mapped[str]
    published_at: Mapped[datetime | None]  # since when everyone inside sees it (rule 78)


_ANSWERED = select(func.count()).where(InteractionAnswer.interaction_id == Interaction.id).correlate(Interaction)
ANSWERS_GIVEN = _ANSWERED.scalar_subquery()
RIGHT_GIVEN = _ANSWERED.where(InteractionAnswer.is_right.is_(True)).scalar_subquery()
VOTES_GIVEN = (
    select(func.count())
    .where(AnswerChoice.option_id == InteractionOption.id)
    .correlate(InteractionOption)
    .scalar_subquery()
)
"""The current number of answers to an interaction, of right ones, and of answers that chose an option."""


@dataclass(frozen=True, slots=True)
class InteractionFacts:
    """An interaction without its texts, as it is now or was when an event was recorded."""

    id: UUID
    gallery_id: UUID
    session_id: UUID
    kind: InteractionKind
    state: InteractionState
    changeable: bool
    anonymous: bool
    share_results: ResultsSharing
    opens_at: datetime | None
    duration_seconds: int | None
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None

    @property
    def is_unopened(self) -> bool:
        return self.state in UNOPENED

    def takes_answers(self, now: datetime) -> bool:
        """Returns whether the interaction takes answers at `now`.

        `closes_at` counts even before a worker has closed the interaction.
        """
        return self.state is InteractionState.OPEN and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """The totals of an interaction. Of a word cloud, `votes` has only the words that are shown.

    `hidden` names those of its words that are hidden, and `published` the answers to open questions that everyone sees,
    in the order in which they were published.
    """

    answers: int = 0
    votes: dict[UUID, int] = field(default_factory=dict)  # by option, in order
    right: int = 0
    hidden: list[UUID] = field(default_factory=list)
    published: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OptionWording:
    """An option of a question."""

    id: UUID
    text: str
    is_right: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class QuestionWording:
    """A question of an interaction, with the texts and options that its author gave it."""

    id: UUID
    kind: InteractionKind
    text: str
    multiple_answers: bool = False
    lowest_label: str | None = None
    highest_label: str | None = None
    explanation: str | None = None
    options: tuple[OptionWording, ...] = ()


def no_votes(questions: Iterable[QuestionWording]) -> Tally:
    """Returns the totals of an interaction that nobody has answered."""
    return Tally(votes={option.id: 0 for question in questions for option in question.options})


def shown_words(votes: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Returns the words that are shown of all words, which are in order: the most frequent ones, with their votes."""
    given = [each for each in votes if each[1]]
    return dict(sorted(given, key=lambda each: -each[1])[:WORDS_SHOWN])
