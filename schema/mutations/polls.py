"""Mutations of polls, with their inputs and payloads."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import ballots, poll_changes
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, former_id, shown
from schema.mutations.targets import IN_ROOM, InRoom
from schema.types.ids import local_or_unknown
from schema.types.polls import Poll, load_polls


@mutation_input("Which poll.")
class OnPoll(Keyed):
    poll_id: strawberry.ID = strawberry.field(description="The poll, of the running session.")


@strawberry.type(description="Answers with a poll.")
class PollPayload(Payload):
    poll: Poll | None = shown("The poll as it is now.", load_polls)


POLL = Target("Poll", "poll_id", OnPoll, PollPayload)


@mutation_input("A new poll, a draft at first.")
class CreatePollInput(InRoom):
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


@mutation(
    "Draft a poll in the running session. For chat moderators inside. NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=IN_ROOM,
    argument="The poll.",
    payload=PollPayload,
    rate=RateKind.POLLS,
)
async def create_poll(tx: Transaction, room_id: UUID, input: CreatePollInput) -> UUID:
    return await poll_changes.create_poll(
        tx,
        room_id,
        input.question,
        input.options,
        multiple_answers=input.multiple_answers,
        share_results=input.share_results,
    )


@strawberry.input(description="What to change of a draft; what is null or not given stays as it is.")
class UpdatePollInput(OnPoll):
    question: str | None = strawberry.field(default=None, description="1 to 500 characters of plain text.")
    options: list[str] | None = strawberry.field(
        default=None, description="The whole list, as for a new one. Options get new ids where the list differs."
    )
    multiple_answers: bool | None = strawberry.field(default=None, description="Whether a ballot may choose several.")
    share_results: bool | None = strawberry.field(default=None, description="Whether everyone will see the results.")


@mutation(
    "Change a draft. For chat moderators inside. CONFLICT once it was opened, NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=POLL,
    argument="The changes.",
)
async def update_poll(tx: Transaction, poll_id: UUID, input: UpdatePollInput) -> UUID:
    return await poll_changes.update_poll(
        tx,
        poll_id,
        input.question,
        input.options,
        multiple_answers=input.multiple_answers,
        share_results=input.share_results,
    )


@strawberry.type(description="Answers `deletePoll`.")
class DeletePollPayload(Payload):
    poll_id: strawberry.ID | None = former_id("Poll", "The id that the draft had.")


@mutation(
    "Delete a draft. For chat moderators inside. CONFLICT once it was opened, NOT_IN_SESSION, SESSION_ENDED.",
    on=POLL,
    argument="Which one.",
    input_description="Which draft to delete.",
    payload=DeletePollPayload,
)
async def delete_poll(tx: Transaction, poll_id: UUID) -> UUID:
    return await poll_changes.delete_poll(tx, poll_id)


@strawberry.input(description="Which draft to open, and for how long.")
class OpenPollInput(OnPoll):
    duration_seconds: int | None = strawberry.field(
        default=None,
        description="It closes by itself after so long, 10 to 86,400. If not given, somebody has to close it.",
    )


@mutation(
    "Open a draft to votes. For chat moderators inside. CONFLICT where it was opened otherwise or is closed, "
    "NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=POLL,
    argument="Which one, how long.",
)
async def open_poll(tx: Transaction, poll_id: UUID, input: OpenPollInput) -> UUID:
    return await poll_changes.open_poll(tx, poll_id, input.duration_seconds)


@strawberry.input(description="What to vote for.")
class CastVoteInput(OnPoll):
    option_ids: list[strawberry.ID] = strawberry.field(
        description="Options of this poll, each once: exactly one unless it takes multiple answers."
    )


@mutation(
    "Vote, once and for good. For everyone inside. POLL_NOT_OPEN, ALREADY_VOTED, INVALID, NOT_FOUND for what is no option "
    "of this poll, NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED.",
    on=POLL,
    argument="What for.",
    payload_description="Answers `castVote`. Its `cursor` is null where the vote is told together with others.",
)
async def cast_vote(tx: Transaction, poll_id: UUID, input: CastVoteInput) -> UUID:
    return await ballots.cast_vote(tx, poll_id, local_or_unknown(input.option_ids, "PollOption"))


@mutation(
    "Close an open poll; one that is closed stays so. For chat moderators inside. POLL_NOT_OPEN for a draft, "
    "NOT_IN_SESSION, SESSION_ENDED.",
    on=POLL,
    argument="Which one.",
    input_description="Which poll to close.",
)
async def close_poll(tx: Transaction, poll_id: UUID) -> UUID:
    return await ballots.close_poll(tx, poll_id)
