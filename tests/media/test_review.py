"""Reviewing many pending media at once (rules 1, 4, 16, 17, 18, 67)."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import select, update

from models.tables.audit import AuditRecord
from models.tables.galleries import Gallery, GalleryRole
from tests.support.event_streams import beginning, is_live, next_event
from tests.support.media import (
    CRANE,
    GALLERY_EVENTS,
    INTERVIEW,
    LECTURE,
    POSTER,
    REVIEW,
    add,
    ids_of,
    listed,
    new_gallery,
    node,
    outcomes,
    pending,
    review,
    told,
)
from tests.support.people import absent, change, events_since, give_role, local, log_head
from tests.support.world import World


@pytest.mark.parametrize(("decision", "status"), [("APPROVE", "PUBLISHED"), ("REJECT", "REJECTED")])
async def test_waiting_media_are_decided_in_bulk(world: World, decision: str, status: str) -> None:
    """Rules 17, 18: results are in the order of the input, and one event tells the new count."""
    head = await log_head(world)
    media = await ids_of(world, CRANE, POSTER)
    payload = await review(world, "moderator", decision, *media)
    assert [each["mediaId"] for each in payload["results"]] == media
    assert outcomes(payload) == [status, status]
    assert all((each["media"]["publishedAt"] is None) == (status == "REJECTED") for each in payload["results"])
    assert payload["pendingCount"] == 1
    assert await pending(world, "moderator") == (1, [INTERVIEW])
    kinds = [event.kind for event in await events_since(world, head)]
    assert kinds == ["MediaReviewed", "MediaReviewed", "PendingCountChanged"]


async def test_what_is_published_is_for_all_and_what_is_rejected_stays_hidden(world: World) -> None:
    """Rules 16, 18."""
    good, bad = await ids_of(world, CRANE, POSTER)
    await review(world, "manager", "APPROVE", good)
    await review(world, "manager", "REJECT", bad)
    assert {CRANE, POSTER} & set(await listed(world, "student-020")) == {CRANE}
    assert await node(world, "student-020", bad) is None
    assert (await node(world, "student-001", bad) or {})["status"] == "REJECTED"


async def test_repeating_a_decision_is_done_and_changes_nothing(world: World) -> None:
    """Rule 18: also for media that were published without a review."""
    for decision, titles in (("APPROVE", (CRANE, LECTURE)), ("REJECT", (POSTER,))):
        media = await ids_of(world, *titles)
        first = await review(world, "moderator", decision, *media)
        head = await log_head(world)
        again = await review(world, "manager", decision, *media)
        assert outcomes(again) == outcomes(first)
        assert [each["media"] for each in again["results"]] == [each["media"] for each in first["results"]]
        assert (again["cursor"], await log_head(world)) == (None, head)


async def test_the_opposite_decision_is_a_conflict_that_shows_how_it_is(world: World) -> None:
    """Rule 18: the result shows the medium's state; the other media are reviewed."""
    crane, poster, interview, lecture = await ids_of(world, CRANE, POSTER, INTERVIEW, LECTURE)
    await review(world, "moderator", "APPROVE", crane)
    payload = await review(world, "moderator", "REJECT", crane, poster, lecture, interview)
    assert outcomes(payload) == ["CONFLICT", "REJECTED", "CONFLICT", "REJECTED"]
    assert payload["results"][2]["media"]["status"] == "PUBLISHED"
    assert payload["results"][2]["userError"]["field"] == ["input", "mediaIds", "2"]
    assert outcomes(await review(world, "manager", "APPROVE", poster)) == ["CONFLICT"]


async def test_what_is_not_there_is_not_found_in_its_place(world: World) -> None:
    """Rules 4, 18: an unknown medium, one of another gallery, and a malformed id get the same result."""
    other = await new_gallery(world, "student-005")
    theirs = (await add(world, "student-005", galleryId=other))["id"]
    (crane,) = await ids_of(world, CRANE)
    unknown = [theirs, absent("Media"), world.gallery, "no id", ""]
    payload = await review(world, "moderator", "APPROVE", *unknown, crane)
    assert outcomes(payload) == ["NOT_FOUND"] * 5 + ["PUBLISHED"]
    for place, result in enumerate(payload["results"][:5]):
        error = {"code": "NOT_FOUND", "message": "There is no such medium.", "field": ["input", "mediaIds", str(place)]}
        assert result == {"mediaId": unknown[place], "media": None, "userError": error}


async def test_bad_reviews_are_refused_whole(world: World) -> None:
    """Rule 18."""
    crane, poster = await ids_of(world, CRANE, POSTER)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"mediaIds": []}, ["mediaIds"]),
        ({"mediaIds": [absent("Media") for _ in range(101)]}, ["mediaIds"]),
        ({"mediaIds": [crane, poster, crane]}, ["mediaIds", "2"]),
        ({"mediaIds": ["x", crane, "x"]}, ["mediaIds", "2"]),
        ({"reason": " "}, ["reason"]),
        ({"reason": "x" * 1001}, ["reason"]),
        ({"reason": "\a"}, ["reason"]),
    ]
    for wrong, field in cases:
        given = {"galleryId": world.gallery, "mediaIds": [crane], "decision": "APPROVE", **wrong}
        refusal = await world.refused("moderator", REVIEW, input=given)
        assert (refusal["code"], refusal["field"]) == ("INVALID", ["input", *field]), wrong


async def test_a_hundred_are_decided_at_once(world: World) -> None:
    """Rule 18."""
    media = [(await add(world, "student-001", title=f"Film {number}"))["id"] for number in range(12)]
    media += [absent("Media") for _ in range(100 - len(media))]
    payload = await review(world, "moderator", "REJECT", *media, reason="x" * 1000)
    assert outcomes(payload) == ["REJECTED"] * 12 + ["NOT_FOUND"] * 88


async def test_who_may_review(world: World) -> None:
    """Rules 1, 4: contributors may not, not even their own media."""
    await give_role(world, "auditor", GalleryRole.MEMBER)
    (mine,) = await ids_of(world, POSTER)
    given = {"galleryId": world.gallery, "mediaIds": [mine], "decision": "APPROVE"}
    for who in ("student-001", "student-002", "auditor", "chatmod"):
        assert (await world.refused(who, REVIEW, input=given))["code"] == "FORBIDDEN"
    asked = [("outsider", world.gallery), ("moderator", absent("Gallery")), ("moderator", world.room)]
    answers = [await world.refused(who, REVIEW, input=given | {"galleryId": gallery}) for who, gallery in asked]
    assert answers == [answers[0]] * 3
    assert (answers[0]["code"], answers[0]["field"]) == ("NOT_FOUND", ["input", "galleryId"])


async def test_of_two_opposite_decisions_at_once_one_wins(world: World) -> None:
    """Rule 18: the other gets CONFLICT, and one event tells the new count."""
    media = await ids_of(world, POSTER)
    head = await log_head(world)
    given = {"galleryId": world.gallery, "mediaIds": media}
    answers = await asyncio.gather(
        *(
            world.query(who, REVIEW, input=given | {"decision": decision})
            for who in ("manager", "moderator") * 4
            for decision in ("APPROVE", "REJECT")
        )
    )
    (now,) = {result["status"] for result in [await node(world, "manager", media[0]) or {}]}
    codes = [outcomes(answer["reviewMedia"])[0] for answer in answers]
    assert sorted(codes) == ["CONFLICT"] * 8 + [now] * 8
    assert [event.kind for event in await events_since(world, head)] == ["MediaReviewed", "PendingCountChanged"]


async def test_switching_moderation_off_leaves_what_waits_waiting(world: World) -> None:
    """Rule 18."""
    off = update(Gallery).where(Gallery.id == local(world.gallery)).values(moderate_media=False)
    await change(world, off)
    assert await pending(world, "moderator") == (3, [CRANE, INTERVIEW, POSTER])
    media = await ids_of(world, CRANE)
    assert outcomes(await review(world, "moderator", "REJECT", *media)) == ["REJECTED"]


async def test_a_decision_is_told_to_whom_it_concerns(world: World) -> None:
    """Rules 16, 63, over sockets: only owner and reviewers receive a rejection, only reviewers the count."""
    poster, crane = await ids_of(world, POSTER, CRANE)
    sockets = [world.socket(who) for who in ("student-002", "student-001", "moderator")]
    async with sockets[0] as member, sockets[1] as owner, sockets[2] as reviewer:
        streams = [await each.subscribe(GALLERY_EVENTS, gallery=world.gallery) for each in (member, owner, reviewer)]
        for stream in streams:
            await is_live(stream)
        await review(world, "moderator", "REJECT", poster, reason=" Too\nblue ")
        await review(world, "manager", "APPROVE", crane)
        seen = [await next_event(streams[0])]
        mine = [await next_event(streams[1]) for _ in range(2)]
        all_of_it = [*await told(streams[2], "PendingCountChanged"), *await told(streams[2], "PendingCountChanged")]
    assert [(event["media"]["id"], event["reason"]) for event in seen] == [(crane, None)]
    assert [(event["media"]["status"], event["reason"]) for event in mine] == [
        ("REJECTED", "Too\nblue"), ("PUBLISHED", None),
    ]  # fmt: skip
    assert [event.get("pendingCount") for event in all_of_it] == [None, 2, None, 1]


async def test_what_a_reviewer_says_is_for_owner_and_reviewers(world: World) -> None:
    """Rules 16, 63: also for published media, live and replayed, with the viewer's rights at that time."""
    (poster,) = await ids_of(world, POSTER)
    heard: dict[str, list[str | None]] = {}
    after = beginning(world)
    async with AsyncExitStack() as sockets:
        streams = {}
        for who in ("student-002", "student-001", "moderator", "manager"):
            socket = await sockets.enter_async_context(world.socket(who))
            streams[who] = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
            await is_live(streams[who])
        await review(world, "moderator", "APPROVE", poster, reason="Better")
        for who, stream in streams.items():
            heard[who] = [(await told(stream, "MediaReviewed"))[-1]["reason"]]
        await give_role(world, "student-002", GalleryRole.MODERATOR)
        await give_role(world, "moderator", GalleryRole.MEMBER)
        for who in streams:
            replay = await sockets.enter_async_context(world.socket(who))
            again = await replay.subscribe(GALLERY_EVENTS, gallery=world.gallery, after=after)
            heard[who].append((await told(again, "MediaReviewed"))[-1]["reason"])
    assert heard == {
        "student-002": [None, "Better"],
        "student-001": ["Better", "Better"],
        "moderator": ["Better", None],
        "manager": ["Better", "Better"],
    }


async def test_each_decision_is_audited(world: World) -> None:
    """Rule 67: actor, target and role; refusals are audited too."""
    poster, crane = await ids_of(world, POSTER, CRANE)
    await review(world, "moderator", "REJECT", poster, crane)
    await review(world, "manager", "REJECT", poster)
    given = {"galleryId": world.gallery, "mediaIds": [poster], "decision": "APPROVE"}
    await world.refused("student-001", REVIEW, input=given)
    records = await world.database.reads.all(
        select(AuditRecord).where(AuditRecord.action == "reviewMedia").order_by(AuditRecord.id)
    )
    gallery = local(world.gallery)
    assert [(each.target_id, each.role, each.outcome) for each in records] == [
        (gallery, "MODERATOR", "DONE"), (local(poster), "MODERATOR", "DONE"), (local(crane), "MODERATOR", "DONE"),
        (gallery, "MANAGER", "DONE"), (gallery, None, "FORBIDDEN"),
    ]  # fmt: skip
