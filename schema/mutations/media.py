"""What can be done with media: inputs, payloads and mutations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import media_changes, review
from schema.context import Info
from schema.execution.ahead import Loaded, relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.types.enums import MediaKind, ReviewDecision
from schema.types.errors import UserError, error_of
from schema.types.ids import global_id, local_id, local_or_unknown
from schema.types.media import Media, load_media


@strawberry.input(description="A new medium.")
class AddMediaInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery.")
    title: str = strawberry.field(description="1 to 200 characters of plain text.")
    description: str = strawberry.field(default="", description="At most 5,000 characters of plain text.")
    kind: MediaKind = strawberry.field(description="Video, audio or image.")
    url: str = strawberry.field(
        description="Where it can be fetched: an http(s) URL with a host, at most 2,000 characters."
    )
    thumbnail_url: str | None = strawberry.field(
        default=None, description="Where its preview picture is: an http(s) URL with a host, at most 2,000 characters."
    )
    duration_seconds: int | None = strawberry.field(
        default=None, description="0 to 10,000,000; 0 if not given. Not for images."
    )
    tags: list[str] = strawberry.field(
        default_factory=list,
        description="At most 20 of 1 to 50 characters each; letter case does not tell two apart.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(
    description="What to change of what is said of a medium; what is null or not given stays as it is. "
    "Its kind and URL stay for good: what was reviewed is not replaced."
)
class UpdateMediaInput:
    media_id: strawberry.ID = strawberry.field(description="The medium.")
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    description: str | None = strawberry.field(default=None, description="At most 5,000 characters of plain text.")
    thumbnail_url: str | None = strawberry.field(
        default=None, description="An http(s) URL with a host, at most 2,000 characters; an empty text removes it."
    )
    duration_seconds: int | None = strawberry.field(default=None, description="0 to 10,000,000. Not for images.")
    tags: list[str] | None = strawberry.field(
        default=None,
        description="All of them: at most 20 of 1 to 50 characters each; letter case does not tell two apart.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Which medium to remove.")
class RemoveMediaInput:
    media_id: strawberry.ID = strawberry.field(description="The medium.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What to decide about which media.")
class ReviewMediaInput:
    gallery_id: strawberry.ID = strawberry.field(description="The gallery that they are in.")
    media_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 media of the gallery, each once.")
    decision: ReviewDecision = strawberry.field(description="What is decided about all of them.")
    reason: str | None = strawberry.field(
        default=None,
        description="1 to 1,000 characters of plain text, told with the decision to the owner and to those who may "
        "review.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `addMedia`.")
class AddMediaPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The medium as it was added; its status says whether it waits for review.")
    @staticmethod
    async def media(payloads: Sequence["AddMediaPayload"], snapshot: Snapshot) -> Sequence[Media | None]:
        return await load_media(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `updateMedia`.")
class UpdateMediaPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The medium as saved.")
    @staticmethod
    async def media(payloads: Sequence["UpdateMediaPayload"], snapshot: Snapshot) -> Sequence[Media | None]:
        return await load_media(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `removeMedia`.")
class RemoveMediaPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The id that the medium had.")
    def media_id(self) -> strawberry.ID | None:
        return global_id("Media", self.outcome) if self.outcome else None


@strawberry.type(description="What became of one medium of the list.")
class ReviewResult(Loaded):
    media_id: strawberry.ID = strawberry.field(description="The id, as it was given.")
    media: Media | None = strawberry.field(description="The medium as it is now; null where there is none.")
    user_error: UserError | None = strawberry.field(
        description="Why it was not decided: NOT_FOUND, or CONFLICT where the opposite was decided before. Null when it "
        "was, or had been in the same way."
    )


@dataclass(frozen=True, slots=True)
class ReviewAnswer:
    """What is kept of a review: the ids as given, beside what became of them."""

    given: Sequence[str]
    review: review.Review


@strawberry.type(description="Answers `reviewMedia`.")
class ReviewMediaPayload(Payload):
    outcome: strawberry.Private[ReviewAnswer | None] = None

    @strawberry.field(description="How many media of the gallery wait for review after this.")
    def pending_count(self) -> int | None:
        return self.outcome.review.pending_count if self.outcome else None

    @relation("One for each medium, in the order given; null where the whole list was refused.")
    @staticmethod
    async def results(
        payloads: Sequence["ReviewMediaPayload"], snapshot: Snapshot
    ) -> Sequence[list[ReviewResult] | None]:
        return [await _results(each.outcome, snapshot) if each.outcome else None for each in payloads]


async def _results(answer: ReviewAnswer, snapshot: Snapshot) -> list[ReviewResult]:
    reviewed = answer.review.results
    media = await load_media(snapshot, [None if each.code == "NOT_FOUND" else each.id for each in reviewed])
    return [
        ReviewResult(media_id=strawberry.ID(given), media=medium, user_error=error_of(each))
        for given, each, medium in zip(answer.given, reviewed, media, strict=True)
    ]


@strawberry.type
class MediaMutations:
    @strawberry.mutation(
        description="Add a medium. For contributors and whoever is above them. In a moderated gallery a contributor's "
        "waits for review. INVALID."
    )
    async def add_media(
        self, info: Info, input: Annotated[AddMediaInput, strawberry.argument(description="The medium.")]
    ) -> AddMediaPayload:
        async def add(tx: Transaction) -> UUID:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            return await media_changes.add_media(tx, gallery_id, _new(input))

        return await mutate(info, AddMediaPayload, UUID, input, add)

    @strawberry.mutation(
        description="Change what is said of a medium. For contributors their own, for managers any. INVALID."
    )
    async def update_media(
        self, info: Info, input: Annotated[UpdateMediaInput, strawberry.argument(description="The changes.")]
    ) -> UpdateMediaPayload:
        async def save(tx: Transaction) -> UUID:
            media_id = local_id(input.media_id, "Media", "input", "mediaId")
            return await media_changes.update_media(tx, media_id, _changes(input))

        return await mutate(info, UpdateMediaPayload, UUID, input, save)

    @strawberry.mutation(
        description="Remove a medium, from its playlists too. For contributors their own, for managers any."
    )
    async def remove_media(
        self, info: Info, input: Annotated[RemoveMediaInput, strawberry.argument(description="Which medium.")]
    ) -> RemoveMediaPayload:
        async def remove(tx: Transaction) -> UUID:
            return await media_changes.remove_media(tx, local_id(input.media_id, "Media", "input", "mediaId"))

        return await mutate(info, RemoveMediaPayload, UUID, input, remove)

    @strawberry.mutation(
        description="Publish or reject media that wait for review, with a result for each: one that cannot be decided "
        "stops no other. For the gallery's moderators and managers. INVALID."
    )
    async def review_media(
        self, info: Info, input: Annotated[ReviewMediaInput, strawberry.argument(description="The decision.")]
    ) -> ReviewMediaPayload:
        async def decide(tx: Transaction) -> ReviewAnswer:
            gallery_id = local_id(input.gallery_id, "Gallery", "input", "galleryId")
            media_ids = local_or_unknown(input.media_ids, "Media")
            done = await review.review_media(tx, gallery_id, media_ids, input.decision, input.reason)
            return ReviewAnswer(input.media_ids, done)

        return await mutate(info, ReviewMediaPayload, ReviewAnswer, input, decide)


def _new(input: AddMediaInput) -> media_changes.NewMedia:
    return media_changes.NewMedia(
        title=input.title,
        description=input.description,
        kind=input.kind,
        url=input.url,
        thumbnail_url=input.thumbnail_url,
        duration_seconds=input.duration_seconds,
        tags=input.tags,
    )


def _changes(input: UpdateMediaInput) -> media_changes.MediaChanges:
    return media_changes.MediaChanges(
        title=input.title,
        description=input.description,
        thumbnail_url=input.thumbnail_url,
        duration_seconds=input.duration_seconds,
        tags=input.tags,
    )
