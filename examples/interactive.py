"""The course of an interactive session with a conversation. It ends when its room is switched off."""

from typing import Any

from examples.api import Api, tell
from examples.conversation import CHAT_MODERATOR, Conversation
from examples.form import MANAGER
from examples.meeting import MODERATOR, Meeting
from server.demo_people import PEOPLE

FIRST, SECOND, THIRD, LATECOMER = (f"student-{number:03}" for number in range(26, 30))


def play_interactive(api: Api, gallery: dict[str, Any], pause: float) -> None:
    """Plays the acts of the session. The room must be closed."""
    meeting = Meeting(api, gallery["room"]["id"], pause)
    tell("— An interactive session —")
    form: dict[str, Any] = {"galleryId": gallery["id"], "enabled": True, "mode": "INTERACTIVE"}
    talk: dict[str, Any] = {
        "qna": "ENABLED",
        "groupChat": "ENABLED",
        "chatModeratorIds": [meeting.user(CHAT_MODERATOR)],
    }
    meeting.act(MANAGER, "makes the room interactive, with chat and Q&A", "configureRoom", **form, **talk)
    _gather(meeting)
    Conversation(meeting, FIRST, SECOND, THIRD).play()
    _take_turns(meeting)
    _switch_off(meeting, gallery["id"])
    _read_record(api, meeting.session)


def _gather(meeting: Meeting) -> None:
    for username in (MODERATOR, FIRST, SECOND, THIRD):
        meeting.enter(username)
        meeting.act(username, "turns the microphone on", "setDevices", roomId=meeting.room, microphone=True)
    meeting.list_("stage")
    meeting.page_shows(lambda status: bool(status["onStageCount"] == 4))


def _take_turns(meeting: Meeting) -> None:
    session, room = {"sessionId": meeting.session}, {"roomId": meeting.room}
    meeting.act(MODERATOR, "wants to be asked from now on", "setStageAccess", **session, access="BY_REQUEST")
    meeting.enter(LATECOMER)
    meeting.act(LATECOMER, "asks for the stage", "requestStage", **room)
    asked = {"participantId": meeting.id_of(LATECOMER)}
    meeting.act(MODERATOR, f"invites {PEOPLE[LATECOMER]} to the stage", "inviteToStage", **asked)
    meeting.act(LATECOMER, "declines after all", "declineStage", **room)
    meeting.act(LATECOMER, "lowers the hand", "lowerHand", **asked)
    meeting.act(SECOND, "applauds", "sendReaction", **room, emoji="👏")
    meeting.act(MODERATOR, "mutes everybody", "switchOffAllDevices", **session, devices=["MICROPHONE"])
    meeting.act(FIRST, "steps down", "leaveStage", **room)
    meeting.act(SECOND, "leaves, and the stage with it", "leaveRoom", **room)
    meeting.list_("stage")


def _switch_off(meeting: Meeting, gallery: str) -> None:
    off: dict[str, Any] = {"galleryId": gallery, "enabled": False}
    meeting.try_to(MANAGER, "switches the room off", "configureRoom", **off)
    meeting.act(MANAGER, "does so although people are inside", "configureRoom", **off, endActiveSession=True)
    meeting.page_shows(lambda status: bool(status["state"] == "DISABLED"))
    meeting.try_to(FIRST, "presses the button", "enterRoom", roomId=meeting.room)
    meeting.act(MANAGER, "switches the room on again", "configureRoom", galleryId=gallery, enabled=True)
    meeting.page_shows(lambda status: bool(status["state"] == "CLOSED"))


def _read_record(api: Api, session: str) -> None:
    record = api.record(MANAGER, session)
    said = sum(event["__typename"] == "MessagePosted" for event in record)
    tell(f"{PEOPLE[MANAGER]} reads the session's record: {len(record)} lines, with {said} messages")
