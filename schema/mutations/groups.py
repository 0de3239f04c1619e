"""Mutations of users and groups, for site admins, with their inputs and payloads."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import groups, people
from resolvers.groups import Moved
from resolvers.people import Profile
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, former_id, shown, told
from schema.types.ids import global_id, local_id
from schema.types.people import Group, User, load_groups, load_users


@mutation_input("Which group.")
class OnGroup(Keyed):
    group_id: strawberry.ID = strawberry.field(description="The group.")


@strawberry.type(description="Answers with a group.")
class GroupPayload(Payload):
    group: Group | None = shown("The group as it is now.", load_groups)


GROUP = Target("Group", "group_id", OnGroup, GroupPayload)


@mutation_input("A new group.")
class CreateGroupInput(Keyed):
    name: str = strawberry.field(description="1 to 200 characters of plain text.")


@strawberry.type(description="Answers `createGroup`.")
class CreateGroupPayload(Payload):
    group: Group | None = shown("The new group.", load_groups)


@mutation(
    "Make a group that nobody is in yet. For site admins. INVALID.",
    argument="The group.",
    payload=CreateGroupPayload,
    rate=RateKind.IMPORTS,
)
async def create_group(tx: Transaction, input: CreateGroupInput) -> UUID:
    return await groups.create_group(tx, input.name)


@mutation_input("What to call a group.")
class UpdateGroupInput(OnGroup):
    name: str = strawberry.field(description="1 to 200 characters of plain text.")


@mutation("Rename a group. For site admins. INVALID, NOT_FOUND.", on=GROUP, argument="Its name.")
async def update_group(tx: Transaction, group_id: UUID, input: UpdateGroupInput) -> UUID:
    return await groups.update_group(tx, group_id, input.name)


@strawberry.type(description="Answers `deleteGroup`.")
class DeleteGroupPayload(Payload):
    group_id: strawberry.ID | None = former_id("Group", "The id that it had.")


@mutation(
    "Delete a group, with what it was given in galleries and rooms. For site admins. NOT_FOUND, LAST_MANAGER where a gallery "
    "would have no manager left.",
    on=GROUP,
    argument="Which group.",
    input_description="Which group to delete.",
    payload=DeleteGroupPayload,
)
async def delete_group(tx: Transaction, group_id: UUID) -> UUID:
    return await groups.delete_group(tx, group_id)


@mutation_input("Whom to put into which group.")
class AddGroupMembersInput(OnGroup):
    user_ids: list[strawberry.ID] = strawberry.field(description="The users, each once, at most 1,000.")


@strawberry.type(description="Answers `addGroupMembers`.")
class AddGroupMembersPayload(Payload):
    added: int = told(
        "How many users were added. Those who were in it already do not count.",
        lambda outcome: len(outcome.user_ids),
        refused=0,
    )
    group: Group | None = shown("The group as it is now.", load_groups, lambda outcome: outcome.group_id)


@mutation(
    "Put users into a group. They get the roles that the group has. Those who are in it already stay. For site admins. INVALID, "
    "NOT_FOUND.",
    on=GROUP,
    argument="Whom, and where.",
    payload=AddGroupMembersPayload,
    rate=RateKind.IMPORTS,
)
async def add_group_members(tx: Transaction, group_id: UUID, input: AddGroupMembersInput) -> Moved:
    return await groups.add_users(tx, group_id, _users(input.user_ids))


@mutation_input("Whom to take out of which group.")
class RemoveGroupMembersInput(OnGroup):
    user_ids: list[strawberry.ID] = strawberry.field(description="The users, each once, at most 1,000.")


@strawberry.type(description="Answers `removeGroupMembers`.")
class RemoveGroupMembersPayload(Payload):
    removed: int = told("How many were in it and are not now.", lambda outcome: len(outcome.user_ids), refused=0)
    removed_user_ids: list[strawberry.ID] | None = told(
        "The ids of those who were in it and are not now.",
        lambda outcome: [global_id("User", each) for each in outcome.user_ids],
    )
    group: Group | None = shown("The group as it is now.", load_groups, lambda outcome: outcome.group_id)


@mutation(
    "Take users out of a group, and so out of all that only it gave them. For site admins. INVALID, NOT_FOUND, LAST_MANAGER "
    "where a gallery would have no manager left.",
    on=GROUP,
    argument="Whom, and where.",
    payload=RemoveGroupMembersPayload,
)
async def remove_group_members(tx: Transaction, group_id: UUID, input: RemoveGroupMembersInput) -> Moved:
    return await groups.remove_users(tx, group_id, _users(input.user_ids))


def _users(ids: Sequence[str]) -> list[UUID]:
    return [local_id(text, "User", "input", "userIds", str(place)) for place, text in enumerate(ids)]


@mutation_input("A user, whole: what is left out, or null, is so from then on.")
class UpsertUserInput(Keyed):
    issuer: str = strawberry.field(description="Who vouches for them: `iss` of their tokens, exactly.")
    subject: str = strawberry.field(description="Whom the issuer knows them as: `sub` of their tokens, exactly.")
    name: str = strawberry.field(description="The display name, 1 to 200 characters of plain text.")
    username: str | None = strawberry.field(default=None, description="Also found by this, at most 200 characters.")
    email: str | None = strawberry.field(
        default=None, description="The e-mail address, `name@domain`, at most 254 characters."
    )
    avatar_url: str | None = strawberry.field(default=None, description="Where their picture is, an http(s) URL.")


@strawberry.type(description="Answers `upsertUser`.")
class UpsertUserPayload(Payload):
    user: User | None = shown("The user as stored.", load_users)


@mutation(
    "Make a user before they first sign in, or bring one up to date; their own tokens do so too. For site admins. INVALID.",
    argument="The user.",
    payload=UpsertUserPayload,
    rate=RateKind.IMPORTS,
)
async def upsert_user(tx: Transaction, input: UpsertUserInput) -> UUID:
    profile = Profile(
        issuer=input.issuer,
        subject=input.subject,
        name=input.name,
        username=input.username,
        email=input.email,
        avatar_url=input.avatar_url,
    )
    return await people.upsert_user(tx, profile)
