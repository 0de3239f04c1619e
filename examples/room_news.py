"""The events of streams about a room and its recordings, and the texts that describe them."""

from typing import Any

from examples.conversation_news import CONVERSATION, told_of_conversation

EVENTS = (
    CONVERSATION
    + """subscription Room($room: ID!, $after: EventCursor!) {
  roomEvents(roomId: $room, after: $after) {
    __typename
    cursor
    ... on RoomConfigured { enabled mode }
    ... on SessionStarted { session { mode stageAccess } }
    ... on SessionEnded { session { endReason peakParticipants } }
    ... on StageAccessChanged { session { stageAccess } }
    ... on ParticipantEvent { participant { state roles onStage invitedToStage user { name } } }
    ... on DevicesChanged { participant { camera microphone screen } }
    ... on AllDevicesChanged { deviceState: state cameraIds microphoneIds screenIds }
    ... on ReactionsCounted { counts { emoji count } }
    ... on RecordingStarted { recording { state } }
    ... on RecordingEnded { recording { state } }
    ... on RecordingReady { recording { state } }
    ... on ShownChanged { shown { title page pageCount } }
    ...Conversation
  }
}"""
)
STATUS = """subscription Status($room: ID!) {
  roomStatus(roomId: $room) {
    __typename
    state
    mode
    locked
    participantCount
    onStageCount
    recording { state }
    cursor
  }
}"""
RECORDINGS = """subscription Recordings($gallery: ID!, $after: EventCursor!) {
  recordings(galleryId: $gallery, after: $after) {
    __typename
    cursor
    ... on RecordingReady { recording { media { id title durationSeconds } } }
  }
}"""


def told_of_room(event: dict[str, Any]) -> str:
    """Returns a text for an event of `roomEvents`."""
    match event:
        case {"__typename": "RoomConfigured", "enabled": enabled, "mode": mode}:
            return f"{mode}, switched {'on' if enabled else 'off'}"
        case {"__typename": "SessionStarted", "session": session}:
            return f"{session['mode']}, the stage is {session['stageAccess']}"
        case {"__typename": "SessionEnded", "session": session}:
            return f"{session['endReason']}, at most {session['peakParticipants']} were inside"
        case {"__typename": "RoomLocked"}:
            return "newcomers wait"
        case {"__typename": "RoomUnlocked"}:
            return "newcomers come in again"
        case {"session": {"stageAccess": access}}:
            return f"the stage is {access}"
        case {"recording": {"state": state}}:
            return f"it is {state}"
        case {"deviceState": _} | {"counts": _}:
            return _of_many(event)
        case {"participant": participant}:
            return f"{participant['user']['name']} {_of(event['__typename'], participant)}"
    return _of_content(event) or told_of_conversation(event)


def _of_content(event: dict[str, Any]) -> str:
    match event:
        case {"shown": {"title": title, "page": page, "pageCount": pages}}:
            return f"“{title}”, page {page} of {pages}"
        case {"__typename": "ShownEnded"}:
            return "nothing is shown any more"
    return ""


def _of(kind: str, participant: dict[str, Any]) -> str:
    match kind:
        case "ParticipantWaiting":
            return "waits to be let in"
        case "ParticipantJoined":
            return f"is inside as {', '.join(participant['roles'])}"
        case "ParticipantLeft":
            return {"DECLINED": "is not let in", "REMOVED": "is removed"}.get(participant["state"], "is gone")
        case "DevicesChanged":
            return "has " + ", ".join(f"{each} {participant[each]}" for each in ("camera", "microphone", "screen"))
        case "HandRaised":
            return "has a hand up"
        case "HandLowered":
            return "has no hand up any more"
        case "StageChanged" if participant["onStage"]:
            return "is on stage"
        case "StageChanged" if participant["invitedToStage"]:
            return "is invited to the stage"
        case "StageChanged":
            return "is not on stage, nor invited"
    return "is told of"


def _of_many(event: dict[str, Any]) -> str:
    if "counts" in event:
        return ", ".join(f"{each['emoji']} {each['count']}" for each in event["counts"])
    numbers = (f"{len(event[f'{each}Ids'])} {each}s" for each in ("camera", "microphone", "screen"))
    return f"{event['deviceState']} now: {', '.join(numbers)}"


def told_of_status(status: dict[str, Any]) -> str:
    """Returns the text that a page shows for `roomStatus`."""
    inside = f"{status['participantCount']} inside, {status['onStageCount']} on stage"
    marks = [", locked"] * status["locked"] + [", recording"] * bool(status["recording"])
    return f"{status['state']}, {status['mode']}, {inside}{''.join(marks)}"


def told_of_recording(event: dict[str, Any]) -> str:
    """Returns a text for an event of `recordings`."""
    match event:
        case {"recording": {"media": {"title": title, "durationSeconds": seconds}}}:
            return f"“{title}”, {seconds} s, is in the gallery"
        case {"__typename": "RecordingStarted"}:
            return "the room is being recorded"
        case {"__typename": "RecordingEnded"}:
            return "it is being processed"
    return ""
