"""Mutations of a gallery's members, with their inputs and payloads."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.principals import Principal
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import members, memberships
from resolvers.members import Synced
from schema.mutations.declare import mutation, mutation_input
from schema.mutations.galleries import GALLERY, OnGallery
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown, told
from schema.types.enums import GalleryRole
from schema.types.galleries import Gallery, GalleryMembership, load_member_galleries, membership_node
from schema.types.ids import global_id, local_principal
from schema.types.node import in_places


async def _load_memberships(snapshot: Snapshot, ids: Sequence[UUID | None]) -> Sequence[GalleryMembership | None]:
    rows = await memberships.memberships_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, rows, membership_node)


@mutation_input("Which role to give to whom.")
class SetGalleryMemberInput(OnGallery):
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")
    role: GalleryRole = strawberry.field(description="The role, instead of the one given by hand before.")


@strawberry.type(description="Answers `setGalleryMember`.")
class SetGalleryMemberPayload(Payload):
    membership: GalleryMembership | None = shown(
        "The membership as it is now; null where you have just given up your own access.", _load_memberships
    )


@mutation(
    "Give a user or group a role in a gallery, by hand. For its managers. With several sources the highest role counts. "
    "NOT_FOUND, LAST_MANAGER.",
    on=GALLERY,
    argument="Whom, and what.",
    payload=SetGalleryMemberPayload,
    rate=RateKind.MEMBERS,
)
async def set_gallery_member(tx: Transaction, gallery_id: UUID, input: SetGalleryMemberInput) -> UUID:
    return await members.set_member(tx, gallery_id, _principal(input.principal_id), input.role)


@mutation_input("Whose role that was assigned by hand to take away.")
class RemoveGalleryMemberInput(OnGallery):
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")


@strawberry.type(description="Answers `removeGalleryMember`.")
class RemoveGalleryMemberPayload(Payload):
    gallery: Gallery | None = shown(
        "The gallery; null where you have just given up your own access.", load_member_galleries, gallery_of
    )
    removed_membership_id: strawberry.ID | None = former_id(
        "GalleryMembership", "The id that the membership had.", id_of
    )


@mutation(
    "Take away the role that was assigned by hand. Roles from the roster or from groups stay. For the gallery's managers. NOT_FOUND "
    "where none was, LAST_MANAGER.",
    on=GALLERY,
    argument="From whom.",
    payload=RemoveGalleryMemberPayload,
)
async def remove_gallery_member(tx: Transaction, gallery_id: UUID, input: RemoveGalleryMemberInput) -> InGallery:
    return await members.remove_member(tx, gallery_id, _principal(input.principal_id))


@strawberry.input(description="One entry of a course's roster.")
class RosterEntry:
    principal_id: strawberry.ID = strawberry.field(description="The user or group.")
    role: GalleryRole = strawberry.field(description="The role.")


@mutation_input("A course's whole roster.")
class SyncRosterInput(OnGallery):
    members: list[RosterEntry] = strawberry.field(
        description="All that the roster names, each once, at most 10,000; who is not in it loses what the roster gave."
    )


@strawberry.type(description="Answers `syncRoster`.")
class SyncRosterPayload(Payload):
    gallery_id: strawberry.ID | None = told(
        "The gallery's id.", lambda outcome: global_id("Gallery", outcome.gallery_id)
    )
    added: int = told("How many entries are new.", lambda outcome: outcome.added, refused=0)
    changed: int = told("How many entries have another role now.", lambda outcome: outcome.changed, refused=0)
    removed: int = told("How many entries are gone.", lambda outcome: outcome.removed, refused=0)


@mutation(
    "Make the roster of a gallery's course this list; roles that were assigned by hand stay. For site admins, who are shown nothing of "
    "the gallery. INVALID, NOT_FOUND, LAST_MANAGER.",
    on=GALLERY,
    argument="The roster.",
    payload=SyncRosterPayload,
    rate=RateKind.IMPORTS,
)
async def sync_roster(tx: Transaction, gallery_id: UUID, input: SyncRosterInput) -> Synced:
    return await members.sync_roster(tx, gallery_id, _entries(input.members))


def _principal(text: str) -> Principal:
    return local_principal(text, "input", "principalId")


def _entries(members: Sequence[RosterEntry]) -> list[tuple[Principal, GalleryRole]]:
    return [
        (local_principal(each.principal_id, "input", "members", str(place), "principalId"), each.role)
        for place, each in enumerate(members)
    ]
