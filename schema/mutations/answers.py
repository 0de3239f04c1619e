"""The mutation that answers an interaction."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import answers
from resolvers.answer_checks import GivenPart
from schema.mutations.declare import mutation
from schema.mutations.interactions import INTERACTION, OnInteraction
from schema.types.ids import local_or_unknown


@strawberry.input(description="The answer to one question: exactly the field that its kind takes.")
class InteractionAnswerInput:
    question_id: strawberry.ID | None = strawberry.field(
        default=None, description="Which question; may be left out where there is only one."
    )
    option_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="For CHOICE and QUIZ: options of the question, each once: exactly one unless it takes multiple "
        "answers. For VOTE it may be left out.",
    )
    rating: int | None = strawberry.field(default=None, description="For RATING: a value of the scale, from 1.")
    text: str | None = strawberry.field(default=None, description="For TEXT: 1 to 1,000 characters of plain text.")
    words: list[str] | None = strawberry.field(
        default=None,
        description="For WORDS: 1 to 3, no two the same, each a line of 1 to 30 characters; none that the site refuses.",
    )


@strawberry.input(description="What to answer.")
class AnswerInteractionInput(OnInteraction):
    answers: list[InteractionAnswerInput] = strawberry.field(description="One for each question; a VOTE needs none.")


@mutation(
    "Answer all questions of an interaction, once and for good; where it is `changeable`, a further answer replaces the "
    "first. For everyone inside. INTERACTION_NOT_OPEN, ALREADY_ANSWERED, INVALID, NOT_FOUND for what is no question or "
    "option of this interaction, NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED.",
    on=INTERACTION,
    argument="The answer.",
    payload_description="Answers `answerInteraction`. Its `cursor` is null where the answer is told together with others.",
)
async def answer_interaction(tx: Transaction, interaction_id: UUID, input: AnswerInteractionInput) -> UUID:
    return await answers.answer_interaction(tx, interaction_id, [_part(each) for each in input.answers])


def _part(given: InteractionAnswerInput) -> GivenPart:
    questions = None if given.question_id is None else local_or_unknown([given.question_id], "InteractionQuestion")
    options = None if given.option_ids is None else local_or_unknown(given.option_ids, "InteractionOption")
    return GivenPart(questions[0] if questions else None, options, given.rating, given.text, given.words)
