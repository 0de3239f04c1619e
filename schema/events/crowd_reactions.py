"""The event of crowd reactions, as clients see it."""

from uuid import UUID

import strawberry

from models.events import crowd_reactions as crowd_events
from schema.events.interfaces import Place, RoomEvent
from schema.types.links import SessionLink, session_link


@strawberry.type(description="How often people reacted with an emoji.")
class EmojiCount:
    emoji: str = strawberry.field(description="The emoji.")
    count: int = strawberry.field(description="How often.")


@strawberry.type(
    description="People reacted in the room. Told at most once a second, with all reactions since the last such event. It "
    "does not tell who reacted."
)
class ReactionsCounted(RoomEvent):
    session_id: strawberry.Private[UUID]
    counts: list[EmojiCount] = strawberry.field(description="How often with each emoji, at least once each.")
    session: SessionLink = session_link("The session.", lambda event: event.session_id)


CROWD_EVENTS = (ReactionsCounted,)


def crowd_event_of(event: crowd_events.ReactionsCounted, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    counts = [EmojiCount(emoji=emoji, count=count) for emoji, count in event.counts.items()]
    return ReactionsCounted(**at, session_id=event.session_id, counts=counts)
