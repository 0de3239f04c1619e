"""What acts in a session are done to, and answer with.

The room for one's own, the participant for what is done to others, and the session itself for what is done to all of it, so that
a late retry cannot do it to the next one.
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
