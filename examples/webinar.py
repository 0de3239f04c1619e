"""The course of a webinar, from the room's form to the recording in the gallery."""

from collections.abc import Callable
from typing import Any

from examples.api import Api, tell
from examples.form import MANAGER
from examples.meeting import CURSOR, MODERATOR, PASSER_BY, Meeting
from examples.room_news import RECORDINGS, told_of_recording, told_of_room
from examples.viewer import Event, Viewer
from server.demo import HANDOUT
from server.demo_people import MEDIA_SERVER, PEOPLE

SPEAKER, ADMITTED, DECLINED, LISTENER, TROUBLE = (f"student-{number:03}" for number in range(21, 26))
RECORDED: dict[str, Any] = {
    "state": "READY",
    "url": "https://media.example/recorded.mp4",
    "thumbnailUrl": "https://media.example/recorded.jpg",
    "durationSeconds": 3120,
}


def play_webinar(api: Api, gallery: dict[str, Any], pause: float) -> None:
    """Plays the acts of the webinar. The room must be closed. The recording is removed from the gallery at the end."""
    meeting = Meeting(api, gallery["room"]["id"], pause)
    tell("— A webinar —")
    _open(meeting, gallery["id"])
    _admit(meeting)
    _present(meeting)
    _show(api, meeting)
    _record(api, meeting, gallery["id"])
    meeting.act(MODERATOR, "ends the session for everyone", "endSession", sessionId=meeting.session)
    meeting.page_shows(lambda status: bool(status["state"] == "CLOSED"))


def _open(meeting: Meeting, gallery: str) -> None:
    form: dict[str, Any] = {"enabled": True, "mode": "WEBINAR", "speakerIds": [meeting.user(SPEAKER)]}
    does = f"makes the room a webinar with {PEOPLE[SPEAKER]} as its speaker"
    meeting.act(MANAGER, does, "configureRoom", galleryId=gallery, **form)
    meeting.enter(MODERATOR)
    meeting.page_shows(lambda status: bool(status["state"] == "OPEN"))
    meeting.act(MODERATOR, "locks the room", "lockRoom", sessionId=meeting.session)
    meeting.page_shows(lambda status: bool(status["locked"]))


def _admit(meeting: Meeting) -> None:
    waiting = meeting.follow(ADMITTED, meeting.room, _told_of(ADMITTED))
    meeting.enter(ADMITTED, DECLINED)
    let_in: dict[str, Any] = {"sessionId": meeting.session, "participantIds": [meeting.id_of(ADMITTED)]}
    admitted = meeting.act(MODERATOR, f"lets {PEOPLE[ADMITTED]} in", "admitParticipants", **let_in)
    waiting.tell_until(admitted["cursor"])
    kept_out: dict[str, Any] = {"sessionId": meeting.session, "participantIds": [meeting.id_of(DECLINED)]}
    meeting.act(MODERATOR, f"declines {PEOPLE[DECLINED]}", "declineParticipants", **kept_out)
    meeting.try_to(DECLINED, "tries again", "enterRoom", roomId=meeting.room)
    meeting.act(MODERATOR, "unlocks the room", "unlockRoom", sessionId=meeting.session)
    meeting.enter(SPEAKER, LISTENER, TROUBLE)
    meeting.page_shows(lambda status: bool(status["participantCount"] == 5))


def _told_of(username: str) -> Callable[[Event], str]:
    """Returns a function that describes a person's own events, and no others.

    Someone who waits receives no events about others until they are admitted.
    """

    def told(event: Event) -> str:
        return told_of_room(event) if event.get("participant", {}).get("user") == {"name": PEOPLE[username]} else ""

    return told


def _present(meeting: Meeting) -> None:
    room = {"roomId": meeting.room}
    meeting.act(SPEAKER, "steps up to the stage", "requestStage", **room)
    meeting.try_to(LISTENER, "would like to as well", "requestStage", **room)
    meeting.act(ADMITTED, "raises a hand", "raiseHand", **room)
    asked = {"participantId": meeting.id_of(ADMITTED)}
    meeting.act(MODERATOR, f"invites {PEOPLE[ADMITTED]} to the stage", "inviteToStage", **asked)
    meeting.act(ADMITTED, "accepts", "acceptStage", **room)
    meeting.list_("stage")


SHELF = """query Shelf($room: ID!) { room(id: $room) { content { edges { node { id title } } } } }"""


def _show(api: Api, meeting: Meeting) -> None:
    shelf = api.ask(MODERATOR, SHELF, room=meeting.room)["content"]["edges"]
    (handout,) = [edge["node"]["id"] for edge in shelf if edge["node"]["title"] == HANDOUT]
    speaker: dict[str, Any] = {"participantId": meeting.id_of(SPEAKER)}
    meeting.act(MODERATOR, f"lets {PEOPLE[SPEAKER]} show things", "setMayShow", **speaker, mayShow=True)
    meeting.act(SPEAKER, "shows the handout", "showContent", contentId=handout)
    for page in (2, 3):
        meeting.act(SPEAKER, "turns the page", "updateShown", sessionId=meeting.session, page=page)
    meeting.act(SPEAKER, "stops showing it", "stopShowing", sessionId=meeting.session)


def _record(api: Api, meeting: Meeting, gallery: str) -> None:
    after = api.ask(PASSER_BY, CURSOR, room=meeting.room)["cursor"]
    page = Viewer(api, PASSER_BY, RECORDINGS, told_of_recording, gallery=gallery, after=after)
    session: dict[str, Any] = {"sessionId": meeting.session}
    started = meeting.act(MODERATOR, "starts a recording", "startRecording", "recording { id }", **session)
    page.tell_until(started["cursor"])
    meeting.page_shows(lambda status: bool(status["recording"]))
    _keep_order(meeting)
    recording: dict[str, Any] = {"recordingId": started["recording"]["id"]}
    ended = meeting.act(MODERATOR, "ends the recording", "endRecording", **recording)
    page.tell_until(ended["cursor"])
    meeting.act(MEDIA_SERVER, "reports that it is ready", "reportRecording", **recording, **RECORDED)
    ready = page.tell_when(lambda event: bool(event["__typename"] == "RecordingReady"))
    # No stream of a room has an event for this, so the demo does not wait for one.
    api.act(MANAGER, "removeMedia", mediaId=ready["recording"]["media"]["id"])
    tell(f"{PEOPLE[MANAGER]} removes the recording from the gallery again")


def _keep_order(meeting: Meeting) -> None:
    session, room = {"sessionId": meeting.session}, {"roomId": meeting.room}
    meeting.act(MODERATOR, "opens the stage to requests", "setStageAccess", **session, access="BY_REQUEST")
    meeting.act(LISTENER, "asks for the stage", "requestStage", **room)
    guest, unruly = {"participantId": meeting.id_of(ADMITTED)}, {"participantId": meeting.id_of(TROUBLE)}
    meeting.act(MODERATOR, f"takes {PEOPLE[ADMITTED]} off the stage", "removeFromStage", **guest)
    meeting.act(TROUBLE, "raises a hand", "raiseHand", **room)
    meeting.act(MODERATOR, f"removes {PEOPLE[TROUBLE]} for good", "removeParticipant", **unruly, ban=True)
    meeting.try_to(TROUBLE, "comes back", "enterRoom", **room)
    meeting.list_("hands")
    meeting.act(MODERATOR, "lowers all hands", "lowerAllHands", **session)
