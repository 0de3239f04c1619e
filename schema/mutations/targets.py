"""The targets of mutations in a session, and the payloads that they share.

A mutation of the viewer's own state names the room. A mutation of another person's state names the participant. A
mutation of the whole session names the session itself, so that a late retry cannot act on the next session.
"""

import strawberry

from schema.mutations.declare import Keyed, Target, mutation_input
from schema.mutations.payloads import Payload, shown
from schema.types.participants import Participant, load_participants
from schema.types.sessions import RoomSession, load_sessions


@mutation_input("Which room.")
class InRoom(Keyed):
    room_id: strawberry.ID = strawberry.field(description="The room whose session the viewer is in.")


@mutation_input("Whom.")
class OnParticipant(Keyed):
    participant_id: strawberry.ID = strawberry.field(description="The participant, of the running session.")


@mutation_input("Which session.")
class OnSession(Keyed):
    session_id: strawberry.ID = strawberry.field(description="The session.")


@strawberry.type(description="Answers with a participant.")
class ParticipantPayload(Payload):
    participant: Participant | None = shown("The participant as they are now.", load_participants)


@strawberry.type(description="Answers with a session.")
class SessionPayload(Payload):
    session: RoomSession | None = shown("The session as it is now.", load_sessions)


IN_ROOM = Target("Room", "room_id", InRoom, ParticipantPayload)
PARTICIPANT = Target("Participant", "participant_id", OnParticipant, ParticipantPayload)
SESSION = Target("RoomSession", "session_id", OnSession, SessionPayload)
