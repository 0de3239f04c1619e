"""Playlists: media in a chosen order (rules 1, 4, 16, 19, 20, 64)."""

from typing import Any

from models.tables.galleries import GalleryRole
from server.demo import PLAYLIST, PUBLISHED
from tests.support.event_streams import is_live, next_event
from tests.support.media import (
    CRANE,
    GALLERY_EVENTS,
    LECTURE,
    POSTER,
    VIDEO,
    add,
    ids_of,
    new_gallery,
    remove,
    review,
    told,
)
from tests.support.people import absent, events_since, give_role, log_head
from tests.support.playlists import CREATE, DELETE, SHAPE, UPDATE
from tests.support.world import World

NODE = f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on Playlist {{ {SHAPE} }} }} }}"
ALL = """query ($id: ID!, $first: Int, $after: String) { gallery(by: {id: $id}) { playlists(first: $first, after: $after) {
  edges { node { id title items { edges { node { title } } } } } pageInfo { hasNextPage endCursor } } } }"""
PAGE = """query ($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Playlist {
  items(first: $first, after: $after) { edges { node { title } } pageInfo { hasNextPage hasPreviousPage endCursor } } } } }"""


async def create(world: World, who: str = "manager", *titles: str, **given: Any) -> dict[str, Any]:
    """Creates a playlist of these media. Returns it."""
    media = await ids_of(world, *titles)
    given = {"galleryId": world.gallery, "title": "Best of", "mediaIds": media, **given}
    return dict((await world.mutate(who, CREATE, input=given))["playlist"])


async def save(world: World, playlist: str, **given: Any) -> dict[str, Any]:
    return dict((await world.mutate("manager", UPDATE, input={"playlistId": playlist, **given}))["playlist"])


async def read(world: World, who: str, playlist: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await world.query(who, NODE, id=playlist))["node"]
    return found


def titles(playlist: dict[str, Any] | None) -> list[str]:
    assert playlist
    return [edge["node"]["title"] for edge in playlist["items"]["edges"]]


async def test_a_playlist_keeps_its_order(world: World) -> None:
    """In any order, and without media."""
    made = await create(world, "moderator", VIDEO, POSTER, LECTURE, title=" Cafe\u0301 ", description="a\r\nb")
    assert (made["title"], made["description"]) == ("Caf\u00e9", "a\nb")
    assert titles(made) == [VIDEO, POSTER, LECTURE]
    assert made["gallery"] == {"title": "Principles of Design"}
    again = await read(world, "moderator", made["id"])
    assert again == {"__typename": "Playlist", **made}
    assert titles(await create(world, "manager")) == []


async def test_a_list_is_saved_whole_and_the_rest_stays(world: World) -> None:
    made = await create(world, "manager", VIDEO, LECTURE, description="about")
    media = await ids_of(world, LECTURE, POSTER, VIDEO)
    saved = await save(world, made["id"], mediaIds=media)
    assert titles(saved) == [LECTURE, POSTER, VIDEO]
    assert (saved["title"], saved["description"]) == ("Best of", "about")
    saved = await save(world, made["id"], title="Other", description="")
    assert (saved["title"], saved["description"], titles(saved)) == ("Other", "", [LECTURE, POSTER, VIDEO])
    assert titles(await save(world, made["id"], mediaIds=[])) == []


async def test_saving_the_same_tells_nothing(world: World) -> None:
    made = await create(world, "manager", VIDEO, LECTURE)
    head = await log_head(world)
    media = await ids_of(world, VIDEO, LECTURE)
    await save(world, made["id"], title="Best of", mediaIds=media)
    assert await log_head(world) == head


async def test_what_waits_is_in_nobodys_playlist_but_the_owners_and_reviewers(world: World) -> None:
    """Rule 16: other people see the rest in order, and the medium in its place once it is published."""
    made = await create(world, "manager", VIDEO, POSTER, CRANE, LECTURE)
    seen = {who: titles(await read(world, who, made["id"])) for who in ("student-001", "student-020", "moderator")}
    assert seen == {
        "student-001": [VIDEO, POSTER, LECTURE],
        "student-020": [VIDEO, LECTURE],
        "moderator": [VIDEO, POSTER, CRANE, LECTURE],
    }
    poster, crane = await ids_of(world, POSTER, CRANE)
    await review(world, "moderator", "APPROVE", crane)
    await review(world, "moderator", "REJECT", poster)
    assert titles(await read(world, "student-020", made["id"])) == [VIDEO, CRANE, LECTURE]
    pages = (await world.query("student-020", PAGE, id=made["id"], first=2))["node"]["items"]
    assert (titles({"items": pages}), pages["pageInfo"]["hasNextPage"]) == ([VIDEO, CRANE], True)


async def test_a_removed_medium_leaves_its_playlists(world: World) -> None:
    """Paging that has begun continues without skipping or repeating an item."""
    made = await create(world, "manager", VIDEO, POSTER, CRANE, LECTURE)
    first = (await world.query("manager", PAGE, id=made["id"], first=2))["node"]["items"]
    await remove(world, "manager", (await ids_of(world, VIDEO))[0])
    after = first["pageInfo"]["endCursor"]
    rest = (await world.query("manager", PAGE, id=made["id"], after=after))["node"]["items"]
    assert titles({"items": first}) + titles({"items": rest}) == [VIDEO, POSTER, CRANE, LECTURE]
    assert rest["pageInfo"] == {**rest["pageInfo"], "hasNextPage": False, "hasPreviousPage": True}
    assert titles(await read(world, "manager", made["id"])) == [POSTER, CRANE, LECTURE]


async def test_a_deleted_playlist_is_gone_and_its_media_stay(world: World) -> None:
    made = await create(world, "manager", VIDEO)
    deleted = await world.mutate("moderator", DELETE, input={"playlistId": made["id"]})
    assert deleted["playlistId"] == made["id"]
    assert await read(world, "manager", made["id"]) is None
    assert await ids_of(world, VIDEO)
    refusal = await world.refused("manager", DELETE, input={"playlistId": made["id"]})
    assert refusal["code"] == "NOT_FOUND"


async def test_bad_playlists_are_refused(world: World) -> None:
    """Rules 4, 20: each refusal names the wrong field, and the index in the list."""
    theirs = (await add(world, "manager", galleryId=await new_gallery(world)))["id"]
    video, lecture = await ids_of(world, VIDEO, LECTURE)
    made = await create(world, "manager", VIDEO)
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"title": " "}, "INVALID", ["title"]),
        ({"title": "x" * 201}, "INVALID", ["title"]),
        ({"description": "x" * 5001}, "INVALID", ["description"]),
        ({"mediaIds": [video, lecture, video]}, "INVALID", ["mediaIds", "2"]),
        ({"mediaIds": [absent("Media") for _ in range(501)]}, "INVALID", ["mediaIds"]),
        ({"mediaIds": [video, absent("Media")]}, "NOT_FOUND", ["mediaIds", "1"]),
        ({"mediaIds": [video, theirs]}, "NOT_FOUND", ["mediaIds", "1"]),
        ({"mediaIds": [world.gallery]}, "NOT_FOUND", ["mediaIds", "0"]),
    ]
    for wrong, code, field in cases:
        for document, given in (
            (CREATE, {"galleryId": world.gallery, "title": "Best of"}),
            (UPDATE, {"playlistId": made["id"]}),
        ):
            refusal = await world.refused("manager", document, input=given | wrong)
            assert (refusal["code"], refusal["field"]) == (code, ["input", *field]), wrong


async def test_who_may_edit_playlists(world: World) -> None:
    """Rules 1, 4."""
    await give_role(world, "auditor", GalleryRole.MEMBER)
    made = await create(world, "moderator", VIDEO)
    acts: list[tuple[str, dict[str, Any]]] = [
        (CREATE, {"galleryId": world.gallery, "title": "Mine"}),
        (UPDATE, {"playlistId": made["id"], "title": "Mine"}),
        (DELETE, {"playlistId": made["id"]}),
    ]
    for document, given in acts:
        for who, code in (("student-001", "FORBIDDEN"), ("auditor", "FORBIDDEN"), ("outsider", "NOT_FOUND")):
            assert (await world.refused(who, document, input=given))["code"] == code
        await world.mutate("moderator", document, input=given)
    for document in (UPDATE, DELETE):
        hidden = await create(world, "manager")
        answers = [
            await world.refused("outsider", document, input={"playlistId": each})
            for each in (hidden["id"], absent("Playlist"), world.gallery, "no id")
        ]
        assert answers == [answers[0]] * 4


async def test_playlists_are_for_members(world: World) -> None:
    """Rules 4, 11."""
    made = await create(world, "manager", VIDEO)
    assert await read(world, "outsider", made["id"]) is None
    assert await read(world, "student-020", made["id"]) is not None


async def test_playlists_are_listed_in_the_order_made_and_paged(world: World) -> None:
    """Rule 19: together with their items, for several playlists at once."""
    for number in range(5):
        await create(world, "manager", *(VIDEO, LECTURE)[: number % 3], title=f"List {number}")
    first = (await world.query("student-020", ALL, id=world.gallery, first=3))["gallery"]["playlists"]
    after = first["pageInfo"]["endCursor"]
    rest = (await world.query("student-020", ALL, id=world.gallery, after=after))["gallery"]["playlists"]
    nodes = [edge["node"] for page in (first, rest) for edge in page["edges"]]
    assert [node["title"] for node in nodes] == [PLAYLIST, *(f"List {number}" for number in range(5))]
    seeded = [title for title, _seconds in PUBLISHED]
    assert [titles(node) for node in nodes] == [seeded, *([VIDEO, LECTURE][: number % 3] for number in range(5))]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_items_page_on_in_every_playlist_at_once(world: World) -> None:
    document = """query ($ids: [ID!]!, $first: Int) { nodes(ids: $ids) { ... on Playlist {
      items(first: $first) { edges { node { title } } pageInfo { hasNextPage } } } } }"""
    lists = [(VIDEO, LECTURE, POSTER), (CRANE,), (POSTER, VIDEO)]
    ids = [(await create(world, "manager", *each))["id"] for each in lists]
    nodes = (await world.query("manager", document, ids=ids, first=2))["nodes"]
    assert [titles(node) for node in nodes] == [list(each[:2]) for each in lists]
    assert [node["items"]["pageInfo"]["hasNextPage"] for node in nodes] == [True, False, False]


async def test_members_are_told_of_playlists(world: World) -> None:
    """Rules 16, 63, 64, over sockets: with the items visible to the viewer, and again when another becomes visible."""
    async with world.socket("student-020") as socket:
        stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
        await is_live(stream)
        made = await create(world, "manager", VIDEO, POSTER)
        assert titles((await next_event(stream))["playlist"]) == [VIDEO]
        await review(world, "moderator", "APPROVE", *await ids_of(world, POSTER))
        await add(world, "manager")
        events = await told(stream, "MediaAdded")
        assert [event["__typename"] for event in events] == ["MediaReviewed", "PlaylistSaved", "MediaAdded"]
        assert titles(events[1]["playlist"]) == [VIDEO, POSTER]
        await world.mutate("manager", DELETE, input={"playlistId": made["id"]})
        assert (await next_event(stream))["playlistId"] == made["id"]


async def test_a_retry_makes_one_playlist(world: World) -> None:
    """Rule 62."""
    head = await log_head(world)
    first, again = [await create(world, "manager", VIDEO, idempotencyKey="one") for _ in range(2)]
    assert first == again
    assert [event.kind for event in await events_since(world, head)] == ["PlaylistSaved"]
