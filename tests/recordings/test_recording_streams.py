"""The subscription to a gallery's recordings, and other streams with these events (rules 4, 11, 56, 57, 60, 63)."""

from typing import Any

import pytest

from models.tables.galleries import GalleryRole
from tests.support.event_streams import EVENTS, Event, beginning, ending, is_live, next_event
from tests.support.media import GALLERY_EVENTS
from tests.support.people import absent, configure, give_role, id_of
from tests.support.recordings import FAILED, READY, RECORDINGS, open_session, recorded, report, seen, start, stop
from tests.support.world import Subscribed, World

LIFE = ["RecordingStarted", "RecordingEnded", "RecordingReady"]


async def told(stream: Subscribed, count: int) -> list[Event]:
    return [await next_event(stream) for _ in range(count)]


def kinds(events: list[Event]) -> list[str]:
    return [event["__typename"] for event in events]


@pytest.mark.parametrize("who", ["student-020", "manager"])
async def test_a_recording_is_followed_from_the_button_to_the_gallery(world: World, who: str) -> None:
    """Rules 56, 57: live, for every member of the gallery, inside or not, and without other events."""
    session = await open_session(world)
    async with world.socket(who) as socket:
        stream = await socket.subscribe(RECORDINGS, gallery=world.gallery)
        await is_live(stream)
        recording = await start(world, "moderator", session)
        await world.post("moderator", "We are on air.")
        await stop(world, "moderator", recording)
        await report(world, recording, **READY)
        events = await told(stream, 3)
        assert kinds(events) == LIFE
        assert [event["recording"]["state"] for event in events] == ["RECORDING", "PROCESSING", "READY"]
        assert [event["recording"]["media"] for event in events[:2]] == [None, None]
        medium = (await seen(world, recording))["media"]
        assert events[2]["recording"]["media"] == {"title": medium["title"], "url": READY["url"]}
        lost = await start(world, "moderator", session)
        await report(world, lost, **FAILED)
        events = await told(stream, 3)
        assert kinds(events) == ["RecordingStarted", "RecordingEnded", "RecordingFailed"]
        assert events[2]["recording"]["failureReason"] == FAILED["failureReason"]


async def test_a_stream_of_recordings_goes_on_where_it_was(world: World) -> None:
    """Rule 60: from any cursor, also a checkpoint's, each event once and in order."""
    recording = await recorded(world)
    await report(world, recording, **READY)
    async with world.socket("student-020") as socket:
        whole = await told(await socket.subscribe(RECORDINGS, gallery=world.gallery, after=beginning(world)), 3)
        assert kinds(whole) == LIFE
        for place in range(3):
            after = whole[place]["cursor"]
            rest = await socket.subscribe(RECORDINGS, gallery=world.gallery, after=after)
            found = await told(rest, 2 - place)
            assert [(each["__typename"], each["cursor"]) for each in found] == [
                (each["__typename"], each["cursor"]) for each in whole[place + 1 :]
            ]
            checkpoint = await is_live(rest)
        again = await socket.subscribe(RECORDINGS, gallery=world.gallery, after=checkpoint)
        await start(world, "moderator", await open_session(world))
        assert kinds(await told(again, 1)) == ["RecordingStarted"]
        assert await ending(await socket.subscribe(RECORDINGS, gallery=world.gallery, after="x")) == (
            [],
            "CURSOR_INVALID",
        )


async def test_the_stream_is_for_the_gallerys_members(world: World) -> None:
    """Rules 4, 11: for other people, also guests of the room, the gallery does not exist."""
    await configure(world, roomModeratorIds=[await id_of(world, "guest")])
    recording = await recorded(world, "guest")
    for who in ("outsider", "guest"):
        async with world.socket(who) as socket:
            for gallery in (world.gallery, absent("Gallery"), world.room, "no id"):
                stream = await socket.subscribe(RECORDINGS, gallery=gallery, after=beginning(world))
                assert await ending(stream) == ([], "NOT_FOUND"), (who, gallery)
    async with world.socket("guest") as socket:
        await report(world, recording, **READY)
        events = await told(await socket.subscribe(EVENTS, room=world.room, after=beginning(world)), 15)
        assert [kind for kind in kinds(events) if kind.startswith("Recording")] == LIFE


async def test_the_stream_ends_with_membership(world: World) -> None:
    """Rule 63: before any later event."""
    session = await open_session(world)
    await give_role(world, "auditor", GalleryRole.MEMBER)
    async with world.socket("auditor") as socket:
        stream = await socket.subscribe(RECORDINGS, gallery=world.gallery)
        await is_live(stream)
        remove = """mutation ($input: RemoveGalleryMemberInput!) { removeGalleryMember(input: $input) {
          userErrors { code message field } } }"""
        given = {"galleryId": world.gallery, "principalId": await id_of(world, "auditor")}
        await world.mutate("manager", remove, input=given)
        await start(world, "moderator", session)
        assert await ending(stream) == ([], "FORBIDDEN")


async def test_the_gallerys_stream_tells_of_recordings_and_their_media(world: World) -> None:
    """Rule 57: MediaAdded comes before RecordingReady."""
    recording = await recorded(world)
    async with world.socket("student-020") as socket:
        stream = await socket.subscribe(GALLERY_EVENTS, gallery=world.gallery)
        await is_live(stream)
        await report(world, recording, **READY)
        assert kinds(await told(stream, 2)) == ["MediaAdded", "RecordingReady"]


STATUS = """subscription ($room: ID!) { roomStatus(roomId: $room) { state recording { id state } } }"""


def shown(state: str, recording: str | None) -> dict[str, Any]:
    return {"state": state, "recording": recording and {"id": recording, "state": "RECORDING"}}


async def test_the_rooms_badge_tells_what_is_recorded(world: World) -> None:
    """Rules 56, 58: at once, and after each start and end; also for late joiners."""
    session = await open_session(world)
    async with world.socket("student-020") as early, world.socket("student-001") as late:
        stream = await early.subscribe(STATUS, room=world.room)
        assert await stream.next() == shown("OPEN", None)
        recording = await start(world, "moderator", session)
        assert await stream.next() == shown("OPEN", recording)
        await world.enter("student-001")
        assert await stream.next() == shown("OPEN", recording)
        joined = await late.subscribe(STATUS, room=world.room)
        assert await joined.next() == shown("OPEN", recording)
        await report(world, recording, **READY)
        assert [await stream.next(), await joined.next()] == [shown("OPEN", None)] * 2
        recording = await start(world, "moderator", session)
        assert await stream.next() == shown("OPEN", recording)
        await stop(world, "moderator", recording)
        assert await stream.next() == shown("OPEN", None)
