"""Rule 20: text is returned exactly as it was stored, and never served as a web page."""

import json
from typing import Any
from unicodedata import normalize

import pytest

from tests.inputs.odd_texts import TEXTS
from tests.support.admin_mutations import CREATE_GROUP, UPDATE, UPDATE_SITE, UPSERT, as_admin
from tests.support.event_streams import next_event
from tests.support.media import ADD, GOOD, REVIEW
from tests.support.media import UPDATE as UPDATE_MEDIA
from tests.support.playlists import CREATE as CREATE_PLAYLIST
from tests.support.world import World

each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))

ALL = """query ($gallery: ID!, $ids: [ID!]!) {
  site { name }
  gallery(by: {id: $gallery}) { title description externalId
    media(first: 1) { edges { node { title description tags } } }
    playlists(first: 9) { edges { node { title description } } } }
  nodes(ids: $ids) { ... on Media { title description tags } ... on Playlist { title description }
    ... on Group { name } ... on User { name } } }"""
NEWS = """subscription ($gallery: ID!, $after: EventCursor) { galleryEvents(galleryId: $gallery, after: $after) {
  __typename ... on GalleryChanged { title description } ... on MediaAdded { media { title description tags } }
  ... on MediaReviewed { reason } ... on PlaylistSaved { playlist { title description } } } }"""


async def store(world: World, text: str) -> list[str]:
    """Stores the text in every field for text. Returns the ids of medium, playlist, group and user."""
    said = {"title": text, "description": f"{text}\n\t{text}"}
    gallery = {"galleryId": world.gallery}
    await world.mutate("manager", UPDATE, input={**gallery, **said, "externalId": text})
    added = await world.mutate("student-001", ADD, input={**gallery, **GOOD, **said, "tags": [text]})
    media = added["media"]["id"]
    await world.mutate("student-001", UPDATE_MEDIA, input={"mediaId": media, **said, "tags": [text]})
    given = {**gallery, "mediaIds": [media], "decision": "APPROVE", "reason": text}
    await world.mutate("manager", REVIEW, input=given)
    given = {**gallery, **said, "mediaIds": [media]}
    playlist = (await world.mutate("manager", CREATE_PLAYLIST, input=given))["playlist"]["id"]
    group = (await as_admin(world, CREATE_GROUP, name=text))["group"]["id"]
    user = (await as_admin(world, UPSERT, issuer="test", subject="nora", name=text, username=text))["user"]["id"]
    await as_admin(world, UPDATE_SITE, name=text)
    return [media, playlist, group, user]


@each_text
async def test_rule_20_every_text_comes_back_as_it_was_stored(world: World, text: str) -> None:
    """Rule 20: in lists, by id and in events, in NFC, character by character."""
    async with world.socket("manager") as socket:
        cursor = await world.query(
            "manager", "query ($id: ID!) { gallery(by: {id: $id}) { cursor } }", id=world.gallery
        )
        stream = await socket.subscribe(NEWS, gallery=world.gallery, after=cursor["gallery"]["cursor"])
        ids = await store(world, text)
        stored = normalize("NFC", text)
        said = {"title": stored, "description": f"{stored}\n\t{stored}"}
        told: dict[str, Any] = {}
        while "playlist" not in told:
            told |= {key: value for key, value in (await next_event(stream)).items() if value}
    about = {**said, "tags": [stored]}
    assert {key: told[key] for key in ("title", "description", "media", "reason", "playlist")} == {
        **said, "media": about, "reason": stored, "playlist": said,
    }  # fmt: skip
    found = await world.query("manager", ALL, gallery=world.gallery, ids=ids)
    gallery = found["gallery"]
    assert found["site"]["name"] == stored
    assert {key: gallery[key] for key in ("title", "description", "externalId")} == {**said, "externalId": stored}
    newest = [gallery[key]["edges"][-1]["node"] for key in ("media", "playlists")]  # the demo's come before it
    assert newest == [about, said]
    assert found["nodes"] == [about, said, {"name": stored}, {"name": stored}]


@each_text
async def test_rule_20_no_answer_is_a_page(world: World, text: str) -> None:
    """Rule 20: stored text, and input that a refusal repeats, is sent only as JSON or an event stream."""
    ids = await store(world, text)
    document = json.dumps(text, ensure_ascii=False)
    asked: list[tuple[dict[str, Any], str]] = [
        ({"query": ALL, "variables": {"gallery": world.gallery, "ids": ids}}, "text/html, */*"),
        ({"query": f"{{ node(id: {document}) {{ id }} }}"}, "text/html"),
        ({"query": text}, "text/html"),
        ({"query": "query ($a: Int) { users(first: $a) { edges { cursor } } }", "variables": {"a": text}}, "*/*"),
        ({"query": "{ viewer { id } }", "operationName": text}, "text/html"),
        ({"query": NEWS, "variables": {"gallery": text}}, "text/event-stream, text/html"),
    ]
    for body, accept in asked:
        headers = world.credentials("manager") | {"accept": accept}
        answer = await world.http.post("/graphql", json=body, headers=headers)
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in ("application/json", "application/graphql-response+json", "text/event-stream"), body
        assert answer.headers["x-content-type-options"] == "nosniff", body


async def test_rule_20_pages_and_files_hold_nothing_that_was_stored(world: World) -> None:
    """Rule 20: GraphiQL's page, its configuration, the schema; a 404 does not repeat its path."""
    marker = "<script>stored()</script>"
    await store(world, marker)
    for path in ("/ide/", "/ide/config.json", "/schema.graphql", "/healthz", f"/{marker}", f"/ide/assets/{marker}"):
        answer = await world.http.get(path, headers=world.credentials("manager"))
        assert "stored()" not in answer.text, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
