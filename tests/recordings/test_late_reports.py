"""Reports that come unexpectedly, late or never: each recording ends up once in the gallery (rules 40, 57, 58)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from models.database.transaction import Transaction
from models.tables.people import User
from resolvers.recordings import NO_REPORT, REPORTED_WITHIN, give_up_recording
from server.accounts import THE_SERVER
from tests.support.media import REMOVE
from tests.support.people import absent, configure, events_since, id_of, local, log_head
from tests.support.recordings import (
    FAILED,
    OUTCOMES,
    PROCESSING,
    READY,
    STOP,
    act,
    deadlines,
    kinds,
    locked,
    open_session,
    ready,
    recorded,
    report,
    seen,
    start,
    stop,
)
from tests.support.stored_state import read_state
from tests.support.world import END, World


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_one_that_the_media_server_ended_by_itself_is_finalised(world: World, outcome: str) -> None:
    """Rule 58: the next recording can start; RecordingEnded is sent before the outcome."""
    session = await open_session(world)
    recording = await start(world, "moderator", session)
    head = await log_head(world)
    await report(world, recording, **OUTCOMES[outcome])
    told = {"PROCESSING": [], "FAILED": ["RecordingFailed"], "READY": ["MediaAdded", "RecordingReady"]}
    assert kinds(await events_since(world, head)) == ["RecordingEnded", *told[outcome]]
    found = await seen(world, recording)
    assert found["state"] == outcome
    assert found["endedAt"]
    assert (await world.refused("moderator", STOP, input={"recordingId": recording}))["code"] == "NOT_RECORDING"
    await start(world, "moderator", session)


async def test_when_it_ended_is_the_media_servers_to_say_if_it_ended_it(world: World) -> None:
    """Rule 58: within limits, because clocks differ; and not if the recording had already ended."""
    session = await open_session(world)
    for ahead, expected in ((-3600, "startedAt"), (3600, "now"), (None, "now")):
        recording = await start(world, "moderator", session)
        earliest = datetime.now(UTC)
        at = None if ahead is None else (earliest + timedelta(seconds=ahead)).isoformat()
        await report(world, recording, **PROCESSING, endedAt=at)
        found = await seen(world, recording)
        if expected == "startedAt":
            assert found["endedAt"] == found["startedAt"]
        else:
            assert earliest <= datetime.fromisoformat(found["endedAt"]) <= datetime.now(UTC)
        await report(world, recording, **READY, endedAt=found["startedAt"])
        assert (await seen(world, recording))["endedAt"] == found["endedAt"]
    recording = await start(world, "moderator", session)
    started_at = datetime.fromisoformat((await seen(world, recording))["startedAt"])
    between = started_at + (datetime.now(UTC) - started_at) / 2
    await report(world, recording, **READY, endedAt=between.replace(tzinfo=None).isoformat())
    assert datetime.fromisoformat((await seen(world, recording))["endedAt"]) == between


async def test_a_report_may_come_after_the_session_and_the_room(world: World) -> None:
    """Rules 40, 57: after the end, after the room was disabled, and during the next session."""
    session = await open_session(world)
    recordings = []
    for _ in range(2):
        recordings.append(await start(world, "moderator", session))
        await stop(world, "moderator", recordings[-1])
    recordings.append(await start(world, "moderator", session))
    await world.mutate("moderator", END, session=session)
    assert (await ready(world, recordings[0]))["media"]
    await configure(world, enabled=False)
    assert (await ready(world, recordings[1]))["media"]
    await configure(world, enabled=True)
    running = await start(world, "moderator", await open_session(world))
    assert (await ready(world, recordings[2]))["media"]
    assert (await seen(world, running))["state"] == "RECORDING"


async def test_one_whose_starter_is_gone_belongs_to_nobody(world: World) -> None:
    """Rule 57: deleting an account deletes no recording."""
    await configure(world, roomModeratorIds=[await id_of(world, "guest")])
    recording = await recorded(world, "guest")
    gone = delete(User).where(User.subject == "guest")
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    found = await ready(world, recording)
    assert (found["startedBy"], found["media"]["owner"]) == (None, None)


async def test_what_was_removed_is_not_made_again(world: World) -> None:
    """Rule 57: a gallery manager can remove the medium, and later reports do not add it again."""
    recording = await recorded(world)
    medium = (await ready(world, recording))["media"]["id"]
    await world.mutate("manager", REMOVE, input={"mediaId": medium})
    before = await read_state(world.database)
    assert (await report(world, recording, **READY))["state"] == "READY"
    assert await read_state(world.database) == before
    found = await seen(world, recording)
    assert (found["state"], found["media"]) == ("READY", None)


async def test_one_of_which_no_report_comes_is_given_up(world: World) -> None:
    """Rule 58: it fails with a reason; a report that arrives later still adds it to the gallery."""
    recording = await recorded(world)
    head = await log_head(world)
    await give_it_up(world, recording)
    found = await seen(world, recording)
    assert (found["state"], found["failureReason"]) == ("FAILED", NO_REPORT)
    assert kinds(await events_since(world, head)) == ["RecordingFailed"]
    assert await deadlines(world) == []
    found = await ready(world, recording)
    assert (found["state"], found["failureReason"]) == ("READY", None)
    assert found["media"]


async def test_giving_up_leaves_alone_what_is_being_made_or_was_reported(world: World) -> None:
    """Rule 58: also if the deadline falls due at that moment; a recording is given up only once."""
    session = await open_session(world)
    recordings = [await start(world, "moderator", session)]
    for said in (FAILED, READY):
        await report(world, recordings[-1], **said)
        recordings.append(await start(world, "moderator", session))
    before = await read_state(world.database)
    for recording in (*recordings, absent("Recording")):
        await give_it_up(world, recording)
    assert await read_state(world.database) == before


async def give_it_up(world: World, recording: str) -> None:
    async def work(tx: Transaction) -> None:
        await locked(tx, world)
        await give_up_recording(tx, local(recording))

    await act(world, work)


async def test_a_report_that_it_is_being_processed_gives_it_more_time(world: World) -> None:
    """Rule 58: the day starts again with each report."""
    recording = await recorded(world)
    (first,) = await deadlines(world)
    world.clock.advance(seconds=600)
    await report(world, recording, **PROCESSING)
    (later,) = await deadlines(world)
    assert timedelta(seconds=600) <= later.due_at - first.due_at < timedelta(seconds=700)
    assert later.due_at - world.clock() <= REPORTED_WITHIN
