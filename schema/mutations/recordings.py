"""Mutations of recordings, with their inputs and payloads."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import recordings, reports
from resolvers.reports import Report, Reported
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.payloads import Payload, shown, told
from schema.mutations.targets import SESSION
from schema.types.enums import RecordingState
from schema.types.recordings import Recording, load_recordings


@strawberry.type(description="Answers `startRecording`.")
class StartRecordingPayload(Payload):
    recording: Recording | None = shown("The recording that is being made.", load_recordings)


@mutation(
    "Record a running session. For room moderators, inside or not. ALREADY_RECORDING, SESSION_ENDED.",
    on=SESSION,
    argument="Which session.",
    input_description="Which session to record.",
    payload=StartRecordingPayload,
    rate=RateKind.RECORDINGS,
)
async def start_recording(tx: Transaction, session_id: UUID) -> UUID:
    return await recordings.start_recording(tx, session_id)


@mutation_input("Which recording.")
class OnRecording(Keyed):
    recording_id: strawberry.ID = strawberry.field(description="The recording.")


RECORDING = Target("Recording", "recording_id", OnRecording)


@strawberry.type(description="Answers `endRecording`.")
class EndRecordingPayload(Payload):
    recording: Recording | None = shown("The recording, which is being processed.", load_recordings)


@mutation(
    "End a recording; it comes into the gallery once it is processed. For room moderators. NOT_RECORDING, SESSION_ENDED.",
    on=RECORDING,
    argument="Which recording.",
    input_description="Which recording to end. Named itself, so that a late retry cannot end the next one.",
    payload=EndRecordingPayload,
)
async def end_recording(tx: Transaction, recording_id: UUID) -> UUID:
    return await recordings.end_recording(tx, recording_id)


@mutation_input("What became of a recording. What is given is checked, whether its state needs it or not.")
class ReportRecordingInput(OnRecording):
    state: RecordingState = strawberry.field(description="PROCESSING, READY or FAILED.")
    url: str | None = strawberry.field(
        default=None, description="Where it can be fetched, an http(s) URL of at most 2,000 characters. READY needs it."
    )
    thumbnail_url: str | None = strawberry.field(
        default=None, description="Where its preview picture is: an http(s) URL with a host, at most 2,000 characters."
    )
    duration_seconds: int | None = strawberry.field(
        default=None, description="How long it is, 0 to 10,000,000. READY needs it."
    )
    ended_at: datetime | None = strawberry.field(
        default=None,
        description="When it ended, for one that the media server ended by itself; now if not given. A time before its "
        "start or after now is brought to these. Nothing once it has ended.",
    )
    failure_reason: str | None = strawberry.field(
        default=None, description="Why it was lost, for people: 1 to 1,000 characters of plain text. FAILED needs it."
    )


@strawberry.type(description="Answers `reportRecording`.")
class ReportRecordingPayload(Payload):
    state: RecordingState | None = told("How the recording stands after the report.", lambda outcome: outcome.state)
    recording: Recording | None = shown(
        "The recording; null where the caller does not see its room, as the media server's account does not.",
        load_recordings,
        lambda outcome: outcome.recording_id,
    )


@mutation(
    "Tell what became of a recording: for the media server's account alone, at any time, in any order and as often as it "
    "likes. READY puts it into the gallery and is final; what says less than is known changes nothing. INVALID.",
    on=RECORDING,
    argument="The report.",
    payload=ReportRecordingPayload,
)
async def report_recording(tx: Transaction, recording_id: UUID, input: ReportRecordingInput) -> Reported:
    return await reports.report_recording(tx, recording_id, _report(input))


def _report(input: ReportRecordingInput) -> Report:
    return Report(
        state=input.state,
        url=input.url,
        thumbnail_url=input.thumbnail_url,
        duration_seconds=input.duration_seconds,
        ended_at=input.ended_at,
        failure_reason=input.failure_reason,
    )
