"""Mutations of a room's shelf, and of what its session shows, with their inputs and payloads."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import shelf, showing
from resolvers.new_content import ContentChanges, NewContent
from resolvers.showing import Place
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown
from schema.mutations.targets import IN_ROOM, PARTICIPANT, SESSION, OnParticipant, OnSession, SessionPayload
from schema.types.content import ContentItem, load_content
from schema.types.enums import ContentKind
from schema.types.ids import local_or_unknown_id
from schema.types.rooms import Room, load_rooms


@mutation_input("Which item of a room's shelf.")
class OnContent(Keyed):
    content_id: strawberry.ID = strawberry.field(description="The item, a `ContentItem`.")


@strawberry.type(description="Answers with an item of a room's shelf.")
class ContentPayload(Payload):
    item: ContentItem | None = shown("The item as it is now.", load_content)


CONTENT = Target("ContentItem", "content_id", OnContent, ContentPayload)


@mutation_input(
    "A new item of a room's shelf. Which fields are needed depends on its kind, and no others may be given."
)
class AddContentInput(Keyed):
    room_id: strawberry.ID = strawberry.field(description="The room whose shelf it is put on.")
    kind: ContentKind = strawberry.field(description="What it is.")
    title: str | None = strawberry.field(
        default=None, description="1 to 200 characters of plain text. For all kinds but MEDIA."
    )
    url: str | None = strawberry.field(
        default=None,
        description="An http(s) URL with a host, at most 2,000 characters. For DOCUMENT, IMAGE and LINK.",
    )
    page_count: int | None = strawberry.field(
        default=None, description="How many pages it has, 1 to 10,000. For DOCUMENT."
    )
    media_id: strawberry.ID | None = strawberry.field(
        default=None, description="A medium of the gallery that you see there. For MEDIA."
    )
    before_id: strawberry.ID | None = strawberry.field(
        default=None, description="The item of the shelf that it comes before; at the end if not given."
    )


@mutation(
    "Put something on a room's shelf, at most 200 items. For room moderators and the gallery's managers, with a session or "
    "without. INVALID, CONFLICT for a full shelf, NOT_FOUND for a medium that is not of the gallery or that the viewer may not see.",
    on=IN_ROOM,
    argument="The item.",
    payload=ContentPayload,
    rate=RateKind.CONTENT,
)
async def add_content(tx: Transaction, room_id: UUID, input: AddContentInput) -> UUID:
    new = NewContent(
        kind=input.kind,
        title=input.title,
        url=input.url,
        page_count=input.page_count,
        media_id=local_or_unknown_id(input.media_id, "Media"),
        before_id=_before(input.before_id),
    )
    return await shelf.add_content(tx, room_id, new)


def _before(item: strawberry.ID | None) -> UUID | None:
    return local_or_unknown_id(item, "ContentItem")


@strawberry.input(
    description="What to change of an item; what is null or not given stays as it is. A medium has nothing of its own to change."
)
class UpdateContentInput(OnContent):
    title: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    url: str | None = strawberry.field(default=None, description="An http(s) URL; for a document, an image or a link.")
    page_count: int | None = strawberry.field(default=None, description="1 to 10,000; for a document.")


@mutation(
    "Change an item of a room's shelf, also while it is shown. For room moderators and the gallery's managers. INVALID.",
    on=CONTENT,
    argument="The changes.",
)
async def update_content(tx: Transaction, content_id: UUID, input: UpdateContentInput) -> UUID:
    return await shelf.update_content(tx, content_id, ContentChanges(input.title, input.url, input.page_count))


@strawberry.input(description="Where to put an item.")
class MoveContentInput(OnContent):
    before_id: strawberry.ID | None = strawberry.field(
        default=None, description="The item of the shelf that it comes before; at the end if not given."
    )


@mutation(
    "Move an item of a room's shelf. For room moderators and the gallery's managers. NOT_FOUND for what is not on the shelf.",
    on=CONTENT,
    argument="Where to.",
)
async def move_content(tx: Transaction, content_id: UUID, input: MoveContentInput) -> UUID:
    return await shelf.move_content(tx, content_id, _before(input.before_id))


@strawberry.type(description="Answers `removeContent`.")
class RemoveContentPayload(Payload):
    content_id: strawberry.ID | None = former_id("ContentItem", "The id that the item had.", id_of)
    room: Room | None = shown("The room whose shelf it was on.", load_rooms, gallery_of)


@mutation(
    "Take an item off a room's shelf; a session that shows it stops. For room moderators and the gallery's managers.",
    on=CONTENT,
    argument="Which item.",
    input_description="Which item to take off the shelf.",
    payload=RemoveContentPayload,
)
async def remove_content(tx: Transaction, content_id: UUID) -> InGallery:
    return await shelf.remove_content(tx, content_id)


@strawberry.input(
    description="What to show, and from where: from its beginning, and paused, where nothing else is given."
)
class ShowContentInput(OnContent):
    page: int | None = strawberry.field(default=None, description="The page of a document or an image, from 1.")
    playing: bool | None = strawberry.field(default=None, description="Whether a video or a sound plays at once.")
    position_seconds: float | None = strawberry.field(
        default=None, description="Where a video or a sound begins, in seconds from its start, at most its duration."
    )
    rate: float | None = strawberry.field(default=None, description="How fast it plays, 0.25 to 4; 1 if not given.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The `version` of what you saw shown, 0 for nothing: CONFLICT where it is no longer that.",
    )


@mutation(
    "Show an item of the shelf to everyone inside, in place of what was shown before. For room moderators inside, and for "
    "people on the stage whom a room moderator lets show. CONFLICT for a medium that is not published, INVALID, "
    "NOT_IN_SESSION, SESSION_ENDED.",
    on=CONTENT,
    argument="What, and from where.",
    payload=SessionPayload,
    rate=RateKind.SHOWING,
)
async def show_content(tx: Transaction, content_id: UUID, input: ShowContentInput) -> UUID:
    place = Place(input.page, input.playing, input.position_seconds, input.rate)
    return await showing.show_content(tx, content_id, place, input.expected_version)


@strawberry.input(description="Another place of what is shown; what is null or not given stays as it is.")
class UpdateShownInput(OnSession):
    page: int | None = strawberry.field(default=None, description="The page to turn to, from 1.")
    playing: bool | None = strawberry.field(default=None, description="Play or, with false, pause.")
    position_seconds: float | None = strawberry.field(
        default=None, description="Where to seek to, in seconds from its start, at most its duration."
    )
    rate: float | None = strawberry.field(default=None, description="How fast it plays, 0.25 to 4.")
    expected_version: int | None = strawberry.field(
        default=None, description="The `version` of what you saw shown: CONFLICT where it is no longer that."
    )


@mutation(
    "Turn a page, play, pause, seek or change the rate of what the session shows. For room moderators inside and the person "
    "who shows it. CONFLICT where nothing is shown, INVALID, NOT_IN_SESSION, SESSION_ENDED.",
    on=SESSION,
    argument="Where to.",
    rate=RateKind.SHOWING,
    payload_description="Answers `updateShown`. Its `cursor` is null where a seek is told together with others.",
)
async def update_shown(tx: Transaction, session_id: UUID, input: UpdateShownInput) -> UUID:
    place = Place(input.page, input.playing, input.position_seconds, input.rate)
    return await showing.update_shown(tx, session_id, place, input.expected_version)


@strawberry.input(description="In which session to stop showing anything.")
class StopShowingInput(OnSession):
    expected_version: int | None = strawberry.field(
        default=None, description="The `version` of what you saw shown: CONFLICT where it is no longer that."
    )


@mutation(
    "Stop showing what the session shows; where it shows nothing this changes nothing. For room moderators inside and the "
    "person who shows it. CONFLICT, NOT_IN_SESSION, SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
)
async def stop_showing(tx: Transaction, session_id: UUID, input: StopShowingInput) -> UUID:
    return await showing.stop_showing(tx, session_id, input.expected_version)


@strawberry.input(description="Who may show something, or no more.")
class SetMayShowInput(OnParticipant):
    may_show: bool = strawberry.field(description="Whether they may, as long as they are on the stage.")


@mutation(
    "Let somebody on the stage show things of the shelf, or take that back, which ends what they show. For room moderators. "
    "CONFLICT for those who are not on the stage, NOT_IN_SESSION, SESSION_ENDED.",
    on=PARTICIPANT,
    argument="Who, and whether.",
)
async def set_may_show(tx: Transaction, participant_id: UUID, input: SetMayShowInput) -> UUID:
    return await showing.set_may_show(tx, participant_id, may_show=input.may_show)
