"""The shelf of a room: filling it, ordering it, and who sees it (rules 20, 68, 69, 73)."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from models.storage.base import new_id
from models.tables.content import SHELF_LIMIT, ContentItem, ContentKind
from server.accounts import THE_SERVER
from tests.support.media import CRANE, VIDEO, ids_of, remove, review
from tests.support.people import absent, change, configure, events_since, id_of, local, log_head
from tests.support.recordings import kinds
from tests.support.shelf import (
    DOCUMENT,
    IMAGE,
    LINK,
    LIST,
    SCREEN,
    WHITEBOARD,
    WITHOUT_MEDIA,
    Shelf,
    listed,
    meet,
    open_shelf,
    seen,
    titles,
)
from tests.support.world import END, World


async def test_a_shelf_is_filled_before_a_session_and_outlives_it(world: World) -> None:
    """Rule 68: by room moderators and managers; its things come in the order in which they were put there."""
    shelf = Shelf(world)
    head = await log_head(world)
    (medium,) = await ids_of(world, VIDEO)
    for who, given in zip(("moderator", "manager") * 3, WITHOUT_MEDIA, strict=False):
        await shelf.add(who, **given)
    await shelf.add("manager", kind="MEDIA", mediaId=medium)
    assert kinds(await events_since(world, head)) == ["ContentAdded"] * 6
    items = await listed(world, "moderator")
    assert items
    assert [(each["kind"], each["state"], each["pageCount"]) for each in items] == [
        ("DOCUMENT", "READY", 12), ("IMAGE", "READY", 1), ("LINK", "READY", None),
        ("WHITEBOARD", "READY", None), ("SCREEN", "READY", None), ("MEDIA", "READY", None),
    ]  # fmt: skip
    assert [each["url"] for each in items] == [DOCUMENT["url"], IMAGE["url"], LINK["url"], None, None, None]
    assert (items[5]["title"], items[5]["media"]["title"], items[5]["addedBy"]["name"]) == (None, VIDEO, "Mara Manager")
    assert [await seen(world, each["id"]) for each in items] == [
        each | {"gallery": {"id": world.gallery}} for each in items
    ]
    await shelf.enter("moderator")
    await shelf.add(**SCREEN | {"title": "Another screen"})
    await world.mutate("moderator", END, session=shelf.session)
    assert len(await listed(world, "moderator") or []) == 7


BAD: list[tuple[dict[str, Any], str]] = [
    *((each | {"title": ""}, "title") for each in WITHOUT_MEDIA),
    *((each | {"title": None}, "title") for each in WITHOUT_MEDIA),
    *((each | {"title": "two\nlines"}, "title") for each in WITHOUT_MEDIA[:1]),
    *((each | {"url": None}, "url") for each in (DOCUMENT, IMAGE, LINK)),
    *((each | {"url": "javascript:alert(1)"}, "url") for each in (DOCUMENT, IMAGE, LINK)),
    *((each | {"url": LINK["url"]}, "url") for each in (WHITEBOARD, SCREEN)),
    *((DOCUMENT | {"pageCount": count}, "pageCount") for count in (None, 0, -1, 10_001)),
    *((each | {"pageCount": 1}, "pageCount") for each in (IMAGE, LINK, WHITEBOARD, SCREEN)),
    ({"kind": "MEDIA"}, "mediaId"),
    *((each | {"mediaId": "MEDIUM"}, "mediaId") for each in WITHOUT_MEDIA),
    ({"kind": "MEDIA", "mediaId": "MEDIUM", "title": "Mine"}, "title"),
]


async def test_each_kind_has_its_own_fields(world: World) -> None:
    """Rules 20, 68: what is missing, too much or unfit is refused by name."""
    shelf = Shelf(world)
    (medium,) = await ids_of(world, VIDEO)
    for given, field in BAD:
        named = given | ({"mediaId": medium} if "mediaId" in given else {})
        assert await shelf.may_not("moderator", "addContent", **named) == ("INVALID", [field]), given
    item = await shelf.add(**WHITEBOARD)
    for changes, field in (({"url": LINK["url"]}, "url"), ({"pageCount": 2}, "pageCount"), ({"title": " "}, "title")):
        assert await shelf.may_not("moderator", "updateContent", item, **changes) == ("INVALID", [field])
    for unknown in (absent("Media"), item):
        refusal = await shelf.may_not("moderator", "addContent", kind="MEDIA", mediaId=unknown)
        assert refusal == ("NOT_FOUND", ["mediaId"])


async def test_items_are_changed_moved_and_taken_off(world: World) -> None:
    """Rules 59, 64, 68: what changes nothing succeeds without an event."""
    shelf = Shelf(world)
    first, second, third = [await shelf.add(**LINK | {"title": title}) for title in ("one", "two", "three")]
    head = await log_head(world)
    changed = await shelf.does("moderator", "updateContent", second, title=" e\u0301 ", url=IMAGE["url"])
    assert (changed["item"]["title"], changed["item"]["url"]) == ("\u00e9", IMAGE["url"])
    assert (await shelf.does("moderator", "updateContent", second, title="\u00e9"))["cursor"] is None
    await shelf.does("moderator", "moveContent", third, beforeId=first)
    assert await titles(world) == ["three", "one", "\u00e9"]
    await shelf.does("moderator", "moveContent", first)
    assert await titles(world) == ["three", "\u00e9", "one"]
    for same in ({"beforeId": None}, {"beforeId": first}):
        assert (await shelf.does("moderator", "moveContent", first, **same))["cursor"] is None
    assert await shelf.may_not("moderator", "moveContent", first, beforeId=absent("ContentItem")) == (
        "NOT_FOUND",
        ["beforeId"],
    )
    fourth = await shelf.add(**LINK | {"title": "four", "beforeId": second})
    assert await titles(world) == ["three", "four", "\u00e9", "one"]
    assert (await shelf.does("moderator", "removeContent", second))["contentId"] == second
    assert await titles(world) == ["three", "four", "one"]
    assert await seen(world, second) is None
    told = ["ContentChanged"] * 3 + ["ContentAdded", "ContentRemoved"]
    assert kinds(await events_since(world, head)) == told
    for verb in ("updateContent", "moveContent", "removeContent", "showContent"):
        for gone in (second, absent("ContentItem"), world.room):
            assert await shelf.may_not("moderator", verb, gone) == ("NOT_FOUND", ["contentId"])
    assert fourth


async def test_a_shelf_without_gaps_is_spread_out_again(world: World) -> None:
    """Rule 64: each item whose position changes has an event."""
    shelf = Shelf(world)
    first, second, third = [await shelf.add(**LINK | {"title": title}) for title in ("one", "two", "three")]
    for item, place in ((first, 1), (second, 2), (third, 3)):
        await change(world, update(ContentItem).where(ContentItem.id == local(item)).values(position=place))
    head = await log_head(world)
    await shelf.does("moderator", "moveContent", third, beforeId=second)
    assert await titles(world) == ["one", "three", "two"]
    assert kinds(await events_since(world, head)) == ["ContentChanged"] * 3


async def test_a_shelf_holds_so_many_items(world: World) -> None:
    """Rule 68: the 201st is refused; pages of the shelf follow each other."""
    shelf = Shelf(world)
    rows = [
        {
            "id": new_id(), "gallery_id": local(world.gallery), "kind": ContentKind.SCREEN, "title": str(number),
            "position": number, "added_at": world.clock(), "url": None, "page_count": None, "media_id": None, "added_by": None,
        }
        for number in range(SHELF_LIMIT)
    ]  # fmt: skip
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(insert(ContentItem), rows))
    assert await shelf.may_not("moderator", "addContent", **SCREEN) == ("CONFLICT", ["roomId"])
    found, after = [], None
    while True:
        page = (await world.query("moderator", LIST, room=world.room, first=90, after=after))["room"]["content"]
        found += [edge["node"]["title"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == [str(number) for number in range(SHELF_LIMIT)]


async def test_a_medium_on_the_shelf_follows_the_medium(world: World) -> None:
    """Rule 69: it says whether it can be shown; a pending one is not shown to those who may not see it (rule 16)."""
    shelf = await meet(world, "student-004")
    await open_shelf(world)
    (pending,) = await ids_of(world, CRANE)
    head = await log_head(world)
    item = await shelf.add("manager", kind="MEDIA", mediaId=pending)
    assert (await seen(world, item))["state"] == "UNPUBLISHED"
    assert await seen(world, item, "student-004") is None
    assert await listed(world, "student-004") == []
    assert await shelf.may_not("moderator", "showContent", item) == ("CONFLICT", ["contentId"])
    await review(world, "moderator", "APPROVE", pending)
    assert (await seen(world, item, "student-004"))["media"]["title"] == CRANE
    assert [each["state"] for each in await listed(world, "student-004") or []] == ["READY"]
    await shelf.show(item=item)
    await remove(world, "manager", pending)
    assert await shelf.shown() is None
    gone = await seen(world, item)
    assert (gone["state"], gone["media"]) == ("REMOVED", None)
    assert await listed(world, "student-004") == []
    assert await shelf.may_not("moderator", "showContent", item) == ("CONFLICT", ["contentId"])
    told = [each for each in await events_since(world, head) if each.kind.startswith(("Content", "Shown"))]
    assert [(each.kind, each.audience.audience) for each in told] == [
        ("ContentAdded", "SHELF"), ("ContentChanged", "EVERYONE"), ("ShownChanged", "INSIDE"),
        ("ShownEnded", "INSIDE"), ("ContentChanged", "EVERYONE"),
    ]  # fmt: skip


async def test_a_moderator_who_may_not_see_a_medium_sees_that_something_is_there(world: World) -> None:
    """Rules 11, 16, 69: an assigned guest sees items, without the media, and cannot put media on the shelf."""
    moderators = [world.ids["group:teaching-assistants"], await id_of(world, "outsider")]
    await configure(world, roomModeratorIds=moderators)
    shelf = Shelf(world)
    media = await ids_of(world, VIDEO, CRANE)
    for medium in media:
        await shelf.add("manager", kind="MEDIA", mediaId=medium)
        assert await shelf.may_not("outsider", "addContent", kind="MEDIA", mediaId=medium) == ("NOT_FOUND", ["mediaId"])
    items = await listed(world, "outsider")
    assert items
    assert [(each["state"], each["title"], each["media"]) for each in items] == [
        ("READY", None, None),
        ("UNPUBLISHED", None, None),
    ]
    await shelf.add("outsider", **SCREEN)


async def test_attendees_see_the_shelf_only_where_the_room_says_so(world: World) -> None:
    """Rule 73: null for those who may not see it; the room's setting applies at once."""
    shelf = await meet(world, "student-001", "chatmod")
    item = await shelf.add()
    people = ("student-001", "chatmod", "student-009", "moderator", "manager")
    hidden = [await listed(world, who) for who in people]
    assert [each is None for each in hidden] == [True, True, True, False, False]
    assert [await seen(world, item, who) is None for who in people] == [True, True, True, False, False]
    await open_shelf(world)
    assert [await titles(world, who) for who in people] == [[DOCUMENT["title"]]] * 5
    assert await shelf.may_not("student-001", "removeContent", item) == ("FORBIDDEN", ["contentId"])
    await open_shelf(world, visible=False)
    assert [await titles(world, who) for who in people[:3]] == [None] * 3
    assert await shelf.may_not("student-001", "removeContent", item) == ("NOT_FOUND", ["contentId"])


@pytest.mark.parametrize("verb", ["addContent", "updateContent", "moveContent", "removeContent"])
async def test_the_same_key_gives_the_same_result(world: World, verb: str) -> None:
    """Rule 62."""
    shelf = Shelf(world)
    item, other = "" if verb == "addContent" else await shelf.add(), await shelf.add(**LINK)
    given = {"addContent": SCREEN, "updateContent": {"title": "Other"}}.get(verb, {}) | {"idempotencyKey": "key"}
    first = await shelf.does("moderator", verb, item, **given)
    assert first["cursor"]
    assert await shelf.does("moderator", verb, item, **given) == first
    more = {"title": "A third"} if verb == "addContent" else {}
    refusal = await shelf.may_not("moderator", verb, other if item else "", **given | more)
    assert refusal[0] == "IDEMPOTENCY_MISMATCH"
