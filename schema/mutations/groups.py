"""Users and groups as site admins keep them: inputs, payloads and mutations."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import groups, people
from resolvers.groups import Moved
from resolvers.people import Profile
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.types.ids import global_id, local_id
from schema.types.people import Group, User, load_groups, load_users


@strawberry.input(description="A new group.")
class CreateGroupInput:
    name: str = strawberry.field(description="1 to 200 characters of plain text.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to call a group.")
class UpdateGroupInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    name: str = strawberry.field(description="1 to 200 characters of plain text.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which group to delete.")
class DeleteGroupInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom to put into which group.")
class AddGroupMembersInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    user_ids: list[strawberry.ID] = strawberry.field(description="The users, each once, at most 1,000.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Whom to take out of which group.")
class RemoveGroupMembersInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    user_ids: list[strawberry.ID] = strawberry.field(description="The users, each once, at most 1,000.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="A user, whole: what is left out, or null, is so from then on.")
class UpsertUserInput:
    issuer: str = strawberry.field(description="Who vouches for them: `iss` of their tokens, exactly.")
    subject: str = strawberry.field(description="Whom the issuer knows them as: `sub` of their tokens, exactly.")
    name: str = strawberry.field(description="The display name, 1 to 200 characters of plain text.")
    username: str | None = strawberry.field(default=None, description="Also found by this, at most 200 characters.")
    email: str | None = strawberry.field(
        default=None, description="The e-mail address, `name@domain`, at most 254 characters."
    )
    avatar_url: str | None = strawberry.field(default=None, description="Where their picture is, an http(s) URL.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `createGroup`.")
class CreateGroupPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The new group.")
    @staticmethod
    async def group(payloads: Sequence["CreateGroupPayload"], snapshot: Snapshot) -> Sequence[Group | None]:
        return await load_groups(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `updateGroup`.")
class UpdateGroupPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The group as it is now.")
    @staticmethod
    async def group(payloads: Sequence["UpdateGroupPayload"], snapshot: Snapshot) -> Sequence[Group | None]:
        return await load_groups(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `deleteGroup`.")
class DeleteGroupPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The id that it had.")
    def group_id(self) -> strawberry.ID | None:
        return global_id("Group", self.outcome) if self.outcome else None


@strawberry.type(description="Answers `addGroupMembers`.")
class AddGroupMembersPayload(Payload):
    outcome: strawberry.Private[Moved | None] = None

    @strawberry.field(description="How many are in it now who were not before.")
    def added(self) -> int:
        return self.outcome.count if self.outcome else 0

    @relation("The group as it is now.")
    @staticmethod
    async def group(payloads: Sequence["AddGroupMembersPayload"], snapshot: Snapshot) -> Sequence[Group | None]:
        return await load_groups(snapshot, [each.outcome.group_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `removeGroupMembers`.")
class RemoveGroupMembersPayload(Payload):
    outcome: strawberry.Private[Moved | None] = None

    @strawberry.field(description="How many were in it and are not now.")
    def removed(self) -> int:
        return self.outcome.count if self.outcome else 0

    @relation("The group as it is now.")
    @staticmethod
    async def group(payloads: Sequence["RemoveGroupMembersPayload"], snapshot: Snapshot) -> Sequence[Group | None]:
        return await load_groups(snapshot, [each.outcome.group_id if each.outcome else None for each in payloads])


@strawberry.type(description="Answers `upsertUser`.")
class UpsertUserPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The user as stored.")
    @staticmethod
    async def user(payloads: Sequence["UpsertUserPayload"], snapshot: Snapshot) -> Sequence[User | None]:
        return await load_users(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="What site admins can do about users and groups.")
class GroupMutations:
    @strawberry.mutation(description="Make a group that nobody is in yet. For site admins. INVALID.")
    async def create_group(
        self, info: Info, input: Annotated[CreateGroupInput, strawberry.argument(description="The group.")]
    ) -> CreateGroupPayload:
        return await mutate(info, CreateGroupPayload, UUID, input, lambda tx: groups.create_group(tx, input.name))

    @strawberry.mutation(description="Rename a group. For site admins. INVALID, NOT_FOUND.")
    async def update_group(
        self, info: Info, input: Annotated[UpdateGroupInput, strawberry.argument(description="Its name.")]
    ) -> UpdateGroupPayload:
        async def update(tx: Transaction) -> UUID:
            return await groups.update_group(tx, _group(input.group_id), input.name)

        return await mutate(info, UpdateGroupPayload, UUID, input, update)

    @strawberry.mutation(
        description="Delete a group, with what it was given in galleries and rooms. For site admins. NOT_FOUND, "
        "LAST_MANAGER where a gallery would have no manager left."
    )
    async def delete_group(
        self, info: Info, input: Annotated[DeleteGroupInput, strawberry.argument(description="Which group.")]
    ) -> DeleteGroupPayload:
        async def delete(tx: Transaction) -> UUID:
            return await groups.delete_group(tx, _group(input.group_id))

        return await mutate(info, DeleteGroupPayload, UUID, input, delete)

    @strawberry.mutation(
        description="Put users into a group, and so into all that the group was given; who is in it already stays. "
        "For site admins. INVALID, NOT_FOUND."
    )
    async def add_group_members(
        self, info: Info, input: Annotated[AddGroupMembersInput, strawberry.argument(description="Whom, and where.")]
    ) -> AddGroupMembersPayload:
        async def add(tx: Transaction) -> Moved:
            return await groups.add_users(tx, _group(input.group_id), _users(input.user_ids))

        return await mutate(info, AddGroupMembersPayload, Moved, input, add)

    @strawberry.mutation(
        description="Take users out of a group, and so out of all that only it gave them. For site admins. INVALID, "
        "NOT_FOUND, LAST_MANAGER where a gallery would have no manager left."
    )
    async def remove_group_members(
        self, info: Info, input: Annotated[RemoveGroupMembersInput, strawberry.argument(description="Whom, and where.")]
    ) -> RemoveGroupMembersPayload:
        async def remove(tx: Transaction) -> Moved:
            return await groups.remove_users(tx, _group(input.group_id), _users(input.user_ids))

        return await mutate(info, RemoveGroupMembersPayload, Moved, input, remove)

    @strawberry.mutation(
        description="Make a user before they first sign in, or bring one up to date; their own tokens do so too. "
        "For site admins. INVALID."
    )
    async def upsert_user(
        self, info: Info, input: Annotated[UpsertUserInput, strawberry.argument(description="The user.")]
    ) -> UpsertUserPayload:
        profile = Profile(
            issuer=input.issuer,
            subject=input.subject,
            name=input.name,
            username=input.username,
            email=input.email,
            avatar_url=input.avatar_url,
        )
        return await mutate(info, UpsertUserPayload, UUID, input, lambda tx: people.upsert_user(tx, profile))


def _group(text: str) -> UUID:
    return local_id(text, "Group", "input", "groupId")


def _users(ids: Sequence[str]) -> list[UUID]:
    return [local_id(text, "User", "input", "userIds", str(place)) for place, text in enumerate(ids)]
