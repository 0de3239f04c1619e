"""What can be done with recordings: inputs, payloads and mutations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from resolvers import recordings, reports
from resolvers.reports import Report, Reported
from schema.context import Info
from schema.execution.ahead import relation
from schema.mutations.mutate import KEY, mutate
from schema.mutations.payloads import Payload
from schema.mutations.targets import ToSession, to_session
from schema.types.enums import RecordingState
from schema.types.ids import local_id
from schema.types.recordings import Recording, load_recordings


@strawberry.input(description="Which session to record.")
class StartRecordingInput(ToSession):
    pass


@strawberry.input(description="Which recording to end. Named itself, so that a late retry cannot end the next one.")
class EndRecordingInput:
    recording_id: strawberry.ID = strawberry.field(description="The recording.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(
    description="What became of a recording. What is given is checked, whether its state needs it or not."
)
class ReportRecordingInput:
    recording_id: strawberry.ID = strawberry.field(description="The recording.")
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
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Answers `startRecording`.")
class StartRecordingPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The recording that is being made.")
    @staticmethod
    async def recording(payloads: Sequence["StartRecordingPayload"], snapshot: Snapshot) -> Sequence[Recording | None]:
        return await load_recordings(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `endRecording`.")
class EndRecordingPayload(Payload):
    outcome: strawberry.Private[UUID | None] = None

    @relation("The recording, which is being processed.")
    @staticmethod
    async def recording(payloads: Sequence["EndRecordingPayload"], snapshot: Snapshot) -> Sequence[Recording | None]:
        return await load_recordings(snapshot, [each.outcome for each in payloads])


@strawberry.type(description="Answers `reportRecording`.")
class ReportRecordingPayload(Payload):
    outcome: strawberry.Private[Reported | None] = None

    @strawberry.field(description="How the recording stands after the report.")
    def state(self) -> RecordingState | None:
        return self.outcome.state if self.outcome else None

    @relation("The recording; null for whoever does not see its room, as the media server's account alone does not.")
    @staticmethod
    async def recording(payloads: Sequence["ReportRecordingPayload"], snapshot: Snapshot) -> Sequence[Recording | None]:
        return await load_recordings(
            snapshot, [each.outcome.recording_id if each.outcome else None for each in payloads]
        )


@strawberry.type
class RecordingMutations:
    @strawberry.mutation(
        description="Record a running session. For room moderators, inside or not. ALREADY_RECORDING, SESSION_ENDED."
    )
    async def start_recording(
        self, info: Info, input: Annotated[StartRecordingInput, strawberry.argument(description="Which session.")]
    ) -> StartRecordingPayload:
        return await to_session(info, StartRecordingPayload, input, recordings.start_recording)

    @strawberry.mutation(
        description="End a recording; it comes into the gallery once it is processed. For room moderators. "
        "NOT_RECORDING, SESSION_ENDED."
    )
    async def end_recording(
        self, info: Info, input: Annotated[EndRecordingInput, strawberry.argument(description="Which recording.")]
    ) -> EndRecordingPayload:
        async def end(tx: Transaction) -> UUID:
            return await recordings.end_recording(tx, local_id(input.recording_id, "Recording", "input", "recordingId"))

        return await mutate(info, EndRecordingPayload, UUID, input, end)

    @strawberry.mutation(
        description="Tell what became of a recording: for the media server's account alone, at any time, in any order and "
        "as often as it likes. READY puts it into the gallery and is final; what says less than is known changes nothing. "
        "INVALID."
    )
    async def report_recording(
        self, info: Info, input: Annotated[ReportRecordingInput, strawberry.argument(description="The report.")]
    ) -> ReportRecordingPayload:
        async def report(tx: Transaction) -> Reported:
            recording_id = local_id(input.recording_id, "Recording", "input", "recordingId")
            return await reports.report_recording(tx, recording_id, _report(input))

        return await mutate(info, ReportRecordingPayload, Reported, input, report)


def _report(input: ReportRecordingInput) -> Report:
    return Report(
        state=input.state,
        url=input.url,
        thumbnail_url=input.thumbnail_url,
        duration_seconds=input.duration_seconds,
        ended_at=input.ended_at,
        failure_reason=input.failure_reason,
    )
