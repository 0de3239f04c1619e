"""The events of a gallery itself and of the people in it, as clients see them."""

from typing import assert_never

import strawberry

from models.events import galleries as gallery_events
from schema.events.access import AccessChanged
from schema.events.interfaces import GalleryEvent, Place, RoomEvent
from schema.types.site import RoomLimits, room_limits


@strawberry.type(
    description="What rooms have of the site changed: the defaults, with every room that follows them, the limits of a "
    "mode, with every room of it, or the emoji for reactions."
)
class SiteDefaultsChanged(RoomEvent, GalleryEvent):
    qna_default: bool = strawberry.field(description="What SITE_DEFAULT means for Q&A now.")
    group_chat_default: bool = strawberry.field(description="What SITE_DEFAULT means for group chat now.")
    room_limits: list[RoomLimits] = strawberry.field(description="The limits of each mode now.")
    reaction_emoji: list[str] = strawberry.field(
        description="The emoji that people can react with in a room now; empty in events of before there were any."
    )


@strawberry.type(description="The gallery was created, or its own settings changed.")
class GalleryChanged(GalleryEvent):
    title: str = strawberry.field(description="The title.")
    description: str = strawberry.field(description="The description.")
    moderate_media: bool = strawberry.field(description="Whether what contributors add waits for review.")


GALLERY_EVENTS = (GalleryChanged, SiteDefaultsChanged)


def gallery_event_of(event: gallery_events.GalleryEvent, at: Place) -> GalleryEvent:
    """Returns the event as clients see it."""
    match event:
        case gallery_events.GalleryChanged(title=title, description=description, moderate_media=moderate):
            return GalleryChanged(**at, title=title, description=description, moderate_media=moderate)
        case gallery_events.SiteDefaultsChanged(qna_default=qna, group_chat_default=chat, room_limits=limits):
            shown, emoji = [room_limits(each) for each in limits], event.reaction_emoji
            return SiteDefaultsChanged(
                **at, qna_default=qna, group_chat_default=chat, room_limits=shown, reaction_emoji=emoji
            )
        case gallery_events.MembershipsChanged(saved=saved, removed=removed):
            return AccessChanged(**at, saved=[each.id for each in saved], removed=removed)
        case _:
            assert_never(event)
