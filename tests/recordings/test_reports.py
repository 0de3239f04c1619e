"""Reports of the media server on recordings, until these are in the gallery (rules 15, 20, 56 to 58, 62)."""

import asyncio
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import select, update

from models.tables.galleries import Gallery
from models.tables.media import Media
from models.values.text import TITLE_LIMIT
from resolvers.reports import title_of
from server.app import open_database
from server.settings import Settings
from tests.support.media import listed
from tests.support.people import change, configure, events_since, id_of, local, log_head
from tests.support.processes import ServerProcess, client_of
from tests.support.recordings import (
    FAILED,
    MEDIA_SERVER,
    OUTCOMES,
    PROCESSING,
    READY,
    REPORT,
    START,
    STOP,
    deadlines,
    kinds,
    open_session,
    ready,
    recorded,
    refuse,
    report,
    seen,
    start,
    stop,
)
from tests.support.statement_counts import statements_of
from tests.support.stored_state import fold_all, read_state
from tests.support.world import ENTER, World


async def media_of(world: World, recording: str) -> int:
    """Counts the media of a recording, from the table."""
    return len(await world.database.reads.values(select(Media.id).where(Media.recording_id == local(recording))))


async def test_a_recording_that_is_ready_is_in_the_gallery(world: World) -> None:
    """Rule 57: published, titled by gallery and time, owned by the person who started it."""
    recording = await recorded(world)
    head = await log_head(world)
    payload = await report(world, recording, **READY, thumbnailUrl="https://media.example/picture")
    assert (payload["state"], bool(payload["cursor"])) == ("READY", True)
    found = await seen(world, recording)
    assert (found["state"], found["durationSeconds"], found["failureReason"]) == ("READY", 61, None)
    medium = found["media"]
    assert medium.pop("id")
    assert medium == {
        "title": title_of("Principles of Design", datetime.fromisoformat(found["startedAt"])),
        "description": "",
        "kind": "VIDEO",
        "status": "PUBLISHED",
        "durationSeconds": 61,
        "tags": [],
        "url": "https://media.example/recorded",
        "thumbnailUrl": "https://media.example/picture",
        "owner": {"name": "Timo Assistant"},
        "recording": {"id": recording},
    }
    assert kinds(await events_since(world, head)) == ["MediaAdded", "RecordingReady"]
    assert await deadlines(world) == []
    for given in ({"recordingsOnly": True}, {"search": "principles utc"}):
        assert (await listed(world, "student-020", filter=given)) == [medium["title"]]


async def test_it_is_published_in_a_moderated_gallery_by_whoever_it_was_started(world: World) -> None:
    """Rules 11, 57: also if a guest started it, who could not add media; it does not wait for review."""
    await configure(world, roomModeratorIds=[await id_of(world, "guest")])
    recording = await recorded(world, "guest")
    head = await log_head(world)
    found = await ready(world, recording)
    assert (found["media"]["status"], found["media"]["owner"]) == ("PUBLISHED", {"name": "guest"})
    assert "PendingCountChanged" not in kinds(await events_since(world, head))
    assert (await seen(world, recording, "guest"))["media"] is None  # a guest does not see the gallery's media


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "running"])
async def test_reports_may_come_in_any_order_and_twice(world: World, *, ended: bool) -> None:
    """Rules 57, 58: once READY, a recording has exactly one medium, whatever was reported before or after."""
    session = await open_session(world)
    for told in product(OUTCOMES, repeat=3):
        recording = await start(world, "moderator", session)
        if ended:
            await stop(world, "moderator", recording)
        for place, said in enumerate(told):
            known = best(told[: place + 1])
            payload = await report(world, recording, **OUTCOMES[said])
            assert payload["state"] == known, told
            news = known != best(told[:place]) or (place == 0 and not ended)
            assert bool(payload["cursor"]) is news, told
        found = await seen(world, recording)
        assert found["state"] == best(told), told
        assert bool(found["failureReason"]) is (best(told) == "FAILED"), told
        assert await media_of(world, recording) == int("READY" in told), told
    assert len(await deadlines(world)) == 1  # of the recording whose only report was PROCESSING


def best(told: tuple[str, ...]) -> str:
    return next((state for state in ("READY", "FAILED") if state in told), "PROCESSING")


async def test_ready_is_final(world: World) -> None:
    """Rule 57: later reports succeed and change nothing."""
    recording = await recorded(world)
    found = await ready(world, recording)
    before = await read_state(world.database)
    for said in (READY, PROCESSING, FAILED, READY | {"url": "https://media.example/other", "durationSeconds": 9}):
        payload = await report(world, recording, **said)
        assert (payload["state"], payload["cursor"]) == ("READY", None)
    assert await read_state(world.database) == before
    assert await seen(world, recording) == found


async def test_the_first_reason_of_a_failure_stays(world: World) -> None:
    """Rule 58: everyone who sees the room can read it."""
    recording = await recorded(world)
    head = await log_head(world)
    await report(world, recording, **FAILED)
    await report(world, recording, state="FAILED", failureReason="I do not know.")
    await report(world, recording, **PROCESSING)
    for who in ("manager", "student-020"):
        found = await seen(world, recording, who)
        assert (found["state"], found["failureReason"], found["media"]) == ("FAILED", "The disk is full.", None)
    assert kinds(await events_since(world, head)) == ["RecordingFailed"]
    assert await deadlines(world) == []


async def test_simultaneous_reports_make_one_medium(world: World) -> None:
    """Rule 57."""
    recording = await recorded(world)
    before, head = await read_state(world.database), await log_head(world)
    given = {"recordingId": recording, **READY}
    answers = await asyncio.gather(*(world.query("recorder", REPORT, MEDIA_SERVER, input=given) for _ in range(20)))
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert [each["reportRecording"]["userErrors"] for each in answers] == [[]] * 20
    assert kinds(await events_since(world, head)) == ["MediaAdded", "RecordingReady"]
    assert await media_of(world, recording) == 1


@pytest.mark.second_tier
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_two_servers_make_one_recording_and_one_medium(settings: Settings) -> None:
    """Rules 56, 57: on whichever server."""
    database = open_database(settings)
    with ServerProcess(settings) as one, ServerProcess(settings) as other:
        async with client_of(one) as first, client_of(other) as second:
            entered = await first.query("moderator", ENTER, room=first.room)
            session = {"input": {"sessionId": entered["enterRoom"]["session"]["id"]}}
            before = await read_state(database)
            asked = [first, second] * 10
            starts = await asyncio.gather(*(each.query("moderator", START, **session) for each in asked))
            made = [each["startRecording"]["recording"] for each in starts if each["startRecording"]["recording"]]
            assert len(made) == 1
            given = {"input": {"recordingId": made[0]["id"]}}
            await first.query("moderator", STOP, **given)
            given["input"] |= READY
            reports = await asyncio.gather(*(each.query("recorder", REPORT, MEDIA_SERVER, **given) for each in asked))
            assert {each["reportRecording"]["state"] for each in reports} == {"READY"}
            assert await fold_all(database, before) == await read_state(database)
            found = await database.reads.values(select(Media.id).where(Media.recording_id == local(made[0]["id"])))
            assert len(found) == 1
    await database.close()


async def test_a_retried_report_is_answered_alike(world: World) -> None:
    """Rule 62: with and without a key; the cursor is the same only with one."""
    recording = await recorded(world)
    key = {"idempotencyKey": "key"}
    first = await report(world, recording, **READY, **key)
    assert await report(world, recording, **READY, **key) == first
    assert (await refuse(world, recording, **FAILED, **key))["code"] == "IDEMPOTENCY_MISMATCH"
    assert (await report(world, recording, **READY))["cursor"] is None


async def test_a_long_title_is_cut_for_the_time(world: World) -> None:
    """Rules 20, 57: so that the medium's title keeps its limit."""
    long = "\u00c9" * TITLE_LIMIT
    await change(world, update(Gallery).where(Gallery.id == local(world.gallery)).values(title=long))
    title = (await ready(world, await recorded(world)))["media"]["title"]
    assert len(title) == TITLE_LIMIT
    assert title.startswith("\u00c9\u00c9")
    assert "\u2026, " in title
    assert title.endswith(" UTC")


def test_a_recording_is_titled_after_gallery_and_time() -> None:
    """Rule 57."""
    at = datetime(2026, 11, 23, 14, 5, 59, tzinfo=UTC)
    assert title_of("Principles of Design", at) == "Principles of Design, 23 November 2026, 14:05 UTC"
    assert [title_of("", at.replace(month=month)).split()[2] for month in (1, 7, 12)] == ["January", "July", "December"]


BRIEF = "mutation ($input: ReportRecordingInput!) { reportRecording(input: $input) { state userErrors { code } } }"


async def test_a_report_costs_the_same_in_a_large_gallery(world: World) -> None:
    """The number of statements is constant; most are those for the medium."""
    costs = []
    for _ in range(3):
        given = {"recordingId": await recorded(world), **READY}
        ran = await statements_of(world, "recorder", BRIEF, given, MEDIA_SERVER)
        costs.append(len([each for each in ran if not each.startswith("BEGIN")]))
    assert costs == [costs[0]] * 3
    assert costs[0] <= 10
