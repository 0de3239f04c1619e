"""The events of interactions, as clients see them."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.events import interactions as interaction_events
from models.events.interactions import OfInteraction
from schema.events.interfaces import Place, RoomEvent, by_name
from schema.execution.ahead import Loader, link
from schema.types.ids import global_id
from schema.types.interactions import Interaction, load_interactions_as_told
from schema.types.links import SessionLink, session_link


async def _load(told: Sequence[OfInteraction], snapshot: Snapshot) -> Sequence[Interaction | None]:
    return await load_interactions_as_told(snapshot, told)


_AS_TOLD = Loader(_load)


@strawberry.interface(description="About an interaction.")
class InteractionEvent(RoomEvent):
    told: strawberry.Private[OfInteraction]
    interaction_id: strawberry.ID = strawberry.field(description="The interaction's id.")

    interaction: Interaction | None = link(
        "The interaction with the totals of that moment; null for a draft that has been deleted since.",
        _AS_TOLD,
        lambda event: event.told,
    )


@strawberry.type(
    description="An interaction was opened, by a chat moderator or at its time: everyone inside can answer it."
)
class InteractionOpened(InteractionEvent):
    pass


@strawberry.type(
    description="Answers came in, told at most once a second for each interaction; an answer was published or withdrawn, "
    "or a word hidden or shown; or a draft was made, changed or scheduled, told to chat moderators."
)
class InteractionChanged(InteractionEvent):
    pass


@strawberry.type(description="An interaction was closed, and takes no more answers.")
class InteractionClosed(InteractionEvent):
    pass


@strawberry.type(description="A draft was deleted. For chat moderators.")
class InteractionDeleted(RoomEvent):
    session_id: strawberry.Private[UUID]
    interaction_id: strawberry.ID = strawberry.field(description="The id that it had.")
    session: SessionLink = session_link("The session that it was of.", lambda event: event.session_id)


_ABOUT_INTERACTIONS: dict[str, type[InteractionEvent]] = by_name(
    InteractionChanged, InteractionClosed, InteractionOpened
)
INTERACTION_EVENTS = (*_ABOUT_INTERACTIONS.values(), InteractionDeleted)


def interaction_event_of(event: interaction_events.InteractionEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case OfInteraction():
            interaction_id = global_id("Interaction", event.interaction.id)
            return _ABOUT_INTERACTIONS[event.kind](**at, told=event, interaction_id=interaction_id)
        case interaction_events.InteractionDeleted(interaction_id=draft, session_id=session_id):
            return InteractionDeleted(**at, session_id=session_id, interaction_id=global_id("Interaction", draft))
        case _:
            assert_never(event)
