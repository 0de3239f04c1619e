"""Events of questions. Only the parties of a thread get its events (rules 50, 52)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.questions import QuestionFacts, ReplyFacts


@dataclass(frozen=True, slots=True)
class OfQuestion:
    """About one question: as it is after it. For the asker and the chat moderators, who are its parties."""

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
        """Whether only the question's parties get the event."""
        return self.audience.audience is Audience.THREAD


@dataclass(frozen=True, slots=True)
class QuestionAsked(OfQuestion):
    """Someone inside asked the chat moderators something."""

    kind: Literal["QuestionAsked"] = "QuestionAsked"


@dataclass(frozen=True, slots=True)
class QuestionChanged(OfQuestion):
    """Its state changed, a reply came, or what was published has other upvotes; of the last alone all are told."""

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
    """Question and answer are shown to all who are or were inside from now on."""

    kind: Literal["AnswerPublished"] = "AnswerPublished"

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.INSIDE, self.session_id)


QuestionEvent = QuestionAsked | QuestionChanged | AnswerPublished
