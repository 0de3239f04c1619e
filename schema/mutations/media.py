"""Mutations of media, with their inputs and payloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import media_changes, review
from schema.execution.ahead import Loaded
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.galleries import GALLERY, OnGallery
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown, told
from schema.types.enums import MediaKind, ReviewDecision
from schema.types.errors import UserError, error_of
from schema.types.galleries import Gallery, load_member_galleries
from schema.types.ids import local_or_unknown
from schema.types.media import Media, load_media


@mutation_input("Which medium.")
class OnMedia(Keyed):
    media_id: strawberry.ID = strawberry.field(description="The medium.")


MEDIA = Target("Media", "media_id", OnMedia)


@mutation_input("A new medium.")
class AddMediaInput(OnGallery):
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
        default=None, description="0 to 10,000,000; 0, or not given, if unknown. Not for images."
    )
    tags: list[str] = strawberry.field(
        default_factory=list,
        description="At most 20 of 1 to 50 characters each; letter case does not tell two apart.",
    )


@strawberry.type(description="Answers `addMedia`.")
class AddMediaPayload(Payload):
    media: Media | None = shown("The medium as it was added; its status says whether it waits for review.", load_media)


@mutation(
    "Add a medium. For contributors, moderators and managers. In a moderated gallery a contributor's waits for review. "
    "INVALID.",
    on=GALLERY,
    argument="The medium.",
    payload=AddMediaPayload,
    rate=RateKind.MEDIA,
)
async def add_media(tx: Transaction, gallery_id: UUID, input: AddMediaInput) -> UUID:
    return await media_changes.add_media(tx, gallery_id, _new(input))


@mutation_input(
    "What to change of what is said of a medium; what is null or not given stays as it is. Its kind and URL stay for good: "
    "what was reviewed is not replaced."
)
class UpdateMediaInput(OnMedia):
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    description: str | None = strawberry.field(default=None, description="At most 5,000 characters of plain text.")
    thumbnail_url: str | None = strawberry.field(
        default=None, description="An http(s) URL with a host, at most 2,000 characters; an empty text removes it."
    )
    duration_seconds: int | None = strawberry.field(
        default=None, description="0 to 10,000,000; 0 if unknown. Not for images."
    )
    tags: list[str] | None = strawberry.field(
        default=None,
        description="All of them: at most 20 of 1 to 50 characters each; letter case does not tell two apart.",
    )


@strawberry.type(description="Answers `updateMedia`.")
class UpdateMediaPayload(Payload):
    media: Media | None = shown("The medium as saved.", load_media)


@mutation(
    "Change what is said of a medium. For contributors their own, for managers any. INVALID.",
    on=MEDIA,
    argument="The changes.",
    payload=UpdateMediaPayload,
    rate=RateKind.CHANGES,
)
async def update_media(tx: Transaction, media_id: UUID, input: UpdateMediaInput) -> UUID:
    return await media_changes.update_media(tx, media_id, _changes(input))


@strawberry.type(description="Answers `removeMedia`.")
class RemoveMediaPayload(Payload):
    media_id: strawberry.ID | None = former_id("Media", "The id that the medium had.", id_of)
    gallery: Gallery | None = shown("The gallery that it was in.", load_member_galleries, gallery_of)


@mutation(
    "Remove a medium, from its playlists too. For contributors their own, for managers any.",
    on=MEDIA,
    argument="Which medium.",
    input_description="Which medium to remove.",
    payload=RemoveMediaPayload,
)
async def remove_media(tx: Transaction, media_id: UUID) -> InGallery:
    return await media_changes.remove_media(tx, media_id)


@mutation_input("What to decide about which media.")
class ReviewMediaInput(Keyed):
    gallery_id: strawberry.ID = strawberry.field(description="The gallery that they are in.")
    media_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 media of the gallery, each once.")
    decision: ReviewDecision = strawberry.field(description="What is decided about all of them.")
    reason: str | None = strawberry.field(
        default=None,
        description="1 to 1,000 characters of plain text, told with the decision to the owner and to those who may "
        "review.",
    )


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
    """The stored outcome of a review: the gallery, the given ids, and the result for each id."""

    gallery_id: UUID
    given: Sequence[str]
    review: review.Review


async def _load_results(
    snapshot: Snapshot, answers: Sequence[ReviewAnswer | None]
) -> Sequence[list[ReviewResult] | None]:
    return [await _results(snapshot, each) if each else None for each in answers]


async def _results(snapshot: Snapshot, answer: ReviewAnswer) -> list[ReviewResult]:
    reviewed = answer.review.results
    media = await load_media(snapshot, [None if each.code == "NOT_FOUND" else each.id for each in reviewed])
    return [
        ReviewResult(media_id=strawberry.ID(given), media=medium, user_error=error_of(each))
        for given, each, medium in zip(answer.given, reviewed, media, strict=True)
    ]


@strawberry.type(description="Answers `reviewMedia`.")
class ReviewMediaPayload(Payload):
    gallery: Gallery | None = shown(
        "The gallery that they are in.", load_member_galleries, lambda outcome: outcome.gallery_id
    )
    pending_count: int | None = told(
        "How many media of the gallery wait for review after this.", lambda outcome: outcome.review.pending_count
    )
    results: list[ReviewResult] | None = shown(
        "One for each medium, in the order given; null where the whole list was refused.", _load_results
    )


@mutation(
    "Publish or reject media that wait for review, with a result for each: one that cannot be decided stops no other. For the "
    "gallery's moderators and managers. INVALID.",
    on=GALLERY,
    argument="The decision.",
    payload=ReviewMediaPayload,
    rate=RateKind.MODERATION,
)
async def review_media(tx: Transaction, gallery_id: UUID, input: ReviewMediaInput) -> ReviewAnswer:
    media_ids = local_or_unknown(input.media_ids, "Media")
    done = await review.review_media(tx, gallery_id, media_ids, input.decision, input.reason)
    return ReviewAnswer(gallery_id, input.media_ids, done)


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
