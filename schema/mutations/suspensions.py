"""Mutations that suspend users and let them in again, for site admins."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from resolvers import suspensions
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, shown
from schema.types.people import User, load_users


@mutation_input("Which user.")
class OnUser(Keyed):
    user_id: strawberry.ID = strawberry.field(description="The user.")


@strawberry.type(description="Answers with a user.")
class UserPayload(Payload):
    user: User | None = shown("The user as they are now.", load_users)


USER = Target("User", "user_id", OnUser, UserPayload)


@mutation(
    "Suspend a user, who keeps all roles. Their requests are refused within 3 seconds, and their sockets and streams end "
    "within 5. A suspended user stays suspended. For site admins. NOT_FOUND, INVALID for oneself.",
    on=USER,
    argument="Whom.",
    input_description="Whom to suspend.",
)
async def suspend_user(tx: Transaction, user_id: UUID) -> UUID:
    return await suspensions.suspend_user(tx, user_id)


@mutation(
    "End the suspension of a user; nothing changes where there is none. For site admins. NOT_FOUND.",
    on=USER,
    argument="Whom.",
    input_description="Whose suspension to end.",
)
async def unsuspend_user(tx: Transaction, user_id: UUID) -> UUID:
    return await suspensions.unsuspend_user(tx, user_id)
