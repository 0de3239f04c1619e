"""Rule 17: `pendingCount` equals the length of the pending list at the same cursor, during concurrent writes."""

import asyncio
from random import Random
from typing import Any

from tests.support.event_streams import Event, next_event
from tests.support.media import ADD, GALLERY_EVENTS, GOOD, LIST, REMOVE, REVIEW
from tests.support.world import World

WRITERS = ("student-001", "student-002", "student-003", "moderator", "manager")
END = "The end"


async def test_count_list_and_events_agree_at_every_cursor_while_others_write(world: World) -> None:
    """Rules 16, 17, 64: the list at any cursor, plus later events of `galleryEvents`, equals the list at the end."""
    reading = asyncio.create_task(read_until(world, END))
    await asyncio.gather(*(write(world, who, Random(who)) for who in WRITERS))
    await world.query("student-001", ADD, input={"galleryId": world.gallery, **GOOD, "title": END})
    seen = await reading
    assert len({gallery["pendingCount"] for gallery in seen}) > 3, "nothing was written meanwhile"
    for gallery in seen:
        assert gallery["pendingCount"] == len(waiting(gallery))
    chosen = seen[:: max(1, len(seen) // 8)]
    async with world.socket("moderator") as socket:
        for gallery in chosen:
            stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery, after=gallery["cursor"])
            folded, told, last = waiting(gallery), gallery["pendingCount"], END in waiting(gallery).values()
            while not last:
                event = await next_event(stream)
                if event["__typename"] in ("MediaAdded", "MediaRemoved"):
                    assert told == len(folded), "what came before changed the count and did not say so"
                folded = fold(folded, event)
                if event["__typename"] == "PendingCountChanged":
                    assert (told := event["pendingCount"]) == len(folded)
                    last = END in folded.values()
            assert folded == waiting(seen[-1])
            await socket.unsubscribe(stream)


async def write(world: World, who: str, random: Random) -> None:
    """Adds, reviews and removes media in turn, as far as this person may."""
    for number in range(12):
        mine = list((await pending(world, who)).items())
        media = [media for media, _ in random.sample(mine, min(len(mine), random.randint(1, 3)))]
        given: dict[str, Any] = {"galleryId": world.gallery}
        if who.startswith("student") and (number % 3 or not media):
            await world.query(who, ADD, input={**given, **GOOD, "title": f"{who} {number}"})
        elif who == "moderator" and media:
            decision = random.choice(["APPROVE", "REJECT"])
            await world.query(who, REVIEW, input={**given, "mediaIds": media, "decision": decision})
        elif media:
            await world.query(who, REMOVE, input={"mediaId": media[0]})


async def read_until(world: World, title: str) -> list[dict[str, Any]]:
    """Reads a reviewer's page again and again until a medium with this title is pending. Returns all pages."""
    seen = [await read(world, "moderator")]
    while title not in waiting(seen[-1]).values():
        seen.append(await read(world, "moderator"))
    return seen


async def read(world: World, who: str) -> dict[str, Any]:
    found = await world.query(who, LIST, id=world.gallery, filter={"statuses": ["PENDING"]}, first=100)
    return dict(found["gallery"])


async def pending(world: World, who: str) -> dict[str, str]:
    return waiting(await read(world, who))


def waiting(gallery: dict[str, Any]) -> dict[str, str]:
    """Returns the titles of the pending list, by id."""
    return {edge["node"]["id"]: edge["node"]["title"] for edge in gallery["media"]["edges"]}


def fold(waits: dict[str, str], event: Event) -> dict[str, str]:
    """Returns the pending media after an event."""
    media = event.get("media") or {"id": event.get("mediaId"), "status": "GONE"}
    rest = {each: title for each, title in waits.items() if each != media["id"]}
    return rest | {media["id"]: media["title"]} if media["status"] == "PENDING" else rest
