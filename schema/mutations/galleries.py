"""Mutations of galleries themselves, with their inputs and payloads."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import galleries
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, former_id, shown, told
from schema.types.galleries import Gallery, load_member_galleries
from schema.types.ids import global_id, local_principals


@mutation_input("Which gallery.")
class OnGallery(Keyed):
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")


GALLERY = Target("Gallery", "gallery_id", OnGallery)


@mutation_input("A new gallery.")
class CreateGalleryInput(Keyed):
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    description: str = strawberry.field(default="", description="At most 5,000 characters of plain text.")
    external_id: str | None = strawberry.field(
        default=None, description="The course (LTI context), at most 255 characters; no two galleries have the same."
    )
    moderate_media: bool | None = strawberry.field(
        default=None, description="Whether media wait for review; the site's default if not given."
    )
    manager_ids: list[strawberry.ID] = strawberry.field(
        description="Its first managers, users and groups; at least one user among them."
    )


@strawberry.type(description="Answers `createGallery`.")
class CreateGalleryPayload(Payload):
    gallery_id: strawberry.ID | None = told("The new gallery's id.", lambda outcome: global_id("Gallery", outcome))
    gallery: Gallery | None = shown(
        "The new gallery; null where its creator is not among its managers.", load_member_galleries
    )


@mutation(
    "Create a gallery with its room. For site admins. INVALID, NOT_FOUND, CONFLICT, LAST_MANAGER.",
    argument="The gallery.",
    payload=CreateGalleryPayload,
    rate=RateKind.IMPORTS,
)
async def create_gallery(tx: Transaction, input: CreateGalleryInput) -> UUID:
    return await galleries.create_gallery(
        tx,
        title=input.title,
        description=input.description,
        external_id=input.external_id,
        moderate_media=input.moderate_media,
        managers=local_principals(input.manager_ids),
    )


@mutation_input("What to change of a gallery. What is left out, or null, stays as it is.")
class UpdateGalleryInput(OnGallery):
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    description: str | None = strawberry.field(default=None, description="At most 5,000 characters of plain text.")
    external_id: str | None = strawberry.field(
        default=None,
        description="The course (LTI context), at most 255 characters; no two galleries have the same. An empty one "
        "takes it away.",
    )
    moderate_media: bool | None = strawberry.field(
        default=None, description="Whether media wait for review; those that wait already go on waiting."
    )


@strawberry.type(description="Answers `updateGallery`.")
class UpdateGalleryPayload(Payload):
    gallery: Gallery | None = shown("The gallery as it is now.", load_member_galleries)


@mutation(
    "Change a gallery. For its managers. INVALID, CONFLICT for a used `externalId`.",
    on=GALLERY,
    argument="The changes.",
    payload=UpdateGalleryPayload,
    rate=RateKind.CHANGES,
)
async def update_gallery(tx: Transaction, gallery_id: UUID, input: UpdateGalleryInput) -> UUID:
    return await galleries.update_gallery(
        tx,
        gallery_id,
        title=input.title,
        description=input.description,
        external_id=input.external_id,
        moderate_media=input.moderate_media,
    )


@mutation_input("Which gallery to delete.")
class DeleteGalleryInput(OnGallery):
    end_active_session: bool = strawberry.field(
        default=False, description="Whether this may end a running session in its room."
    )


@strawberry.type(description="Answers `deleteGallery`.")
class DeleteGalleryPayload(Payload):
    gallery_id: strawberry.ID | None = former_id("Gallery", "The id that it had.")


@mutation(
    "Delete a gallery with its media, its room and all that was said there, for ever. For its managers. Streams from it end "
    "with FORBIDDEN. ROOM_HAS_ACTIVE_SESSION unless `endActiveSession`.",
    on=GALLERY,
    argument="Which gallery.",
    payload=DeleteGalleryPayload,
)
async def delete_gallery(tx: Transaction, gallery_id: UUID, input: DeleteGalleryInput) -> UUID:
    return await galleries.delete_gallery(tx, gallery_id, end_active_session=input.end_active_session)
