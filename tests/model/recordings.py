"""Recordings in the model of a room (rules 56 to 58)."""

from tests.model.acts import Act, moderated, refuse, set_due, tell_all, tell_recording, visible
from tests.model.room import REPORTED_WITHIN, Recording, Room

SECONDS = 61
LOST = "The disk is full."
SILENT = "The media server did not report the recording's result."


def start_recording(room: Room, act: Act) -> None:
    session = moderated(room, act)
    refuse("ALREADY_RECORDING", unless=room.running(session) is None)
    room.recordings.append(Recording(len(room.recordings), session.number, act.who))
    tell_recording(room, "RecordingStarted", room.recordings[-1])


def end_recording(room: Room, act: Act) -> None:
    visible(room, act.who)
    refuse("NOT_FOUND", unless=act.recording >= 0)
    refuse("FORBIDDEN", unless=room.moderates(act.who))
    recording = room.recordings[act.recording]
    refuse("SESSION_ENDED", unless=room.sessions[recording.session].end_reason is None)
    refuse("NOT_RECORDING", unless=recording.state == "RECORDING")
    stop(room, recording)


def stop(room: Room, recording: Recording) -> None:
    recording.state = "PROCESSING"
    set_due(room, ("RECORDING", recording.number), REPORTED_WITHIN)
    tell_recording(room, "RecordingEnded", recording)


def report_recording(room: Room, act: Act) -> None:
    """READY is final; it replaces every other state."""
    if act.who != "recorder":
        visible(room, act.who)
    refuse("NOT_FOUND", unless=act.recording >= 0)
    refuse("FORBIDDEN", unless=act.who == "recorder")
    refuse("INVALID", unless=act.value != "RECORDING")
    recording = room.recordings[act.recording]
    if recording.state == "RECORDING":
        stop(room, recording)
    if act.value == "READY" and recording.state != "READY":
        recording.state, recording.reason, recording.seconds = "READY", None, SECONDS
        room.due.pop(("RECORDING", recording.number), None)
        tell_all(room, "MediaAdded", audience="MEMBERS")
        tell_recording(room, "RecordingReady", recording)
    elif act.value == "FAILED" and recording.state == "PROCESSING":
        lose(room, recording, LOST)
    elif act.value == "PROCESSING" and recording.state == "PROCESSING":
        set_due(room, ("RECORDING", recording.number), REPORTED_WITHIN)


def lose(room: Room, recording: Recording, reason: str) -> None:
    recording.state, recording.reason = "FAILED", reason
    room.due.pop(("RECORDING", recording.number), None)
    tell_recording(room, "RecordingFailed", recording)
