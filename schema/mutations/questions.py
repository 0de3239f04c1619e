"""Mutations of a session's questions."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import claims, questions
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, act_on, mutate
from schema.mutations.payloads import Payload
from schema.mutations.targets import InRoom
from schema.types.ids import local_id
from schema.types.questions import Question, load_questions


@strawberry.input(description="Which question.")
class ToQuestion:
    question_id: strawberry.ID = strawberry.field(description="The question, of the running session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to ask, and where.")
class AskQuestionInput(InRoom):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    anonymous: bool = strawberry.field(
        default=False,
        description="Whether the asker is kept from all but the chat moderators, also once it is published.",
    )


@strawberry.input(description="Which question to take.")
class ClaimQuestionInput(ToQuestion):
    pass


@strawberry.input(description="Which question to give back.")
class ReleaseQuestionInput(ToQuestion):
    pass


@strawberry.input(description="What to write in a question's thread.")
class ReplyToQuestionInput(ToQuestion):
    text: str = strawberry.field(description="1 to 4,000 characters of plain text.")
    settles: bool = strawberry.field(
        default=False, description="Whether the question is answered with it. Not for the asker."
    )


@strawberry.input(description="Which answer to show to all.")
class PublishAnswerInput(ToQuestion):
    reply_id: strawberry.ID = strawberry.field(description="The reply in its thread, by a chat moderator.")


@strawberry.input(description="Which question to set aside.")
class DismissQuestionInput(ToQuestion):
    pass


@strawberry.input(description="Which question to open again.")
class ReopenQuestionInput(ToQuestion):
    pass


@strawberry.input(description="Which question to upvote.")
class UpvoteQuestionInput(ToQuestion):
    pass


@strawberry.input(description="Which question to upvote no longer.")
class RemoveQuestionUpvoteInput(ToQuestion):
    pass


@strawberry.type(description="Answers with a question.")
class QuestionPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The question as it is now.")
    @staticmethod
    async def question(payloads: Sequence["QuestionPayload"], snapshot: Snapshot) -> Sequence[Question | None]:
        return await load_questions(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `askQuestion`.")
class AskQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `claimQuestion`.")
class ClaimQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `releaseQuestion`.")
class ReleaseQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `replyToQuestion`.")
class ReplyToQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `publishAnswer`.")
class PublishAnswerPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `dismissQuestion`.")
class DismissQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `reopenQuestion`.")
class ReopenQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `upvoteQuestion`.")
class UpvoteQuestionPayload(QuestionPayload):
    pass


@strawberry.type(description="Answers `removeQuestionUpvote`.")
class RemoveQuestionUpvotePayload(QuestionPayload):
    pass


P = TypeVar("P", bound=QuestionPayload)
Verb = Callable[[Transaction, UUID], Awaitable[UUID]]


async def _to_question(info: Info, payload: type[P], given: ToQuestion, verb: Verb) -> P:
    """Run what is done to a question."""
    return await act_on(info, payload, given, given.question_id, "Question", verb)


@strawberry.type
class QuestionMutations:
    @strawberry.mutation(
        description="Ask the chat moderators something; others see nothing of it until an answer is published. "
        "QNA_DISABLED, CHAT_BLOCKED, NOT_IN_SESSION, SESSION_ENDED, INVALID, RATE_LIMITED."
    )
    async def ask_question(
        self, info: Info, input: Annotated[AskQuestionInput, strawberry.argument(description="What, and where.")]
    ) -> AskQuestionPayload:
        async def ask(tx: Transaction) -> UUID:
            room_id = local_id(input.room_id, "Room", "input", "roomId")
            return await questions.ask_question(tx, room_id, input.text, anonymous=input.anonymous)

        return await mutate(info, AskQuestionPayload, UUID, input, ask)

    @strawberry.mutation(
        description="Take a pending question, to answer it: of many who try one does. It returns when they leave. For chat "
        "moderators. ALREADY_CLAIMED (also when it is answered or dismissed), NOT_IN_SESSION, SESSION_ENDED."
    )
    async def claim_question(
        self, info: Info, input: Annotated[ClaimQuestionInput, strawberry.argument(description="Which.")]
    ) -> ClaimQuestionPayload:
        return await _to_question(info, ClaimQuestionPayload, input, claims.claim_question)

    @strawberry.mutation(
        description="Give one's claim back: the question is pending again. ALREADY_CLAIMED (somebody else's), CONFLICT (it "
        "is answered or dismissed), NOT_IN_SESSION, SESSION_ENDED."
    )
    async def release_question(
        self, info: Info, input: Annotated[ReleaseQuestionInput, strawberry.argument(description="Which.")]
    ) -> ReleaseQuestionPayload:
        return await _to_question(info, ReleaseQuestionPayload, input, claims.release_question)

    @strawberry.mutation(
        description="Write in a question's thread, as its asker or a chat moderator, whose reply to a pending one claims it. "
        "ALREADY_CLAIMED (by another moderator), NOT_IN_SESSION, SESSION_ENDED, INVALID, RATE_LIMITED."
    )
    async def reply_to_question(
        self, info: Info, input: Annotated[ReplyToQuestionInput, strawberry.argument(description="What, and where.")]
    ) -> ReplyToQuestionPayload:
        verb = partial(questions.reply_to_question, text=input.text, settles=input.settles)
        return await _to_question(info, ReplyToQuestionPayload, input, verb)

    @strawberry.mutation(
        description="Show question and answer to all who are or were inside; it is answered with that. Another answer takes "
        "the place of the one before. For chat moderators. ALREADY_CLAIMED, NOT_IN_SESSION, SESSION_ENDED, INVALID (the "
        "asker's own words)."
    )
    async def publish_answer(
        self, info: Info, input: Annotated[PublishAnswerInput, strawberry.argument(description="Which.")]
    ) -> PublishAnswerPayload:
        async def publish(tx: Transaction, question_id: UUID) -> UUID:
            reply_id = local_id(input.reply_id, "QuestionReply", "input", "replyId")
            return await questions.publish_answer(tx, question_id, reply_id)

        return await _to_question(info, PublishAnswerPayload, input, publish)

    @strawberry.mutation(
        description="Set a question aside that is pending, or claimed by oneself. For chat moderators. ALREADY_CLAIMED, "
        "CONFLICT (it was answered), NOT_IN_SESSION, SESSION_ENDED."
    )
    async def dismiss_question(
        self, info: Info, input: Annotated[DismissQuestionInput, strawberry.argument(description="Which.")]
    ) -> DismissQuestionPayload:
        return await _to_question(info, DismissQuestionPayload, input, claims.dismiss_question)

    @strawberry.mutation(
        description="Let an answered or dismissed question be pending again; what was published of it stays so. For chat "
        "moderators. NOT_IN_SESSION, SESSION_ENDED."
    )
    async def reopen_question(
        self, info: Info, input: Annotated[ReopenQuestionInput, strawberry.argument(description="Which.")]
    ) -> ReopenQuestionPayload:
        return await _to_question(info, ReopenQuestionPayload, input, claims.reopen_question)

    @strawberry.mutation(
        description="Say that one would have asked the same, of a published question by another. FORBIDDEN (one's own), "
        "CONFLICT (not published), NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED."
    )
    async def upvote_question(
        self, info: Info, input: Annotated[UpvoteQuestionInput, strawberry.argument(description="Which.")]
    ) -> UpvoteQuestionPayload:
        return await _to_question(info, UpvoteQuestionPayload, input, questions.upvote_question)

    @strawberry.mutation(description="Take one's upvote back. Refused like `upvoteQuestion`.")
    async def remove_question_upvote(
        self, info: Info, input: Annotated[RemoveQuestionUpvoteInput, strawberry.argument(description="Which.")]
    ) -> RemoveQuestionUpvotePayload:
        return await _to_question(info, RemoveQuestionUpvotePayload, input, questions.remove_question_upvote)
