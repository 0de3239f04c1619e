"""What can be done with polls: inputs, payloads and mutations."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import ballots, poll_changes
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, Payload, act_on, mutate
from schema.mutations.targets import Verb
from schema.types.ids import global_id, local_id, local_or_unknown
from schema.types.polls import Poll, load_polls

P = TypeVar("P", bound=Payload)


@strawberry.input(description="A new poll, a draft at first.")
class CreatePollInput:
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")
    question: str = strawberry.field(description="What to ask: 1 to 500 characters of plain text.")
    options: list[str] = strawberry.field(
        description="What can be chosen, in order: 2 to 10, no two the same, each a line of 1 to 200 characters."
    )
    multiple_answers: bool = strawberry.field(
        default=False, description="Whether a ballot may choose several; if not, it chooses exactly one."
    )
    share_results: bool = strawberry.field(
        default=False, description="Whether everyone inside sees the results once it is closed."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which poll.")
class ToPoll:
    poll_id: strawberry.ID = strawberry.field(description="The poll, of the running session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to change of a draft; what is null or not given stays as it is.")
class UpdatePollInput(ToPoll):
    question: str | None = strawberry.field(default=None, description="1 to 500 characters of plain text.")
    options: list[str] | None = strawberry.field(
        default=None, description="The whole list, as for a new one. Options get new ids where the list differs."
    )
    multiple_answers: bool | None = strawberry.field(default=None, description="Whether a ballot may choose several.")
    share_results: bool | None = strawberry.field(default=None, description="Whether everyone will see the results.")


@strawberry.input(description="Which draft to delete.")
class DeletePollInput(ToPoll):
    pass


@strawberry.input(description="Which draft to open, and for how long.")
class OpenPollInput(ToPoll):
    duration_seconds: int | None = strawberry.field(
        default=None,
        description="It closes by itself after so long, 10 to 86,400. If not given, somebody has to close it.",
    )


@strawberry.input(description="What to vote for.")
class CastVoteInput(ToPoll):
    option_ids: list[strawberry.ID] = strawberry.field(
        description="Options of this poll, each once: exactly one unless it takes multiple answers."
    )


@strawberry.input(description="Which poll to close.")
class ClosePollInput(ToPoll):
    pass


@strawberry.type(description="Answers with a poll.")
class PollPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The poll as it is now.")
    @staticmethod
    async def poll(payloads: Sequence["PollPayload"], snapshot: Snapshot) -> Sequence[Poll | None]:
        return await load_polls(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `createPoll`.")
class CreatePollPayload(PollPayload):
    pass


@strawberry.type(description="Answers `updatePoll`.")
class UpdatePollPayload(PollPayload):
    pass


@strawberry.type(description="Answers `deletePoll`.")
class DeletePollPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The id that the draft had.")
    def poll_id(self) -> strawberry.ID | None:
        return global_id("Poll", self.outcome) if self.outcome else None


@strawberry.type(description="Answers `openPoll`.")
class OpenPollPayload(PollPayload):
    pass


@strawberry.type(description="Answers `castVote`. Its `cursor` is null where the vote is told together with others.")
class CastVotePayload(PollPayload):
    pass


@strawberry.type(description="Answers `closePoll`.")
class ClosePollPayload(PollPayload):
    pass


@strawberry.type
class PollMutations:
    @strawberry.mutation(
        description="Draft a poll in the running session. For chat moderators inside. NOT_IN_SESSION, SESSION_ENDED, INVALID."
    )
    async def create_poll(
        self, info: Info, input: Annotated[CreatePollInput, strawberry.argument(description="The poll.")]
    ) -> CreatePollPayload:
        async def create(tx: Transaction) -> UUID:
            return await poll_changes.create_poll(
                tx,
                local_id(input.room_id, "Room", "input", "roomId"),
                input.question,
                input.options,
                multiple_answers=input.multiple_answers,
                share_results=input.share_results,
            )

        return await mutate(info, CreatePollPayload, UUID, input, create)

    @strawberry.mutation(
        description="Change a draft. For chat moderators inside. CONFLICT once it was opened, NOT_IN_SESSION, "
        "SESSION_ENDED, INVALID."
    )
    async def update_poll(
        self, info: Info, input: Annotated[UpdatePollInput, strawberry.argument(description="The changes.")]
    ) -> UpdatePollPayload:
        return await _to_poll(
            info,
            UpdatePollPayload,
            input,
            lambda tx, poll_id: poll_changes.update_poll(
                tx,
                poll_id,
                input.question,
                input.options,
                multiple_answers=input.multiple_answers,
                share_results=input.share_results,
            ),
        )

    @strawberry.mutation(
        description="Delete a draft. For chat moderators inside. CONFLICT once it was opened, NOT_IN_SESSION, SESSION_ENDED."
    )
    async def delete_poll(
        self, info: Info, input: Annotated[DeletePollInput, strawberry.argument(description="Which one.")]
    ) -> DeletePollPayload:
        return await _to_poll(info, DeletePollPayload, input, poll_changes.delete_poll)

    @strawberry.mutation(
        description="Open a draft to votes. For chat moderators inside. CONFLICT where it was opened otherwise or is closed, "
        "NOT_IN_SESSION, SESSION_ENDED, INVALID."
    )
    async def open_poll(
        self, info: Info, input: Annotated[OpenPollInput, strawberry.argument(description="Which one, how long.")]
    ) -> OpenPollPayload:
        return await _to_poll(
            info,
            OpenPollPayload,
            input,
            lambda tx, poll_id: poll_changes.open_poll(tx, poll_id, input.duration_seconds),
        )

    @strawberry.mutation(
        description="Vote, once and for good. For everyone inside. POLL_NOT_OPEN, ALREADY_VOTED, INVALID, NOT_FOUND for "
        "what is no option of this poll, NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED."
    )
    async def cast_vote(
        self, info: Info, input: Annotated[CastVoteInput, strawberry.argument(description="What for.")]
    ) -> CastVotePayload:
        chosen = local_or_unknown(input.option_ids, "PollOption")
        return await _to_poll(info, CastVotePayload, input, lambda tx, poll_id: ballots.cast_vote(tx, poll_id, chosen))

    @strawberry.mutation(
        description="Close an open poll; one that is closed stays so. For chat moderators inside. POLL_NOT_OPEN for a "
        "draft, NOT_IN_SESSION, SESSION_ENDED."
    )
    async def close_poll(
        self, info: Info, input: Annotated[ClosePollInput, strawberry.argument(description="Which one.")]
    ) -> ClosePollPayload:
        return await _to_poll(info, ClosePollPayload, input, ballots.close_poll)


async def _to_poll(info: Info, payload: type[P], given: ToPoll, verb: Verb) -> P:
    return await act_on(info, payload, given, given.poll_id, "Poll", verb)
