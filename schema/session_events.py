"""What happens to a session and to the people in it, as clients see it."""

from typing import assert_never
from uuid import UUID

import strawberry

from models import session_events as facts
from schema.events import GalleryEvent, Place, RoomEvent
from schema.sessions import Participant, RoomSession, participant_node, session_node


@strawberry.type(description="A moderator launched the room.")
class SessionStarted(RoomEvent, GalleryEvent):
    session: RoomSession = strawberry.field(description="The session as it started.")


@strawberry.type(description="The session ended for everyone; all who were inside have left.")
class SessionEnded(RoomEvent, GalleryEvent):
    session: RoomSession = strawberry.field(description="The session as it ended.")


@strawberry.type(description="Someone entered.")
class ParticipantJoined(RoomEvent):
    participant: Participant = strawberry.field(description="The participant, with the rights resolved on entering.")
    participant_count: int = strawberry.field(description="How many are inside now.")


@strawberry.type(description="Someone left.")
class ParticipantLeft(RoomEvent):
    participant: Participant = strawberry.field(description="The participant as they left.")
    participant_count: int = strawberry.field(description="How many are inside now.")


SESSION_EVENTS = (ParticipantJoined, ParticipantLeft, SessionEnded, SessionStarted)


def session_event_of(event: facts.SessionEvent, gallery_id: UUID, at: Place) -> RoomEvent:
    """The event as clients know it."""
    match event:
        case facts.SessionStarted(session=session):
            return SessionStarted(**at, session=session_node(session, gallery_id))
        case facts.SessionEnded(session=session):
            return SessionEnded(**at, session=session_node(session, gallery_id))
        case facts.ParticipantJoined(participant=participant, participant_count=count):
            return ParticipantJoined(**at, participant=participant_node(participant), participant_count=count)
        case facts.ParticipantLeft(participant=participant, participant_count=count):
            return ParticipantLeft(**at, participant=participant_node(participant), participant_count=count)
        case _:
            assert_never(event)
