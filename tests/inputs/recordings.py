"""Bad values for the inputs of recordings; see tests/inputs/rows.py."""

from collections.abc import Mapping

from models.tables.media import DURATION_LIMIT
from models.values.text import KEY_LIMIT
from resolvers.reports import REASON_LIMIT
from tests.inputs.addresses import NO_ADDRESSES
from tests.inputs.content import MOMENTS, NO_DURATIONS, OUT_OF_TIME
from tests.inputs.rows import Row, events, no_id, text
from tests.support.people import absent

WITH_KEY = ("StartRecording", "EndRecording", "ReportRecording")


def recording_rows(ids: Mapping[str, str]) -> dict[str, Row]:
    """Returns the rows for recordings. The recording is ready, so an accepted report changes nothing."""
    gallery, session, recording = ids["gallery"], ids["session"], ids["recording"]
    a_recording = no_id(recording, session, gallery, absent("Recording"))
    return {
        **{f"{verb}Input.idempotencyKey": text(KEY_LIMIT) for verb in WITH_KEY},
        "StartRecordingInput.sessionId": no_id(session, recording, absent("RoomSession")),
        "EndRecordingInput.recordingId": a_recording,
        "ReportRecordingInput.recordingId": a_recording,
        "ReportRecordingInput.state": Row(["RECORDING"], good=("PROCESSING", "READY")),
        "ReportRecordingInput.url": Row([None, *NO_ADDRESSES], good=("http://media.example/elsewhere",)),
        "ReportRecordingInput.thumbnailUrl": Row(NO_ADDRESSES, good=(None, "https://media.example/picture")),
        "ReportRecordingInput.durationSeconds": Row([None, *NO_DURATIONS], good=(0, DURATION_LIMIT)),
        "ReportRecordingInput.endedAt": Row(OUT_OF_TIME, good=MOMENTS),
        "ReportRecordingInput.failureReason": text(REASON_LIMIT, of_lines=True),
        "Subscription.recordings(galleryId:)": no_id(gallery, session, absent("Gallery")),
        "Subscription.recordings(after:)": events(),
    }
