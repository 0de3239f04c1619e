"""What happens to questions, as clients see it."""

from collections.abc import Sequence
from typing import assert_never

import strawberry

from models.database.transaction import Snapshot
from models.events import questions as question_events
from resolvers import threads
from schema.events.interfaces import Place, QuestionEvent, RoomEvent
from schema.execution.ahead import Loader, link
from schema.types.questions import Question, question_node


async def _load(events: Sequence[question_events.QuestionEvent], snapshot: Snapshot) -> list[Question]:
    return [question_node(view) for view in await threads.questions_told(snapshot, events)]


# A relation, because what is seen of a question depends on the viewer.
_QUESTIONS = Loader(_load)


@strawberry.type(description="Someone asked the chat moderators something. For them and the asker.")
class QuestionAsked(RoomEvent, QuestionEvent):
    of: strawberry.Private[question_events.QuestionEvent]

    question: Question = link("The question as it was asked.", _QUESTIONS, lambda event: event.of)


@strawberry.type(
    description="A question's state changed, or a reply came: for the asker and the chat moderators. Or one that is "
    "published has other upvotes: for all who are or were inside."
)
class QuestionChanged(RoomEvent, QuestionEvent):
    of: strawberry.Private[question_events.QuestionEvent]

    question: Question = link("The question as it was after it.", _QUESTIONS, lambda event: event.of)


@strawberry.type(
    description="An answer is shown to all who are or were inside; another may take its place later, which is told likewise."
)
class AnswerPublished(RoomEvent, QuestionEvent):
    of: strawberry.Private[question_events.QuestionEvent]

    question: Question = link("The question, with the answer that is shown now.", _QUESTIONS, lambda event: event.of)


QUESTION_EVENTS = (AnswerPublished, QuestionAsked, QuestionChanged)


def question_event_of(event: question_events.QuestionEvent, at: Place) -> QuestionEvent:
    """The event as clients know it."""
    match event:
        case question_events.QuestionAsked():
            return QuestionAsked(**at, of=event)
        case question_events.QuestionChanged():
            return QuestionChanged(**at, of=event)
        case question_events.AnswerPublished():
            return AnswerPublished(**at, of=event)
        case _:
            assert_never(event)
