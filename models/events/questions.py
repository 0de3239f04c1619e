"""Events of questions. Only the parties of a thread get its events (rules 50, 52)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.questions import QuestionFacts, ReplyFacts


@dataclass(frozen=True, slots=True)
class OfQuestion:
    """An event about one question, with the question after the event.

    By default, only the thread's parties get the event. The parties are the asker and the chat moderators.
    """

    question: QuestionFacts
    changes_access_of = None
    subject_id = None

    @property
    def session_id(self) -> UUID:
        return self.question.session_id

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.THREAD, self.session_id, self.question.asker_id)

    @property
    def is_of_thread(self) -> bool:
        """Whether only the parties of the thread get the event."""
        return self.audience.audience is Audience.THREAD


@dataclass(frozen=True, slots=True)
class QuestionAsked(OfQuestion):
    """A participant asked the chat moderators a question."""

    kind: Literal["QuestionAsked"] = "QuestionAsked"


@dataclass(frozen=True, slots=True)
class QuestionChanged(OfQuestion):
    """The question's state changed, a reply came, or the upvotes of a published question changed.

    Everyone inside gets the event if only the upvotes changed. Otherwise only the thread's parties get it.
    """

    reply: ReplyFacts | None = None
    upvoted: bool = False
    kind: Literal["QuestionChanged"] = "QuestionChanged"

    @property
    def audience(self) -> AudienceKey:
        if self.upvoted:
            return AudienceKey(Audience.INSIDE, self.session_id)
        return AudienceKey(Audience.THREAD, self.session_id, self.question.asker_id)


@dataclass(frozen=True, slots=True)
class AnswerPublished(OfQuestion):
    """A question and its answer are shown to everyone who is or was inside, from now on."""

    kind: Literal["AnswerPublished"] = "AnswerPublished"

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.INSIDE, self.session_id)


QuestionEvent = QuestionAsked | QuestionChanged | AnswerPublished
