"""The events of questions, as clients see them."""

from collections.abc import Sequence

import strawberry

from models.database.transaction import Snapshot
from models.events import questions as question_events
from resolvers import threads
from schema.events.interfaces import Place, QuestionsEvent, RoomEvent, by_name
from schema.execution.ahead import Loader, link
from schema.types.questions import Question, question_node


async def _load(events: Sequence[question_events.QuestionEvent], snapshot: Snapshot) -> list[Question]:
    return [question_node(view) for view in await threads.questions_told(snapshot, events)]


# This is a relation, because it depends on the viewer which parts of a question are visible.
_QUESTIONS = Loader(_load)


@strawberry.interface(description="About a question.")
class QuestionEvent(RoomEvent, QuestionsEvent):
    of: strawberry.Private[question_events.QuestionEvent]

    question: Question = link("The question as it was after it.", _QUESTIONS, lambda event: event.of)


@strawberry.type(description="Someone asked the chat moderators something. For them and the asker.")
class QuestionAsked(QuestionEvent):
    pass


@strawberry.type(
    description="A question's state changed, or a reply came: for the asker and the chat moderators. Or one that is "
    "published has other upvotes: for all who are or were inside."
)
class QuestionChanged(QuestionEvent):
    pass


@strawberry.type(
    description="An answer is shown to all who are or were inside; another may take its place later, which is told likewise."
)
class AnswerPublished(QuestionEvent):
    pass


_ABOUT_QUESTIONS: dict[str, type[QuestionEvent]] = by_name(AnswerPublished, QuestionAsked, QuestionChanged)
QUESTION_EVENTS = tuple(_ABOUT_QUESTIONS.values())


def question_event_of(event: question_events.QuestionEvent, at: Place) -> QuestionEvent:
    """Returns the event as clients see it."""
    return _ABOUT_QUESTIONS[event.kind](**at, of=event)
