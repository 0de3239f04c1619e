"""Rule 19: media lists filter, sort and page, in both directions and in every combination."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from models.storage.base import new_id
from models.tables.media import Media
from models.values.text import sort_key
from tests.support.media import CRANE, DRAWING, INTERVIEW, LECTURE, LIST, POSTER, VIDEO, add, fill, listed, new_gallery
from tests.support.people import absent, change, id_of, local
from tests.support.recordings import ready, recorded
from tests.support.world import World


@pytest.fixture
async def gallery(world: World) -> str:
    """A gallery of the manager's, without media."""
    return await new_gallery(world)


async def test_media_are_filtered_by_kind_status_and_owner(world: World) -> None:
    student = await id_of(world, "student-001")
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"kinds": ["AUDIO"]}, [INTERVIEW]),
        ({"kinds": ["AUDIO", "IMAGE"]}, [INTERVIEW, POSTER]),
        ({"statuses": ["PUBLISHED"]}, [DRAWING, VIDEO, LECTURE]),
        ({"statuses": ["REJECTED"]}, []),
        ({"ownerId": student}, [POSTER]),
        ({"ownerId": absent("User")}, []),
        ({"ownerId": student, "kinds": ["VIDEO"]}, []),
        ({"kinds": ["VIDEO"], "statuses": ["PENDING"], "search": "paper", "tags": ["design"]}, [CRANE]),
        ({"recordingsOnly": False}, [CRANE, INTERVIEW, POSTER, DRAWING, VIDEO, LECTURE]),
        ({"recordingsOnly": True}, []),
        ({}, [CRANE, INTERVIEW, POSTER, DRAWING, VIDEO, LECTURE]),
        ({"kinds": None, "search": None}, [CRANE, INTERVIEW, POSTER, DRAWING, VIDEO, LECTURE]),
    ]
    for chosen, titles in cases:
        assert await listed(world, "manager", filter=chosen) == titles, chosen


async def test_media_from_the_room_are_listed_by_themselves(world: World) -> None:
    """Together with other filters; such a medium names its recording."""
    recording = await recorded(world)
    title = (await ready(world, recording))["media"]["title"]
    for more in ({}, {"kinds": ["VIDEO"]}, {"search": "principles"}, {"ownerId": await id_of(world, "moderator")}):
        assert await listed(world, "student-020", filter={"recordingsOnly": True, **more}) == [title]
    for other in ({"kinds": ["AUDIO"]}, {"tags": ["design"]}, {"statuses": ["PENDING"]}):
        assert await listed(world, "manager", filter={"recordingsOnly": True, **other}) == []
    media = "query ($id: ID!) { gallery(by: {id: $id}) { media { edges { node { recording { id state } } } } } }"
    edges = (await world.query("student-020", media, id=world.gallery))["gallery"]["media"]["edges"]
    assert [each["node"]["recording"] for each in edges] == [{"id": recording, "state": "READY"}, None, None, None]


async def test_media_are_filtered_by_when_they_were_added(world: World, gallery: str) -> None:
    """Both limits are exclusive, in any time zone."""
    moments = {}
    for title in "abc":
        media = await add(world, "manager", galleryId=gallery, title=title)
        moments[title] = datetime.fromisoformat(media["createdAt"])
        world.clock.advance(hours=1)
    moment = moments["b"].isoformat()
    shifted = (moments["b"] + timedelta(hours=5)).replace(tzinfo=None).isoformat() + "+05:00"
    for b in (moment, shifted, moments["b"].replace(tzinfo=None).isoformat()):
        assert await listed(world, "manager", gallery, filter={"createdAfter": b}) == ["c"]
        assert await listed(world, "manager", gallery, filter={"createdBefore": b}) == ["a"]
    between = {"createdAfter": moments["a"].isoformat(), "createdBefore": moments["c"].isoformat()}
    assert await listed(world, "manager", gallery, filter=between) == ["b"]


async def test_bad_filters_are_refused_by_the_field_that_is_wrong(world: World) -> None:
    """For members too; an empty search is refused, not ignored."""
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"search": ""}, "INVALID", ["search"]),
        ({"search": " -!* "}, "INVALID", ["search"]),
        ({"search": "x" * 201}, "INVALID", ["search"]),
        ({"search": "a\x00"}, "INVALID", ["search"]),
        ({"kinds": ["VIDEO", "AUDIO", "VIDEO"]}, "INVALID", ["kinds", "2"]),
        ({"statuses": ["PENDING", "PENDING"]}, "INVALID", ["statuses", "1"]),
        ({"tags": ["a", "A"]}, "INVALID", ["tags", "1"]),
        ({"tags": [""]}, "INVALID", ["tags", "0"]),
        ({"tags": [str(number) for number in range(21)]}, "INVALID", ["tags"]),
        ({"ownerId": world.room}, "NOT_FOUND", ["ownerId"]),
        ({"createdAfter": "0001-01-01T00:00:00+14:00"}, "INVALID", ["createdAfter"]),
        ({"createdBefore": "9999-12-31T23:59:59-14:00"}, "INVALID", ["createdBefore"]),
    ]
    for wrong, code, field in cases:
        for who in ("manager", "student-020"):
            answer = await world.ask(who, LIST, id=world.gallery, filter=wrong)
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": code, "field": ["filter", *field]}, wrong


ORDERS: dict[str, Any] = {
    "NEWEST": lambda each: (-each["at"], -each["place"]),
    "OLDEST": lambda each: (each["at"], each["place"]),
    "TITLE": lambda each: (sort_key(each["title"]), each["place"]),
    "LONGEST": lambda each: (-each["seconds"], -each["place"]),
    "SHORTEST": lambda each: (each["seconds"], each["place"]),
}


@pytest.mark.parametrize("order", ORDERS)
async def test_every_order_pages_both_ways_under_every_filter(world: World, gallery: str, order: str) -> None:
    """Also where titles, durations or times are equal."""
    media: list[dict[str, Any]] = []
    for at, (seconds, word) in enumerate(product((60, 5, 60), ("blue", "Red", "r\u00e9d"))):
        titles = [f"{word} {number}" for number in (at % 2, 9)]
        await fill(world, gallery, [(title, "", ["odd" if at % 2 else "even"]) for title in titles], seconds)
        media += [{"title": title, "seconds": seconds, "at": at} for title in titles]
        world.clock.advance(seconds=1)
    for place, each in enumerate(media):
        each["place"] = place
    stored = select(Media.id).where(Media.gallery_id == local(gallery)).order_by(Media.id)
    for each, media_id in zip(media, await world.database.reads.values(stored), strict=True):
        if each["at"] % 3 == 0:
            words = Media.search_words + " recorded"
            values = {"recording_id": new_id(), "search_words": words}
            await change(world, update(Media).where(Media.id == media_id).values(values))
    for chosen, keep in (
        (None, bool),
        ({"recordingsOnly": True}, lambda each: each["at"] % 3 == 0),
        ({"recordingsOnly": True, "tags": ["odd"], "search": "blue"}, lambda each: each["at"] == 3),
        ({"search": "red"}, lambda each: not each["title"].startswith("blue")),
        ({"tags": ["odd"], "kinds": ["VIDEO"]}, lambda each: each["at"] % 2),
    ):
        expected = [each["title"] for each in sorted(filter(keep, media), key=ORDERS[order])]
        asked = {"orderBy": order, "filter": chosen}
        assert await walk(world, gallery, "first", "after", "endCursor", **asked) == expected
        assert await walk(world, gallery, "last", "before", "startCursor", **asked) == expected


async def walk(world: World, gallery: str, size: str, place: str, cursor: str, **asked: Any) -> list[str]:
    """Returns all titles in the list's order, read page by page from one end."""
    titles: list[str] = []
    at: dict[str, Any] = {}
    while True:
        page = (await world.query("manager", LIST, id=gallery, **{size: 4}, **at, **asked))["gallery"]["media"]
        found = [edge["node"]["title"] for edge in page["edges"]]
        titles = titles + found if size == "first" else found + titles
        if not page["pageInfo"]["hasNextPage" if size == "first" else "hasPreviousPage"]:
            return titles
        at = {place: page["pageInfo"][cursor]}


async def test_a_page_does_not_move_when_something_is_added_or_removed(world: World, gallery: str) -> None:
    await fill(world, gallery, [(f"film {letter}", "", []) for letter in "bdfh"])
    asked: dict[str, Any] = {"orderBy": "TITLE", "filter": {"search": "film"}, "first": 2}
    first = (await world.query("manager", LIST, id=gallery, **asked))["gallery"]["media"]
    await fill(world, gallery, [(f"film {letter}", "", []) for letter in "ae"])
    assert await listed(world, "manager", gallery, after=first["pageInfo"]["endCursor"], **asked) == [
        "film e",
        "film f",
    ]


async def test_no_page_is_larger_than_a_hundred(world: World, gallery: str) -> None:
    await fill(world, gallery, [(f"film {number}", "", []) for number in range(120)])
    for size in ("first", "last"):
        assert len(await listed(world, "manager", gallery, filter={"search": "film"}, **{size: 100})) == 100
        answer = await world.ask("manager", LIST, id=gallery, **{size: 101})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]
