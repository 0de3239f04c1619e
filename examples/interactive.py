"""The life of an interactive session, which its room's being switched off ends."""

from typing import Any

from examples.api import Api, tell
from examples.form import MANAGER
from examples.meeting import MODERATOR, Meeting
from server.demo import PEOPLE

FIRST, SECOND, THIRD, LATECOMER = (f"student-{number:03}" for number in range(26, 30))


def play_interactive(api: Api, gallery: dict[str, Any], pause: float) -> None:
    """Its acts, in a closed room."""
    meeting = Meeting(api, gallery["room"]["id"], pause)
    tell("— An interactive session —")
    form: dict[str, Any] = {"galleryId": gallery["id"], "enabled": True, "mode": "INTERACTIVE"}
    meeting.act(MANAGER, "makes the room interactive", "configureRoom", **form)
    _gather(meeting)
    _take_turns(meeting)
    _switch_off(meeting, gallery["id"])


def _gather(meeting: Meeting) -> None:
    for username in (MODERATOR, FIRST, SECOND, THIRD):
        meeting.enter(username)
        meeting.act(username, "turns the camera on", "requestStage", roomId=meeting.room)
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
