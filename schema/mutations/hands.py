"""Mutations of raised hands."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import hands
from resolvers.hands import Lowered
from schema.mutations.declare import mutation
from schema.mutations.payloads import Payload, shown, told
from schema.mutations.targets import IN_ROOM, PARTICIPANT, SESSION
from schema.types.sessions import RoomSession, load_sessions


@mutation(
    "Raise the viewer's hand, behind those that are up; one that is up keeps its place. NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which room.",
    input_description="In which room to raise the hand.",
    rate=RateKind.HANDS,
)
async def raise_hand(tx: Transaction, room_id: UUID) -> UUID:
    return await hands.raise_hand(tx, room_id)


@mutation(
    "Lower a hand, which loses its place: one's own, or as a room moderator anyone's; a manager's only as a manager. "
    "NOT_IN_SESSION, SESSION_ENDED.",
    on=PARTICIPANT,
    argument="Whose.",
    input_description="Whose hand to lower.",
)
async def lower_hand(tx: Transaction, participant_id: UUID) -> UUID:
    return await hands.lower_hand(tx, participant_id)


@strawberry.type(description="Answers `lowerAllHands`.")
class LowerAllHandsPayload(Payload):
    lowered: int = told("How many hands went down.", lambda outcome: outcome.count, refused=0)
    session: RoomSession | None = shown("The session as it is now.", load_sessions, lambda outcome: outcome.session_id)


@mutation(
    "Lower all hands; those of the gallery's managers only as a manager. For room moderators. SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
    input_description="In which session to lower all hands.",
    payload=LowerAllHandsPayload,
)
async def lower_all_hands(tx: Transaction, session_id: UUID) -> Lowered:
    return await hands.lower_all_hands(tx, session_id)
