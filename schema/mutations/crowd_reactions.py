"""The mutation of crowd reactions."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import crowd_reactions
from schema.mutations.declare import mutation
from schema.mutations.targets import IN_ROOM, InRoom


@strawberry.input(description="What to react with.")
class SendReactionInput(InRoom):
    emoji: str = strawberry.field(description="One of `Site.reactionEmoji`.")


@mutation(
    "React in the room with an emoji, as one of the crowd: nobody is told who did. For everyone inside. INVALID for another "
    "emoji, NOT_IN_SESSION, SESSION_ENDED, RATE_LIMITED.",
    on=IN_ROOM,
    argument="What with.",
    payload_description="Answers `sendReaction`. Its `cursor` is null where the reaction is told together with others.",
)
async def send_reaction(tx: Transaction, room_id: UUID, input: SendReactionInput) -> UUID:
    return await crowd_reactions.send_reaction(tx, room_id, input.emoji)
