"""Who belongs to a gallery: inputs, payloads and mutations."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.principals import Principal
from resolvers import galleries as gallery_resolvers
from resolvers import members
from resolvers.members import Synced
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.types.enums import GalleryRole
from schema.types.galleries import Gallery, GalleryMembership, load_member_galleries, membership_node
from schema.types.ids import global_id, local_id, local_principal
from schema.types.node import in_places


@strawberry.input(description="Which role to give to whom.")
class SetGalleryMemberInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")
    role: GalleryRole = strawberry.field(description="The role, instead of the one given by hand before.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="From whom to take what was given by hand.")
class RemoveGalleryMemberInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="One entry of a course's roster.")
class RosterEntry:
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")
    role: GalleryRole = strawberry.field(description="The role.")


@strawberry.input(description="A course's whole roster.")
class SyncRosterInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    members: list[RosterEntry] = strawberry.field(
        description="All that the roster names, each once, at most 10,000; who is not in it loses what the roster gave."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `setGalleryMember`.")
class SetGalleryMemberPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The membership as it is now; null where you have just given up your own access.")
    @staticmethod
    async def membership(
        payloads: Sequence["SetGalleryMemberPayload"], snapshot: Snapshot
    ) -> Sequence[GalleryMembership | None]:
        ids = [each.outcome for each in payloads]
        rows = await gallery_resolvers.memberships_by_id(snapshot, {each for each in ids if each})
        return in_places(ids, rows, membership_node)


@strawberry.type(description="Answers `removeGalleryMember`.")
class RemoveGalleryMemberPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The gallery; null where you have just given up your own access.")
    @staticmethod
    async def gallery(payloads: Sequence["RemoveGalleryMemberPayload"], snapshot: Snapshot) -> Sequence[Gallery | None]:
        return await load_member_galleries(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `syncRoster`.")
class SyncRosterPayload(Payload):
    outcome: strawberry.Private[Synced | None] = None

    @strawberry.field(description="The gallery's id.")
    def gallery_id(self) -> strawberry.ID | None:
        return global_id("Gallery", self.outcome.gallery_id) if self.outcome else None

    @strawberry.field(description="How many entries are new.")
    def added(self) -> int:
        return self.outcome.added if self.outcome else 0

    @strawberry.field(description="How many entries have another role now.")
    def changed(self) -> int:
        return self.outcome.changed if self.outcome else 0

    @strawberry.field(description="How many entries are gone.")
    def removed(self) -> int:
        return self.outcome.removed if self.outcome else 0


@strawberry.type(description="What can be done about who belongs to a gallery.")
class MemberMutations:
    @strawberry.mutation(
        description="Give a user or group a role in a gallery, by hand. For its managers. With several sources the "
        "highest role counts. NOT_FOUND, LAST_MANAGER."
    )
    async def set_gallery_member(
        self, info: Info, input: Annotated[SetGalleryMemberInput, strawberry.argument(description="Whom, and what.")]
    ) -> SetGalleryMemberPayload:
        async def save(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            return await members.set_member(tx, gallery_id, _principal(input.principal_id), input.role)

        return await mutate(info, SetGalleryMemberPayload, UUID, input, save)

    @strawberry.mutation(
        description="Take away the role that was given by hand; what the roster or a group gives stays. For the "
        "gallery's managers. NOT_FOUND where none was, LAST_MANAGER."
    )
    async def remove_gallery_member(
        self, info: Info, input: Annotated[RemoveGalleryMemberInput, strawberry.argument(description="From whom.")]
    ) -> RemoveGalleryMemberPayload:
        async def remove(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            return await members.remove_member(tx, gallery_id, _principal(input.principal_id))

        return await mutate(info, RemoveGalleryMemberPayload, UUID, input, remove)

    @strawberry.mutation(
        description="Make the roster of a gallery's course this list; what was given by hand stays. For site admins, "
        "who are shown nothing of the gallery. INVALID, NOT_FOUND, LAST_MANAGER."
    )
    async def sync_roster(
        self, info: Info, input: Annotated[SyncRosterInput, strawberry.argument(description="The roster.")]
    ) -> SyncRosterPayload:
        async def sync(tx: Transaction) -> Synced:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            return await members.sync_roster(tx, gallery_id, _entries(input.members))

        return await mutate(info, SyncRosterPayload, Synced, input, sync)


def _principal(text: str) -> Principal:
    return local_principal(text, "input", "principalId")


def _entries(members: Sequence[RosterEntry]) -> list[tuple[Principal, GalleryRole]]:
    return [
        (local_principal(each.principal_id, "input", "members", str(place), "principalId"), each.role)
        for place, each in enumerate(members)
    ]
