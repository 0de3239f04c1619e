"""Mutations of a session's questions."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import claims, questions
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, shown
from schema.mutations.targets import IN_ROOM, InRoom
from schema.types.ids import local_id
from schema.types.questions import Question, load_questions


@mutation_input("Which question.")
class OnQuestion(Keyed):
    question_id: strawberry.ID = strawberry.field(description="The question, of the running session.")


@strawberry.type(description="Answers with a question.")
class QuestionPayload(Payload):
    question: Question | None = shown("The question as it is now.", load_questions)


QUESTION = Target("Question", "question_id", OnQuestion, QuestionPayload)


@strawberry.input(description="What to ask, and where.")
class AskQuestionInput(InRoom):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    anonymous: bool = strawberry.field(
        default=False,
        description="Whether the asker is kept from all but the chat moderators, also once it is published.",
    )


@mutation(
    "Ask the chat moderators something; others see nothing of it until an answer is published. QNA_DISABLED, CHAT_BLOCKED, "
    "NOT_IN_SESSION, SESSION_ENDED, INVALID, RATE_LIMITED.",
    on=IN_ROOM,
    argument="What, and where.",
    payload=QuestionPayload,
)
async def ask_question(tx: Transaction, room_id: UUID, input: AskQuestionInput) -> UUID:
    return await questions.ask_question(tx, room_id, input.text, anonymous=input.anonymous)


@mutation(
    "Take a pending question, to answer it. If several try at once, one succeeds. It is pending again when its owner leaves. For chat moderators. "
    "ALREADY_CLAIMED (also when it is answered or dismissed), NOT_IN_SESSION, SESSION_ENDED.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to take.",
    rate=RateKind.MODERATION,
)
async def claim_question(tx: Transaction, question_id: UUID) -> UUID:
    return await claims.claim_question(tx, question_id)


@mutation(
    "Release the viewer's claim: the question is pending again. ALREADY_CLAIMED (somebody else's), CONFLICT (it is answered or "
    "dismissed), NOT_IN_SESSION, SESSION_ENDED.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to give back.",
)
async def release_question(tx: Transaction, question_id: UUID) -> UUID:
    return await claims.release_question(tx, question_id)


@strawberry.input(description="What to write in a question's thread.")
class ReplyToQuestionInput(OnQuestion):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    settles: bool = strawberry.field(
        default=False, description="Whether the question is answered with it. Not for the asker."
    )


@mutation(
    "Write in a question's thread, as its asker or a chat moderator, whose reply to a pending one claims it. "
    "ALREADY_CLAIMED (by another moderator), NOT_IN_SESSION, SESSION_ENDED, INVALID, RATE_LIMITED.",
    on=QUESTION,
    argument="What, and where.",
)
async def reply_to_question(tx: Transaction, question_id: UUID, input: ReplyToQuestionInput) -> UUID:
    return await questions.reply_to_question(tx, question_id, input.text, settles=input.settles)


@strawberry.input(description="Which answer to show to all.")
class PublishAnswerInput(OnQuestion):
    reply_id: strawberry.ID = strawberry.field(description="The reply in its thread, by a chat moderator.")


@mutation(
    "Show question and answer to all who are or were inside; it is answered with that. Another answer takes the place of the "
    "one before. For chat moderators. ALREADY_CLAIMED, NOT_IN_SESSION, SESSION_ENDED, INVALID (the asker's own words).",
    on=QUESTION,
    argument="Which.",
)
async def publish_answer(tx: Transaction, question_id: UUID, input: PublishAnswerInput) -> UUID:
    reply_id = local_id(input.reply_id, "QuestionReply", "input", "replyId")
    return await questions.publish_answer(tx, question_id, reply_id)


@mutation(
    "Set a question aside that is pending, or claimed by oneself. For chat moderators. ALREADY_CLAIMED, CONFLICT (it was "
    "answered), NOT_IN_SESSION, SESSION_ENDED.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to set aside.",
    rate=RateKind.MODERATION,
)
async def dismiss_question(tx: Transaction, question_id: UUID) -> UUID:
    return await claims.dismiss_question(tx, question_id)


@mutation(
    "Let an answered or dismissed question be pending again; what was published of it stays so. For chat moderators. "
    "NOT_IN_SESSION, SESSION_ENDED.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to open again.",
)
async def reopen_question(tx: Transaction, question_id: UUID) -> UUID:
    return await claims.reopen_question(tx, question_id)


@mutation(
    "Upvote a published question of somebody else. FORBIDDEN (one's own), CONFLICT (not "
    "published), NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to upvote.",
)
async def upvote_question(tx: Transaction, question_id: UUID) -> UUID:
    return await questions.upvote_question(tx, question_id)


@mutation(
    "Take one's upvote back. Refused like `upvoteQuestion`.",
    on=QUESTION,
    argument="Which.",
    input_description="Which question to upvote no longer.",
)
async def remove_question_upvote(tx: Transaction, question_id: UUID) -> UUID:
    return await questions.remove_question_upvote(tx, question_id)
