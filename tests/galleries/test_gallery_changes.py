"""Updating and deleting a gallery (rules 1, 4, 14, 18, 20, 27, 63, 67)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from models.database.tables import metadata
from models.events.galleries import GalleryChanged
from models.tables.galleries import GalleryRole
from server.settings import Settings
from tests.support.admin_mutations import DELETE, UPDATE, UPDATE_SITE, another_gallery, as_admin
from tests.support.audit_records import audited
from tests.support.event_streams import EVENTS, STATUS, ending, every_stream, is_live
from tests.support.people import absent, events_since, give_role, id_of, log_head
from tests.support.world import World, open_world

PENDING = "query ($id: ID!) { gallery(by: {id: $id}) { pendingCount updatedAt } }"


async def update(world: World, **changes: Any) -> dict[str, Any]:
    return await world.mutate("manager", UPDATE, input={"galleryId": world.gallery} | changes)


async def refusal(world: World, document: str, **given: Any) -> tuple[str, list[str] | None]:
    refused = await world.refused("manager", document, input={"galleryId": world.gallery} | given)
    return refused["code"], refused["field"]


async def test_a_manager_changes_what_a_gallery_says_of_itself(world: World) -> None:
    """Rule 20: text is trimmed and an event is sent; omitted fields stay."""
    before = (await update(world))["gallery"]
    position = await log_head(world)
    changed = {"title": "  Typography ", "description": "Letters.\n", "externalId": "course-202"}
    after = (await update(world, **changed))["gallery"]
    expected = {"title": "Typography", "description": "Letters.", "externalId": "course-202"}
    assert after == before | expected
    told = [GalleryChanged(title="Typography", description="Letters.", moderate_media=True)]
    assert await events_since(world, position) == told
    found = await world.query("manager", 'query { gallery(by: {externalId: "course-202"}) { title } }')
    assert found["gallery"] == {"title": "Typography"}
    cleared = await update(world, description="", externalId="")
    assert (cleared["gallery"]["description"], cleared["gallery"]["externalId"]) == ("", None)


async def test_a_change_of_nothing_tells_nothing(world: World) -> None:
    position, before = await log_head(world), await world.query("manager", PENDING, id=world.gallery)
    same = await update(world, title=" Principles of Design", externalId=" course-101", moderateMedia=True)
    assert same["cursor"] is None
    assert await log_head(world) == position
    assert await world.query("manager", PENDING, id=world.gallery) == before


async def test_switching_moderation_off_leaves_pending_media_pending(world: World) -> None:
    """Rule 18."""
    gallery = (await update(world, moderateMedia=False))["gallery"]
    assert (gallery["moderateMedia"], gallery["pendingCount"]) == (False, 3)


async def test_bad_changes_are_refused(world: World) -> None:
    """Rules 14, 20: each refusal names the wrong field."""
    await another_gallery(world, await id_of(world, "manager"))
    cases = [
        ({"title": " "}, "INVALID", "title"),
        ({"title": "x" * 201}, "INVALID", "title"),
        ({"description": "x" * 5001}, "INVALID", "description"),
        ({"externalId": "x" * 256}, "INVALID", "externalId"),
        ({"externalId": "a\nb"}, "INVALID", "externalId"),
    ]
    for changes, code, field in cases:
        assert await refusal(world, UPDATE, **changes) == (code, ["input", field]), changes


async def test_a_used_external_id_is_a_conflict(world: World) -> None:
    """Rule 14: also among simultaneous mutations."""
    other = await another_gallery(world, await id_of(world, "manager"))
    used = await world.refused("manager", UPDATE, input={"galleryId": other, "externalId": "course-101"})
    assert (used["code"], used["field"]) == ("CONFLICT", ["input", "externalId"])
    given = [{"galleryId": gallery, "externalId": "course-303"} for gallery in (world.gallery, other)]
    answers = await asyncio.gather(*(world.query("manager", UPDATE, input=each) for each in given))
    errors = [error["code"] for answer in answers for error in answer["updateGallery"]["userErrors"]]
    assert errors == ["CONFLICT"]


@pytest.mark.parametrize("document", [UPDATE, DELETE], ids=["update", "delete"])
async def test_only_managers_change_or_delete_and_others_are_told_no_more_than_they_see(
    world: World, document: str
) -> None:
    """Rules 1, 4, 14, 67: a hidden gallery answers like an absent one, also to a site admin."""
    await give_role(world, "moderator", GalleryRole.MODERATOR)
    async with audited(world) as audit:
        for who in ("moderator", "student-001"):
            refused = await world.refused(who, document, input={"galleryId": world.gallery})
            assert (refused["code"], refused["field"]) == ("FORBIDDEN", ["input", "galleryId"])
        for who, scopes in (("outsider", ()), ("admin", ("enfilade:admin",))):
            answers = [
                await world.refused(who, document, *scopes, input={"galleryId": gallery})
                for gallery in (world.gallery, absent("Gallery"), world.room, "no id")
            ]
            assert all(answer == answers[0] for answer in answers)
            assert answers[0]["code"] == "NOT_FOUND"
    verb = "updateGallery" if document == UPDATE else "deleteGallery"
    tried = ("MANAGE_GALLERY", "gallery", None)
    assert audit.lines == [
        ("moderator", verb, *tried, "FORBIDDEN"),
        ("student-001", verb, *tried, "FORBIDDEN"),
        *[(who, verb, *tried, "NOT_FOUND") for who in ("outsider", "admin") for _ in range(2)],
    ]


async def test_deleting_leaves_nothing_and_ends_every_stream(world: World) -> None:
    """Rule 63: streams end at once, as after losing access; afterwards the id is unknown."""
    await world.enter("moderator", "student-001")
    await world.post("student-001", "early")
    other = await another_gallery(world, await id_of(world, "manager"))
    await as_admin(world, UPDATE_SITE, qnaDefault=False)
    async with world.socket("student-001") as socket:
        streams = await every_stream(world, socket)
        status = await socket.subscribe(STATUS, room=world.room)
        await status.next()
        given = {"galleryId": world.gallery, "endActiveSession": True}
        gone = await world.mutate("manager", DELETE, input=given)
        assert (gone["galleryId"], gone["cursor"]) == (world.gallery, None)
        for stream in (*streams, status):
            assert await ending(stream) == ([], "FORBIDDEN")
        again = await socket.subscribe(EVENTS, room=world.room)
        assert await ending(again) == ([], "NOT_FOUND")
    assert await rows_left(world) == {"galleries": 1, "rooms": 1, "memberships": 1, "log_entries": 3}
    refused = await world.refused("manager", DELETE, input={"galleryId": world.gallery})
    assert refused["code"] == "NOT_FOUND"
    left = await world.query("manager", "query ($id: ID!) { gallery(by: {id: $id}) { title } }", id=other)
    assert left["gallery"] == {"title": "Typography"}


async def test_streams_need_not_wait_for_the_next_poll_to_end(settings: Settings) -> None:
    """Rule 63: the deletion wakes the streams."""
    async with (
        open_world(settings.model_copy(update={"stream_poll_seconds": 3600})) as world,
        world.socket("student-001") as socket,
    ):
        stream = await socket.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        await world.mutate("manager", DELETE, input={"galleryId": world.gallery})
        assert await ending(stream) == ([], "FORBIDDEN")


async def rows_left(world: World) -> dict[str, int]:
    """Counts the remaining rows in tables that refer to a gallery."""
    about_others = {"users", "groups", "group_members", "site", "room_limits", "audit_records", "idempotency_keys"}
    about_others |= {"rate_limits", "rate_uses"}
    tables = [table for name, table in metadata.tables.items() if name not in about_others]
    counts = {table.name: await world.database.reads.value(select(func.count()).select_from(table)) for table in tables}
    return {name: count for name, count in counts.items() if count}


async def test_a_running_session_is_not_ended_unasked(world: World) -> None:
    """Rule 27: also on deletion, it must be ended explicitly."""
    await world.enter("moderator")
    assert await refusal(world, DELETE) == ("ROOM_HAS_ACTIVE_SESSION", ["input", "galleryId"])
    await world.mutate("manager", DELETE, input={"galleryId": world.gallery, "endActiveSession": True})


async def test_a_retry_of_a_deletion_gives_the_same_answer(world: World) -> None:
    """Rule 62."""
    given = {"galleryId": world.gallery, "idempotencyKey": "delete"}
    answers = [await world.mutate("manager", DELETE, input=given) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["galleryId"] == world.gallery
