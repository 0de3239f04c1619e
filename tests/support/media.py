"""Helpers for tests of media and playlists: documents, and functions for common mutations."""

from collections.abc import Sequence
from typing import Any

from models.database.transaction import Transaction
from models.permissions import Viewer
from models.tables.media import MediaKind
from resolvers.media_changes import NewMedia, add_media
from tests.support.event_streams import Event, next_event
from tests.support.people import id_of, local
from tests.support.world import CREATE, Subscribed, World

ERRORS = "cursor userErrors { code message field }"
MEDIUM = "id title description kind status durationSeconds tags url thumbnailUrl createdAt publishedAt owner { name }"
ADD = f"mutation ($input: AddMediaInput!) {{ addMedia(input: $input) {{ media {{ {MEDIUM} }} {ERRORS} }} }}"
UPDATE = f"mutation ($input: UpdateMediaInput!) {{ updateMedia(input: $input) {{ media {{ {MEDIUM} }} {ERRORS} }} }}"
REMOVE = f"mutation ($input: RemoveMediaInput!) {{ removeMedia(input: $input) {{ mediaId {ERRORS} }} }}"
REVIEW = f"""mutation ($input: ReviewMediaInput!) {{ reviewMedia(input: $input) {{ pendingCount {ERRORS}
  results {{ mediaId media {{ id status publishedAt }} userError {{ code message field }} }} }} }}"""
LIST = """query ($id: ID!, $filter: MediaFilter, $orderBy: MediaOrder! = NEWEST,
    $first: Int, $after: String, $last: Int, $before: String) {
  gallery(by: {id: $id}) { cursor pendingCount
    media(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id title status createdAt durationSeconds } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on Media {{ {MEDIUM} }} }} }}"
GALLERY_EVENTS = """subscription ($gallery: ID!, $after: EventCursor) {
  galleryEvents(galleryId: $gallery, after: $after) {
    __typename cursor
    ... on MediaAdded { media { id title status } } ... on MediaChanged { media { id title status } }
    ... on MediaReviewed { media { id title status } reason } ... on MediaRemoved { mediaId }
    ... on PendingCountChanged { pendingCount }
    ... on PlaylistSaved { playlist { id title items { edges { node { title } } } } }
    ... on PlaylistDeleted { playlistId } } }"""
LECTURE = "Lecture: Principles of Design"
VIDEO = "Introduction to Video Production"
DRAWING = "Creating Digital Illustrations: Tools and Techniques"
POSTER, INTERVIEW, CRANE = "Poster draft, second try", "My interview on typography", "Stop motion: a paper crane"
GOOD: dict[str, Any] = {"title": "A film", "kind": "VIDEO", "url": "https://media.example/film"}


async def add(world: World, who: str, **given: Any) -> dict[str, Any]:
    """Adds a medium to the demo gallery, or to another. Returns it."""
    payload = await world.mutate(who, ADD, input={"galleryId": world.gallery, **GOOD, **given})
    return dict(payload["media"])


async def new_gallery(world: World, manager: str = "manager", **given: Any) -> str:
    """Creates a gallery without media. Returns its id."""
    given = {"title": "Other", "managerIds": [await id_of(world, manager)], **given}
    return str((await world.mutate("admin", CREATE, "enfilade:admin", input=given))["galleryId"])


async def fill(world: World, gallery: str, media: Sequence[tuple[str, str, list[str]]], seconds: int = 0) -> None:
    """Adds media with these titles, descriptions and tags."""
    manager = local(await id_of(world, "manager"))

    async def work(tx: Transaction) -> None:
        for title, description, tags in media:
            new = NewMedia(title, description, MediaKind.VIDEO, "https://media.example/", None, seconds, tags)
            await add_media(tx, local(gallery), new)

    await world.database.transact(Viewer(manager, "Mara Manager"), "test", work)


async def remove(world: World, who: str, media_id: str) -> None:
    """Removes a medium."""
    assert (await world.mutate(who, REMOVE, input={"mediaId": media_id}))["mediaId"] == media_id


async def review(world: World, who: str, decision: str, *media_ids: str, reason: str | None = None) -> dict[str, Any]:
    """Reviews media of the demo gallery. Returns the payload."""
    given = {"galleryId": world.gallery, "mediaIds": list(media_ids), "decision": decision, "reason": reason}
    return await world.mutate(who, REVIEW, input=given)


def outcomes(payload: dict[str, Any]) -> list[str]:
    """Returns the status of each medium after a review, or the code of its refusal."""
    return [each["userError"]["code"] if each["userError"] else each["media"]["status"] for each in payload["results"]]


async def listed(world: World, who: str, gallery: str | None = None, **arguments: Any) -> list[str]:
    """Returns the titles on a page of media of the demo gallery, or of another."""
    found = await world.query(who, LIST, id=gallery or world.gallery, **arguments)
    return [edge["node"]["title"] for edge in found["gallery"]["media"]["edges"]]


async def ids_of(world: World, *titles: str) -> list[str]:
    """Returns the ids of media of the demo gallery, by their titles."""
    found = await world.query("manager", LIST, id=world.gallery, first=100)
    by_title = {edge["node"]["title"]: edge["node"]["id"] for edge in found["gallery"]["media"]["edges"]}
    return [by_title[title] for title in titles]


async def pending(world: World, who: str) -> tuple[int | None, list[str]]:
    """Returns `pendingCount` and the titles of the pending media, from one query."""
    found = await world.query(who, LIST, id=world.gallery, filter={"statuses": ["PENDING"]}, first=100)
    return found["gallery"]["pendingCount"], [edge["node"]["title"] for edge in found["gallery"]["media"]["edges"]]


async def node(world: World, who: str, media_id: str) -> dict[str, Any] | None:
    """Returns the medium by its id, as `who` sees it."""
    found: dict[str, Any] | None = (await world.query(who, NODE, id=media_id))["node"]
    return found


async def told(stream: Subscribed, last: str) -> list[Event]:
    """Returns the events of a stream until the first of type `last`, inclusive."""
    events = [await next_event(stream)]
    while events[-1]["__typename"] != last:
        events.append(await next_event(stream))
    return events
