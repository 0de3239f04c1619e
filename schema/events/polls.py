"""The events of polls, as clients see them."""

from collections.abc import Sequence
from typing import assert_never

import strawberry

from models.database.transaction import Snapshot
from models.events import polls as poll_events
from models.events.polls import OfPoll
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.execution.ahead import Loader, link
from schema.types.ids import global_id
from schema.types.polls import Poll, load_polls_as_told


async def _load(told: Sequence[OfPoll], snapshot: Snapshot) -> Sequence[Poll | None]:
    return await load_polls_as_told(snapshot, told)


# The field has the same type in all events, so that clients can select it from each event in one document.
_AS_TOLD = Loader(_load)


@strawberry.type(description="A poll was opened: everyone inside can vote.")
class PollOpened(RoomEvent):
    told: strawberry.Private[OfPoll]

    poll: Poll | None = link("The poll as it was opened.", _AS_TOLD, lambda event: event.told)


@strawberry.type(
    description="Votes came in, told at most once a second for each poll; or a draft was made or changed, told to chat "
    "moderators."
)
class PollChanged(RoomEvent):
    told: strawberry.Private[OfPoll]

    poll: Poll | None = link(
        "The poll with the totals of that moment; null for a draft that has been deleted since.",
        _AS_TOLD,
        lambda event: event.told,
    )


@strawberry.type(description="A poll was closed, and takes no more votes.")
class PollClosed(RoomEvent):
    told: strawberry.Private[OfPoll]

    poll: Poll | None = link("The poll with its final totals.", _AS_TOLD, lambda event: event.told)


@strawberry.type(description="A draft was deleted. For chat moderators.")
class PollDeleted(RoomEvent):
    poll_id: strawberry.ID = strawberry.field(description="The id that it had.")


_ABOUT_POLLS: dict[str, type[PollChanged | PollClosed | PollOpened]] = by_name(PollChanged, PollClosed, PollOpened)
POLL_EVENTS = (*_ABOUT_POLLS.values(), PollDeleted)


def poll_event_of(event: poll_events.PollEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case OfPoll():
            return _ABOUT_POLLS[event.kind](**at, told=event)
        case poll_events.PollDeleted(poll_id=poll_id):
            return PollDeleted(**at, poll_id=global_id("Poll", poll_id))
        case _:
            assert_never(event)
