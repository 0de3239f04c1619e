"""Recordings: starting, ending, failing and reading them (rules 56 to 58).

The media server reports the results of ended recordings; see resolvers/reports.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from models.access.recordings import access_recording, must_be_running
from models.access.rights import SEES_ROOM
from models.access.rooms import access_session
from models.database.transaction import Snapshot, Transaction
from models.errors import AlreadyRecording
from models.events.recordings import RecordingEnded, RecordingFailed, RecordingStarted
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.storage.paging import Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow, among
from models.tables.deadlines import DeadlineKind, clear_deadlines, set_deadline
from models.tables.galleries import Gallery
from models.tables.recordings import Recording, RecordingFacts, RecordingState
from models.tables.sessions import RoomSession

REPORTED_WITHIN = timedelta(hours=24)
"""How long to wait for the media server's report of an ended recording. This is enough for an outage overnight."""
NO_REPORT = "The media server did not report the recording's result."


async def start_recording(tx: Transaction, session_id: UUID) -> UUID:
    """Starts to record the running session, and returns the recording's id (rule 56).

    Raises ALREADY_RECORDING, SESSION_ENDED.
    """
    access = await access_session(tx, session_id, Permission.RECORD, "input", "sessionId")
    assert access.open_session
    if access.open_session.recording_id is not None:
        raise AlreadyRecording("This session is already being recorded.", "input", "sessionId")
    recording = RecordingFacts(
        id=new_id(),
        gallery_id=access.room.gallery_id,
        session_id=session_id,
        state=RecordingState.RECORDING,
        started_at=tx.now,
        started_by=tx.viewer.id,
        ended_at=None,
        duration_seconds=None,
        failure_reason=None,
    )
    await tx.add(Recording, **asdict(recording))
    await _note_in_session(tx, session_id, recording.id)
    await tx.record(recording.gallery_id, RecordingStarted(recording=recording))
    return recording.id


async def end_recording(tx: Transaction, recording_id: UUID) -> UUID:
    """Ends a recording, which is then processed, and returns its id. Raises NOT_RECORDING, SESSION_ENDED."""
    access = await access_recording(tx, recording_id, Permission.RECORD, "input", "recordingId")
    must_be_running(access.recording, access.session, "input", "recordingId")
    await stop_recording(tx, access.recording, tx.now)
    return recording_id


_RUNNING = select(*columns(RecordingFacts, Recording)).where(
    Recording.session_id == bindparam("session"), Recording.state == RecordingState.RECORDING
)


async def end_recording_of(tx: Transaction, session_id: UUID) -> None:
    """Ends the running recording of a session that ends, if there is one (rule 58)."""
    row = await tx.row(_RUNNING, {"session": session_id})
    if row is not None:
        await stop_recording(tx, read_facts(RecordingFacts, row), tx.now)


async def stop_recording(tx: Transaction, recording: RecordingFacts, ended_at: datetime) -> RecordingFacts:
    """Ends a running recording, in any way, and returns its facts.

    The next recording can then start. A deadline is set for the media server's report.
    """
    ended = await change_recording(tx, recording.id, {"state": RecordingState.PROCESSING, "ended_at": ended_at})
    await _note_in_session(tx, ended.session_id, None)
    await await_report(tx, ended)
    await tx.record(ended.gallery_id, RecordingEnded(recording=ended))
    return ended


async def await_report(tx: Transaction, recording: RecordingFacts) -> None:
    """Sets the deadline after which the recording fails without a report."""
    due_at = tx.now + REPORTED_WITHIN
    await set_deadline(tx, DeadlineKind.RECORDING, recording.id, recording.gallery_id, due_at)


async def give_up_recording(tx: Transaction, recording_id: UUID) -> None:
    """Marks a recording as failed if no report of it came in time (rule 58). A reported recording stays unchanged.

    The caller holds the gallery's lock.
    """
    waiting = select(Recording.id).where(Recording.id == recording_id, Recording.state == RecordingState.PROCESSING)
    if await tx.value(waiting) is not None:
        await fail_recording(tx, recording_id, NO_REPORT)


async def fail_recording(tx: Transaction, recording_id: UUID, reason: str) -> None:
    """Marks a recording as failed, and records the event (rule 58)."""
    failed = await change_recording(tx, recording_id, {"state": RecordingState.FAILED, "failure_reason": reason})
    await clear_deadlines(tx, DeadlineKind.RECORDING, [recording_id])
    await tx.record(failed.gallery_id, RecordingFailed(recording=failed))


async def change_recording(tx: Transaction, recording_id: UUID, values: Mapping[str, Any]) -> RecordingFacts:
    """Updates the recording's row, and returns its facts."""
    statement = update(Recording).where(Recording.id == recording_id).values(**values)
    return read_facts(RecordingFacts, await tx.row(statement.returning(*columns(RecordingFacts, Recording))))


async def _note_in_session(tx: Transaction, session_id: UUID, recording_id: UUID | None) -> None:
    await tx.execute(update(RoomSession).where(RoomSession.id == session_id).values(recording_id=recording_id))


_SEEN = select(*columns(RecordingFacts, Recording)).join(Gallery, Gallery.id == Recording.gallery_id).where(SEES_ROOM)
_BY_ID = _SEEN.where(among(Recording.id))
_IN_ORDER = (Key(Recording.id),)


async def recordings_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, RecordingFacts]:
    """Returns the recordings whose room the viewer sees."""
    rows = await snapshot.rows(_BY_ID, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: read_facts(RecordingFacts, row) for row in rows}


async def recordings_of(
    snapshot: Snapshot, sessions: Sequence[UUID], arguments: PageArguments
) -> dict[UUID, Page[AnyRow]]:
    """Returns a page of the recordings of each session whose room the viewer sees, oldest first. Runs one statement.

    A row has the fields of RecordingFacts.
    """
    arguments.checked()
    given, listed = {"viewer": snapshot.viewer.id}, cast("Select[Any]", _SEEN)
    return await page_each(snapshot, listed, Recording.session_id, sessions, _IN_ORDER, arguments, given)
