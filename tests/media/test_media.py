"""Adding, changing and removing media, and the events about it (rules 15, 17, 20, 62, 64)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from models.tables.galleries import Gallery
from tests.support.event_streams import is_live, next_event
from tests.support.media import (
    ADD,
    CRANE,
    GALLERY_EVENTS,
    GOOD,
    INTERVIEW,
    LIST,
    POSTER,
    REMOVE,
    REVIEW,
    UPDATE,
    add,
    ids_of,
    listed,
    node,
    pending,
    remove,
    review,
    told,
)
from tests.support.people import change, events_since, local, log_head
from tests.support.world import World

FULL = {
    "title": "Typography", "description": "Two\nlines", "kind": "AUDIO", "url": "https://media.example/a?b=c#d",
    "thumbnailUrl": "http://[::1]:8080/t.png", "durationSeconds": 10_000_000, "tags": ["Design", "\u00c9tude"],
}  # fmt: skip


async def moderate(world: World, *, on: bool) -> None:
    await change(world, update(Gallery).where(Gallery.id == local(world.gallery)).values(moderate_media=on))


async def test_what_was_given_comes_back_exactly_as_stored(world: World) -> None:
    """Rules 15, 20."""
    media = await add(world, "manager", **FULL)
    assert {key: media[key] for key in FULL} == FULL
    assert media["owner"] == {"name": "Mara Manager"}
    assert media["publishedAt"] == media["createdAt"]
    again = await node(world, "student-001", media["id"])
    assert again == {"__typename": "Media", **media}


async def test_text_is_trimmed_normalised_and_never_interpreted(world: World) -> None:
    """Rule 20."""
    raw = {
        "title": " <b>Cafe\u0301</b> ",
        "description": "\r\n $1 {{x}} \N{GRINNING FACE}\r\nb ",
        "tags": [" e\u0301 "],
    }
    media = await add(world, "manager", **raw, url=" https://media.example/%20 ")
    assert media["title"] == "<b>Caf\u00e9</b>"
    assert media["description"] == "$1 {{x}} \N{GRINNING FACE}\nb"
    assert (media["tags"], media["url"]) == (["\u00e9"], "https://media.example/%20")
    longest = {
        "title": "\N{GRINNING FACE}" * 200, "description": "\u00e9" * 5000, "url": "https://a/" + "x" * 1990,
        "tags": [f"{number:050}" for number in range(20)],
    }  # fmt: skip
    media = await add(world, "manager", **longest)
    assert {key: media[key] for key in longest} == longest


@pytest.mark.parametrize(
    ("moderated", "who", "status"),
    [
        (True, "student-001", "PENDING"),
        (True, "moderator", "PUBLISHED"),
        (True, "manager", "PUBLISHED"),
        (False, "student-001", "PUBLISHED"),
    ],
)
async def test_media_wait_for_review_while_moderation_is_on(
    world: World, moderated: bool, who: str, status: str
) -> None:
    """Rule 15."""
    await moderate(world, on=moderated)
    media = await add(world, who)
    assert media["status"] == status
    assert (media["publishedAt"] is None) == (status == "PENDING")


BAD_FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"title": " "}, ["title"]),
    ({"title": "x" * 201}, ["title"]),
    ({"title": "two\nlines"}, ["title"]),
    ({"description": "x" * 5001}, ["description"]),
    ({"description": "\x00"}, ["description"]),
    ({"durationSeconds": -1}, ["durationSeconds"]),
    ({"durationSeconds": 10_000_001}, ["durationSeconds"]),
    ({"tags": [str(number) for number in range(21)]}, ["tags"]),
    ({"tags": ["x" * 51]}, ["tags", "0"]),
    ({"tags": ["a", " "]}, ["tags", "1"]),
    ({"tags": ["a", "b", "A "]}, ["tags", "2"]),
    ({"tags": ["a\tb"]}, ["tags", "0"]),
]
BAD_URLS = [
    "", "film", "//media.example/film", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "ftp://a/b",
    "file:///etc/passwd", "http:", "http://", "https:///path", "http://:80/", "https://a b/", "https://a/\nb",
    "https://a/\x00", "java\nscript:alert(1)", "https://a:port/", "https://a:99999/", "https://[::1/", "http:\\\\a\\b",
    "https://a\\@b/", "https://a/\u2028b", "https://a/" + "x" * 1991,
]  # fmt: skip


@pytest.mark.parametrize("bad", ["title", "url", "thumbnailUrl"])
async def test_bad_media_are_refused_by_the_field_that_is_wrong(world: World, bad: str) -> None:
    """Rule 20: each refusal names the wrong field."""
    cases = BAD_FIELDS if bad == "title" else [({bad: url}, [bad]) for url in BAD_URLS]
    for wrong, field in cases:
        given = {"galleryId": world.gallery, **GOOD, **wrong}
        refusal = await world.refused("manager", ADD, input=given)
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", *field]), wrong


async def test_an_image_has_no_duration(world: World) -> None:
    given = {"galleryId": world.gallery, **GOOD, "kind": "IMAGE"}
    for seconds in (0, 5):
        refusal = await world.refused("manager", ADD, input=given | {"durationSeconds": seconds})
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", "durationSeconds"])
    image = await add(world, "manager", kind="IMAGE")
    assert image["durationSeconds"] is None
    change_ = {"mediaId": image["id"], "durationSeconds": 5}
    assert (await world.refused("manager", UPDATE, input=change_))["field"] == ["input", "durationSeconds"]


async def test_what_is_said_of_a_medium_can_be_changed(world: World) -> None:
    """Omitted fields stay, and so do those that cannot be changed."""
    media = await add(world, "student-001", **FULL)
    changes = {
        "title": "New", "description": "", "thumbnailUrl": "https://media.example/t2", "durationSeconds": 9, "tags": [],
    }  # fmt: skip
    for key, value in changes.items():
        media |= {key: value}
        payload = await world.mutate("student-001", UPDATE, input={"mediaId": media["id"], key: value})
        assert payload["media"] == media
        assert payload["cursor"]
    payload = await world.mutate("student-001", UPDATE, input={"mediaId": media["id"], "thumbnailUrl": ""})
    assert payload["media"]["thumbnailUrl"] is None
    for wrong, field in [*BAD_FIELDS, ({"thumbnailUrl": "data:x"}, ["thumbnailUrl"])]:
        refusal = await world.refused("student-001", UPDATE, input={"mediaId": media["id"], **wrong})
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", *field]), wrong


async def test_a_change_that_changes_nothing_is_not_told_of(world: World) -> None:
    media = await add(world, "student-001", **FULL)
    head = await log_head(world)
    same = {key: FULL[key] for key in ("title", "description", "tags", "durationSeconds", "thumbnailUrl")}
    payload = await world.mutate("student-001", UPDATE, input={"mediaId": media["id"], **same})
    assert (payload["cursor"], await log_head(world)) == (None, head)


async def test_a_removed_medium_is_gone(world: World) -> None:
    (mine,) = await ids_of(world, POSTER)
    await remove(world, "student-001", mine)
    assert await node(world, "manager", mine) is None
    assert await pending(world, "manager") == (2, [CRANE, INTERVIEW])
    assert await listed(world, "manager", filter={"search": "poster"}) == []
    assert (await world.refused("student-001", REMOVE, input={"mediaId": mine}))["code"] == "NOT_FOUND"


async def test_the_pending_count_is_told_of_once_and_only_when_it_changes(world: World) -> None:
    """Rule 17: one event for each change of the count, and none otherwise."""
    head = await log_head(world)
    mine = (await add(world, "student-001"))["id"]
    theirs = (await add(world, "moderator"))["id"]
    await world.mutate("student-001", UPDATE, input={"mediaId": mine, "title": "Other"})
    await remove(world, "student-001", mine)
    await remove(world, "manager", theirs)
    kinds = [event.kind for event in await events_since(world, head)]
    assert kinds == [
        "MediaAdded", "PendingCountChanged", "MediaAdded", "MediaChanged", "MediaRemoved", "PendingCountChanged",
        "MediaRemoved",
    ]  # fmt: skip


async def test_twenty_adds_at_once_are_all_counted(world: World) -> None:
    """Rules 15, 17, 62."""
    head = await log_head(world)
    students = [f"student-{number:03}" for number in range(1, 21)]
    given = {"galleryId": world.gallery, **GOOD}
    answers = await asyncio.gather(*(world.query(who, ADD, input=given) for who in students))
    assert all(answer["addMedia"]["media"]["status"] == "PENDING" for answer in answers)
    count, titles = await pending(world, "moderator")
    assert (count, len(titles)) == (23, 23)
    events = [event for event in await events_since(world, head) if event.kind == "PendingCountChanged"]
    assert [event.pending_count for event in events] == list(range(4, 24))


async def test_a_member_is_not_told_of_what_waits(world: World) -> None:
    """Rules 16, 17, 63, over sockets: only owner and reviewers receive the medium, only reviewers the count."""
    people = ("student-002", "student-001", "moderator")
    sockets = [world.socket(who) for who in people]
    async with sockets[0] as member, sockets[1] as owner, sockets[2] as reviewer:
        streams = [await each.subscribe(GALLERY_EVENTS, gallery=world.gallery) for each in (member, owner, reviewer)]
        for stream in streams:
            await is_live(stream)
        mine = await add(world, "student-001", title="Mine")
        await world.mutate("student-001", UPDATE, input={"mediaId": mine["id"], "title": "Still mine"})
        await review(world, "moderator", "APPROVE", mine["id"], reason="Good")
        await remove(world, "student-001", mine["id"])
        kinds = [[event["__typename"] for event in await told(stream, "MediaRemoved")] for stream in streams]
    assert kinds[0] == ["MediaReviewed", "MediaRemoved"]
    assert kinds[1] == ["MediaAdded", "MediaChanged", "MediaReviewed", "MediaRemoved"]
    counted = "PendingCountChanged"
    assert kinds[2] == ["MediaAdded", counted, "MediaChanged", "MediaReviewed", counted, "MediaRemoved"]


async def test_the_count_and_the_list_agree_at_the_cursor_that_they_were_read_at(world: World) -> None:
    """Rules 17, 64: count and list of one query agree; changes after its cursor are in later events."""
    async with world.socket("moderator") as socket:
        before = (await world.query("moderator", LIST, id=world.gallery, filter={"statuses": ["PENDING"]}))["gallery"]
        assert before["pendingCount"] == len(before["media"]["edges"]) == 3
        added = await add(world, "student-001")
        stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery, after=before["cursor"])
        assert (await next_event(stream))["media"]["id"] == added["id"]
        assert (await next_event(stream))["pendingCount"] == 4
        assert (await pending(world, "moderator"))[0] == 4


async def test_a_retry_adds_once(world: World) -> None:
    """Rule 62."""
    given = {"galleryId": world.gallery, **GOOD, "idempotencyKey": "one"}
    first, again = [await world.mutate("student-001", ADD, input=given) for _ in range(2)]
    assert first == again
    refusal = await world.refused("student-001", ADD, input={**given, "title": "Another"})
    assert refusal["code"] == "IDEMPOTENCY_MISMATCH"
    decision = {"galleryId": world.gallery, "mediaIds": [first["media"]["id"], "no id"], "decision": "REJECT"}
    first, again = [await world.mutate("manager", REVIEW, input=decision | {"idempotencyKey": "two"}) for _ in range(2)]
    assert first == again
    gone = {"mediaId": first["results"][0]["mediaId"], "idempotencyKey": "three"}
    first, again = [await world.mutate("student-001", REMOVE, input=gone) for _ in range(2)]
    assert first == again
