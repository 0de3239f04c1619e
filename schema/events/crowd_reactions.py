"""The event of crowd reactions, as clients see it."""

import strawberry

from models.events import crowd_reactions as crowd_events
from schema.events.interfaces import Place, RoomEvent


@strawberry.type(description="How often people reacted with an emoji.")
class EmojiCount:
    emoji: str = strawberry.field(description="The emoji.")
    count: int = strawberry.field(description="How often.")


@strawberry.type(
    description="People reacted in the room. Told at most once a second, with all reactions since the last such event. It "
    "does not tell who reacted."
)
class ReactionsCounted(RoomEvent):
    counts: list[EmojiCount] = strawberry.field(description="How often with each emoji, at least once each.")


CROWD_EVENTS = (ReactionsCounted,)


def crowd_event_of(event: crowd_events.ReactionsCounted, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    counts = [EmojiCount(emoji=emoji, count=count) for emoji, count in event.counts.items()]
    return ReactionsCounted(**at, counts=counts)
