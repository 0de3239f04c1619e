"""The events of interactions, as clients see them."""

from collections.abc import Sequence
from typing import assert_never

import strawberry

from models.database.transaction import Snapshot
from models.events import interactions as interaction_events
from models.events.interactions import OfInteraction
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.execution.ahead import Loader, link
from schema.types.ids import global_id
from schema.types.interactions import Interaction, load_interactions_as_told


async def _load(told: Sequence[OfInteraction], snapshot: Snapshot) -> Sequence[Interaction | None]:
    return await load_interactions_as_told(snapshot, told)


# The field has the same type in all events, so that clients can select it from each event in one document.
_AS_TOLD = Loader(_load)


@strawberry.type(
    description="An interaction was opened, by a chat moderator or at its time: everyone inside can answer it."
)
class InteractionOpened(RoomEvent):
    told: strawberry.Private[OfInteraction]

    interaction: Interaction | None = link("The interaction as it was opened.", _AS_TOLD, lambda event: event.told)


@strawberry.type(
    description="Answers came in, told at most once a second for each interaction; an answer was published or withdrawn, "
    "or a word hidden or shown; or a draft was made, changed or scheduled, told to chat moderators."
)
class InteractionChanged(RoomEvent):
    told: strawberry.Private[OfInteraction]

    interaction: Interaction | None = link(
        "The interaction with the totals of that moment; null for a draft that has been deleted since.",
        _AS_TOLD,
        lambda event: event.told,
    )


@strawberry.type(description="An interaction was closed, and takes no more answers.")
class InteractionClosed(RoomEvent):
    told: strawberry.Private[OfInteraction]

    interaction: Interaction | None = link("The interaction with its final totals.", _AS_TOLD, lambda event: event.told)


@strawberry.type(description="A draft was deleted. For chat moderators.")
class InteractionDeleted(RoomEvent):
    interaction_id: strawberry.ID = strawberry.field(description="The id that it had.")


_ABOUT_INTERACTIONS: dict[str, type[InteractionChanged | InteractionClosed | InteractionOpened]] = by_name(
    InteractionChanged, InteractionClosed, InteractionOpened
)
INTERACTION_EVENTS = (*_ABOUT_INTERACTIONS.values(), InteractionDeleted)


def interaction_event_of(event: interaction_events.InteractionEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case OfInteraction():
            return _ABOUT_INTERACTIONS[event.kind](**at, told=event)
        case interaction_events.InteractionDeleted(interaction_id=interaction_id):
            return InteractionDeleted(**at, interaction_id=global_id("Interaction", interaction_id))
        case _:
            assert_never(event)
