"""Galleries themselves: inputs, payloads and mutations."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import galleries
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.types.galleries import Gallery, load_member_galleries
from schema.types.ids import global_id, local_id, local_principals


@strawberry.input(description="A new gallery.")
class CreateGalleryInput:
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
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to change of a gallery. What is left out, or null, stays as it is.")
class UpdateGalleryInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
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
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which gallery to delete.")
class DeleteGalleryInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    end_active_session: bool = strawberry.field(
        default=False, description="Whether this may end a running session in its room."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `createGallery`.")
class CreateGalleryPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The new gallery's id.")
    def gallery_id(self) -> strawberry.ID | None:
        return global_id("Gallery", self.outcome) if self.outcome else None

    @relation("The new gallery; null unless whoever created it is among its managers.")
    @staticmethod
    async def gallery(payloads: Sequence["CreateGalleryPayload"], snapshot: Snapshot) -> Sequence[Gallery | None]:
        return await load_member_galleries(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `updateGallery`.")
class UpdateGalleryPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The gallery as it is now.")
    @staticmethod
    async def gallery(payloads: Sequence["UpdateGalleryPayload"], snapshot: Snapshot) -> Sequence[Gallery | None]:
        return await load_member_galleries(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `deleteGallery`.")
class DeleteGalleryPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The id that it had.")
    def gallery_id(self) -> strawberry.ID | None:
        return global_id("Gallery", self.outcome) if self.outcome else None


@strawberry.type(description="What can be done about galleries themselves.")
class GalleryMutations:
    @strawberry.mutation(
        description="Create a gallery with its room. For site admins. INVALID, NOT_FOUND, CONFLICT, LAST_MANAGER."
    )
    async def create_gallery(
        self, info: Info, input: Annotated[CreateGalleryInput, strawberry.argument(description="The gallery.")]
    ) -> CreateGalleryPayload:
        return await mutate(
            info,
            CreateGalleryPayload,
            UUID,
            input,
            lambda tx: galleries.create_gallery(
                tx,
                title=input.title,
                description=input.description,
                external_id=input.external_id,
                moderate_media=input.moderate_media,
                managers=local_principals(input.manager_ids, "input", "managerIds"),
            ),
        )

    @strawberry.mutation(description="Change a gallery. For its managers. INVALID, CONFLICT for a used `externalId`.")
    async def update_gallery(
        self, info: Info, input: Annotated[UpdateGalleryInput, strawberry.argument(description="The changes.")]
    ) -> UpdateGalleryPayload:
        return await mutate(
            info,
            UpdateGalleryPayload,
            UUID,
            input,
            lambda tx: galleries.update_gallery(
                tx,
                local_id(input.gallery_id, "Gallery", "input", "galleryId"),
                title=input.title,
                description=input.description,
                external_id=input.external_id,
                moderate_media=input.moderate_media,
            ),
        )

    @strawberry.mutation(
        description="Delete a gallery with its media, its room and all that was said there, for ever. For its "
        "managers. Streams from it end with FORBIDDEN. ROOM_HAS_ACTIVE_SESSION unless `endActiveSession`."
    )
    async def delete_gallery(
        self, info: Info, input: Annotated[DeleteGalleryInput, strawberry.argument(description="Which gallery.")]
    ) -> DeleteGalleryPayload:
        async def delete(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            return await galleries.delete_gallery(tx, gallery_id, end_active_session=input.end_active_session)

        return await mutate(info, DeleteGalleryPayload, UUID, input, delete)
