"""The events of a session and of the people in it, as clients see them."""

from typing import assert_never

import strawberry

from models.events import sessions as session_events
from schema.events.interfaces import GalleryEvent, Place, RoomEvent, by_name
from schema.types.participants import Participant, participant_node
from schema.types.sessions import RoomSession, session_node


@strawberry.interface(description="About a session.")
class SessionEvent(RoomEvent):
    session: RoomSession = strawberry.field(description="The session as it was after it.")


@strawberry.type(description="A moderator launched the room.")
class SessionStarted(SessionEvent, GalleryEvent):
    pass


@strawberry.type(description="The session ended for everyone; all who were inside have left.")
class SessionEnded(SessionEvent, GalleryEvent):
    pass


@strawberry.type(description="Newcomers wait to be let in from now on.")
class RoomLocked(SessionEvent, GalleryEvent):
    pass


@strawberry.type(description="Newcomers are let in again. Those who wait go on waiting.")
class RoomUnlocked(SessionEvent, GalleryEvent):
    pass


@strawberry.interface(description="About someone in the session.")
class ParticipantEvent(RoomEvent):
    participant: Participant = strawberry.field(description="The participant as they were after it.")


@strawberry.type(description="Someone waits to be let in. For them and the room's moderators.")
class ParticipantWaiting(ParticipantEvent):
    pass


@strawberry.type(description="Someone entered, with the rights resolved then, and perhaps onto the stage.")
class ParticipantJoined(ParticipantEvent):
    participant_count: int = strawberry.field(description="How many are inside now.")
    on_stage_count: int = strawberry.field(description="How many are on stage now.")


@strawberry.type(description="Someone left, was removed, or was declined: their state says which. They are off stage.")
class ParticipantLeft(ParticipantEvent):
    participant_count: int = strawberry.field(description="How many are inside now.")
    on_stage_count: int = strawberry.field(description="How many are on stage now.")
    absent: bool = strawberry.field(description="Whether they gave no sign of life for too long.")


@strawberry.type(
    description="What is known of a participant changed. `permissionsStale` is told to them and the room's moderators, "
    "`chatBlocked` to them and the session's chat moderators."
)
class ParticipantChanged(ParticipantEvent):
    pass


_ABOUT_SESSIONS: dict[str, type[RoomLocked | RoomUnlocked | SessionEnded | SessionStarted]] = by_name(
    RoomLocked, RoomUnlocked, SessionEnded, SessionStarted
)
_ABOUT_PEOPLE = (ParticipantJoined, ParticipantLeft, ParticipantChanged, ParticipantWaiting)
SESSION_EVENTS = (*_ABOUT_SESSIONS.values(), *_ABOUT_PEOPLE)


def session_event_of(event: session_events.SessionEvent, at: Place) -> RoomEvent:
    """Returns the event as clients see it."""
    match event:
        case session_events.OfSession():
            return _ABOUT_SESSIONS[event.kind](**at, session=session_node(event.session, at["gallery_id"]))
        case session_events.ParticipantWaiting(participant=one):
            return ParticipantWaiting(**at, participant=participant_node(one))
        case session_events.ParticipantJoined(participant=one, counts=counts):
            return ParticipantJoined(
                **at,
                participant=participant_node(one),
                participant_count=counts.participant_count,
                on_stage_count=counts.stage_count,
            )
        case session_events.ParticipantLeft(participant=one, counts=counts, absent=absent):
            return ParticipantLeft(
                **at,
                participant=participant_node(one),
                participant_count=counts.participant_count,
                on_stage_count=counts.stage_count,
                absent=absent,
            )
        case session_events.ParticipantChanged(participant=one, of_chat=of_chat):
            # A participant who comes back may wait to be let in. Chat moderators do not learn this (rule 37).
            return ParticipantChanged(**at, participant=participant_node(one.seen_inside if of_chat else one))
        case _:
            assert_never(event)
