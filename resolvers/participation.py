"""Participation in a session (rule 84): how much each person wrote, reacted, asked and upvoted, counted in the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Select, bindparam, case, func, or_, select

from models.access.session_reports import ReportAccess
from models.database.transaction import Snapshot
from models.tables.chat import ChatChannel, ChatMessage, MessageReaction
from models.tables.interactions import Interaction, InteractionAnswer
from models.tables.questions import Question, QuestionUpvote


@dataclass(slots=True)
class Counts:
    """What one person did in a session, or what all did together."""

    messages: int = 0
    reactions: int = 0
    questions: int = 0
    upvotes: int = 0
    answers: int = 0
    quiz_points: int | None = 0  # None if the viewer may not know who answered what


@dataclass(slots=True)
class Participation:
    """The counts of each user who did anything, and of the whole session.

    The whole can be more than the sum: it includes what was asked and answered anonymously, and what deleted accounts
    did.
    """

    whole: Counts
    of_user: dict[UUID, Counts] = field(default_factory=dict)

    def of(self, user_id: UUID) -> Counts:
        """Returns what one person did."""
        return self.of_user.get(user_id) or self.nothing()

    def nothing(self) -> Counts:
        """Returns the counts of a person who did nothing."""
        return Counts(quiz_points=None if self.whole.quiz_points is None else 0)


_MESSAGES = (
    select(ChatMessage.author_id, func.count())
    .where(
        ChatMessage.gallery_id == bindparam("gallery"),
        ChatMessage.channel == ChatChannel.GROUP,
        ChatMessage.session_id == bindparam("session"),
    )
    .group_by(ChatMessage.author_id)
)
# Nobody else may know of the backchannel, not even by a count (rule 48).
_REACTIONS = (
    select(MessageReaction.user_id, func.count())
    .join(ChatMessage, ChatMessage.id == MessageReaction.message_id)
    .where(ChatMessage.session_id == bindparam("session"), ChatMessage.channel != ChatChannel.BACKCHANNEL)
    .group_by(MessageReaction.user_id)
)
# A count of anonymous questions by person would tell who asked (rule 52).
_ASKER = case((Question.anonymous, None), else_=Question.asker_id)
_QUESTIONS = (
    select(_ASKER, func.count())
    .where(
        Question.session_id == bindparam("session"),
        or_(bindparam("reads_private", type_=Boolean), Question.published_at.is_not(None)),
    )
    .group_by(_ASKER)
)
_UPVOTES = (
    select(QuestionUpvote.user_id, func.count())
    .join(Question, Question.id == QuestionUpvote.question_id)
    .where(Question.session_id == bindparam("session"))
    .group_by(QuestionUpvote.user_id)
)
# A count of anonymous answers by person would tell who answered (rule 78).
_ANSWERER = case((Interaction.anonymous, None), else_=InteractionAnswer.user_id)
_ANSWERS = (
    select(_ANSWERER, func.count())
    .select_from(InteractionAnswer)
    .join(Interaction, Interaction.id == InteractionAnswer.interaction_id)
    .where(Interaction.session_id == bindparam("session"))
    .group_by(_ANSWERER)
)
_COUNTED: Mapping[str, Select[*tuple[Any, ...]]] = {
    "messages": _MESSAGES,
    "reactions": _REACTIONS,
    "questions": _QUESTIONS,
    "upvotes": _UPVOTES,
    "answers": _ANSWERS,
    "quiz_points": _ANSWERS.where(InteractionAnswer.is_right.is_(True)),
}
assert _COUNTED.keys() == {each.name for each in fields(Counts)}
_PRIVATE = ("quiz_points",)


async def participation_of(snapshot: Snapshot, access: ReportAccess) -> Participation:
    """Returns what people did in the session.

    These are messages that they posted in the group chat, even if deleted since; reactions that stand, also to
    announcements; questions that they asked and interactions that they answered, by person only if not anonymously;
    upvotes that stand; and quizzes that they answered rightly. Without `reads_private`, only published questions count
    (rule 50), and no quizzes (rule 79). Runs one statement for each count.
    """
    found = Participation(Counts(quiz_points=0 if access.reads_private else None))
    given = {"gallery": access.gallery_id, "session": access.session.id, "reads_private": access.reads_private}
    for name, statement in _COUNTED.items():
        if name in _PRIVATE and not access.reads_private:
            continue
        for user_id, count in await snapshot.rows(statement, given):
            setattr(found.whole, name, getattr(found.whole, name) + count)
            if user_id is not None:
                setattr(found.of_user.setdefault(user_id, found.nothing()), name, count)
    return found
