"""Reports of the media server about recordings, until they are in the gallery (rules 57, 58).

Reports may arrive twice, late and out of order. READY is final and replaces every other state.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.access.recordings import RecordingAccess, access_recording
from models.database.transaction import Transaction
from models.errors import Invalid
from models.events.recordings import RecordingReady
from models.permissions import Permission
from models.storage.base import new_id
from models.tables.deadlines import DeadlineKind, clear_deadlines
from models.tables.media import MediaFacts, MediaKind, MediaStatus
from models.tables.recordings import RecordingFacts, RecordingState
from models.values.checks import all_invalid
from models.values.moments import clean_moment
from models.values.text import TITLE_LIMIT, clean_text, shortened
from models.values.urls import clean_url
from resolvers.media_changes import clean_duration, insert_media
from resolvers.recordings import await_report, change_recording, fail_recording, stop_recording

REASON_LIMIT = 1_000
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the media server about a recording."""

    state: RecordingState
    url: str | None
    thumbnail_url: str | None
    duration_seconds: int | None
    ended_at: datetime | None
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class Reported:
    """The recording, and its state after the report."""

    recording_id: UUID
    state: RecordingState


async def report_recording(tx: Transaction, recording_id: UUID, report: Report) -> Reported:
    """Stores a report of the media server. A repeated or outdated report succeeds without effect. Raises INVALID."""
    access = await access_recording(tx, recording_id, Permission.REPORT_RECORDING, "input", "recordingId")
    report = _checked(report)
    recording = access.recording
    if recording.state is RecordingState.RECORDING:  # The media server ended the recording by itself (rule 58).
        recording = await stop_recording(tx, recording, _ended_at(tx, recording, report))
    return Reported(recording_id, await _take(tx, access, recording, report))


async def _take(tx: Transaction, access: RecordingAccess, known: RecordingFacts, report: Report) -> RecordingState:
    match known.state, report.state:
        case RecordingState.PROCESSING, RecordingState.PROCESSING:
            await await_report(tx, known)
        case RecordingState.PROCESSING, RecordingState.FAILED:
            await fail_recording(tx, known.id, report.failure_reason or "")
        case ((RecordingState.PROCESSING | RecordingState.FAILED), RecordingState.READY):
            await _publish(tx, access, report)
        case _:
            return known.state
    return report.state


async def _publish(tx: Transaction, access: RecordingAccess, report: Report) -> None:
    """Inserts the recording's medium (rule 57). This happens only once, because READY is final."""
    recording = access.recording
    seconds = clean_duration(MediaKind.VIDEO, report.duration_seconds)
    media = MediaFacts(
        id=new_id(),
        gallery_id=recording.gallery_id,
        title=title_of(access.gallery_title, recording.started_at),
        description="",
        kind=MediaKind.VIDEO,
        status=MediaStatus.PUBLISHED,
        duration_seconds=seconds,
        tags=[],
        owner_id=recording.started_by,
        url=report.url,
        thumbnail_url=report.thumbnail_url,
        recording_id=recording.id,
        created_at=tx.now,
        published_at=tx.now,
    )
    await insert_media(tx, media)
    values = {"state": RecordingState.READY, "duration_seconds": seconds, "failure_reason": None}
    ready = await change_recording(tx, recording.id, values)
    await clear_deadlines(tx, DeadlineKind.RECORDING, [recording.id])
    await tx.record(ready.gallery_id, RecordingReady(recording=ready))


def title_of(gallery: str, started_at: datetime) -> str:
    """Returns the title of a recording in its gallery. The time is in UTC, because galleries have no time zone."""
    at = f", {started_at.day} {MONTHS[started_at.month - 1]} {started_at.year}, {started_at:%H:%M} UTC"
    return shortened(gallery, TITLE_LIMIT - len(at)) + at


def _checked(report: Report) -> Report:
    """Validates all given fields, and raises INVALID if a field is missing that the state needs."""
    ready, failed = report.state is RecordingState.READY, report.state is RecordingState.FAILED
    with all_invalid() as check:
        check(_check_state, report.state)
        check(_check_given, report.url, "url", RecordingState.READY, needed=ready)
        check(_check_given, report.duration_seconds, "durationSeconds", RecordingState.READY, needed=ready)
        check(_check_given, report.failure_reason, "failureReason", RecordingState.FAILED, needed=failed)
        checked = Report(
            state=report.state,
            url=check.given(clean_url, report.url, "input", "url"),
            thumbnail_url=check.given(clean_url, report.thumbnail_url, "input", "thumbnailUrl"),
            duration_seconds=check(_seconds, report.duration_seconds),
            ended_at=check.given(clean_moment, report.ended_at, "input", "endedAt"),
            failure_reason=check.given(_reason, report.failure_reason),
        )
    return checked  # noqa: RET504  the block raises at its end


def _check_state(state: RecordingState) -> None:
    if state is RecordingState.RECORDING:
        raise Invalid("Report one of the states PROCESSING, READY or FAILED.", "input", "state")


def _check_given(value: object, name: str, state: RecordingState, *, needed: bool) -> None:
    if needed and value is None:
        raise Invalid(f"This is required for {state}.", "input", name)


def _seconds(seconds: int | None) -> int | None:
    return None if seconds is None else clean_duration(MediaKind.VIDEO, seconds)


def _reason(value: str) -> str:
    return clean_text(value, REASON_LIMIT, "input", "failureReason")


def _ended_at(tx: Transaction, recording: RecordingFacts, report: Report) -> datetime:
    # The media server's clock can differ from ours, so this limits the reported time instead of refusing the report.
    return max(recording.started_at, min(report.ended_at or tx.now, tx.now))
