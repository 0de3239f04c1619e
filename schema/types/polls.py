"""Polls."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.events.polls import OfPoll
from resolvers import polls as resolvers
from resolvers.polls import ReadPoll
from schema.execution.ahead import guaranteed, relation
from schema.types.enums import PollState
from schema.types.ids import global_id
from schema.types.node import Node, in_places
from schema.types.sessions import RoomSession, load_sessions


@strawberry.type(description="What can be chosen in a poll.")
class PollOption:
    local: strawberry.Private[UUID]
    text: str = strawberry.field(description="What it says.")
    votes: int | None = strawberry.field(
        description="How many ballots chose it; null while the viewer may not see the results. Chat moderators always see "
        "them, all others where they are shared and once it is closed."
    )

    @strawberry.field(description="What `castVote` takes.")
    def id(self) -> strawberry.ID:
        return global_id("PollOption", self.local)


@strawberry.type(description="A question with options, put to everyone inside. Who voted what is told to nobody.")
class Poll(Node):
    read: strawberry.Private[ReadPoll]
    question: str = strawberry.field(description="What is asked.")
    options: list[PollOption] = strawberry.field(description="What can be chosen, in order; fixed once it is open.")
    state: PollState = strawberry.field(description="A draft, open or closed.")
    multiple_answers: bool = strawberry.field(description="Whether a ballot may choose several options.")
    share_results: bool = strawberry.field(description="Whether all see the results once it is closed.")
    ballots: int = strawberry.field(description="How many have voted.")
    opened_at: datetime | None = strawberry.field(description="When it was opened.")
    closes_at: datetime | None = strawberry.field(
        description="When its time is over: from then on it takes no votes. Null where somebody has to close it."
    )
    closed_at: datetime | None = strawberry.field(description="When it was closed.")

    @relation("The session that it is of.")
    @staticmethod
    async def session(polls: Sequence["Poll"], snapshot: Snapshot) -> Sequence[RoomSession]:
        return guaranteed(await load_sessions(snapshot, [each.read.poll.session_id for each in polls]))

    @relation("What the viewer chose; null where they have not voted. Told to nobody else.")
    @staticmethod
    async def viewer_vote(polls: Sequence["Poll"], snapshot: Snapshot) -> Sequence[list[PollOption] | None]:
        votes = await resolvers.own_votes(snapshot, {each.read.poll.id for each in polls})
        return [
            [option for option in each.options if option.local in votes[each.read.poll.id]]
            if each.read.poll.id in votes
            else None
            for each in polls
        ]


def poll_node(read: ReadPoll) -> Poll:
    """Returns the poll as a node."""
    votes = read.tally.votes if read.shows_votes else None
    options = [
        PollOption(local=each, text=text, votes=None if votes is None else votes.get(each, 0))
        for each, text in read.wording.options.items()
    ]
    return Poll(
        read=read,
        id=global_id("Poll", read.poll.id),
        question=read.wording.question,
        options=options,
        state=read.poll.state,
        multiple_answers=read.poll.multiple_answers,
        share_results=read.poll.share_results,
        ballots=read.tally.ballots,
        opened_at=read.poll.opened_at,
        closes_at=read.poll.closes_at,
        closed_at=read.poll.closed_at,
    )


async def load_polls(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Poll | None]:
    """Returns the polls that the viewer may see. Each place gets its own node."""
    found = await resolvers.polls_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, poll_node)


async def load_polls_of(
    snapshot: Snapshot, galleries: Sequence[UUID], states: Sequence[PollState] | None
) -> list[list[Poll]]:
    """Returns the polls of each gallery's room that the viewer may see, oldest first."""
    found = await resolvers.polls_of(snapshot, set(galleries), states)
    return [[poll_node(each) for each in found[gallery]] for gallery in galleries]


async def load_polls_as_told(snapshot: Snapshot, events: Sequence[OfPoll]) -> list[Poll | None]:
    """Returns the poll of each event, as it was at the event, or None if the poll has been deleted since."""
    return [poll_node(each) if each else None for each in await resolvers.polls_as_told(snapshot, events)]
