"""The real counterpart of the model: a gallery on a real server, to which acts are sent, and whose log is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.access.visibility import Visibility, visibilities
from models.events import log
from models.events.content import ShownChanged, ShownEnded
from models.events.every import Event
from models.events.log import Entry
from models.events.rooms import RoomConfigured
from models.events.sessions import OfParticipant
from models.events.stage import AllDevicesChanged
from models.permissions import Viewer
from models.tables.participants import Device
from models.tables.recordings import RecordingFacts
from models.tables.sessions import SessionFacts
from schema.types.ids import global_id
from tests.model.acts import NOBODY, Act
from tests.model.recordings import LOST, SECONDS
from tests.model.rights import Form
from tests.model.room import Place
from tests.support.admin_mutations import ADMIN
from tests.support.event_folding import GalleryState
from tests.support.people import absent, local
from tests.support.recordings import MEDIA_SERVER
from tests.support.stored_state import fold_all, read_state
from tests.support.world import World

OWN = {"enterRoom", "leaveRoom", "heartbeat", "requestStage", "acceptStage", "declineStage", "leaveStage", "raiseHand"}
TO_PARTICIPANT = {"removeParticipant", "inviteToStage", "removeFromStage", "lowerHand"}
TO_MANY = {"admitParticipants", "declineParticipants"}
GROUPS = {"addGroupMembers", "removeGroupMembers"}
SCOPES = {"recorder": [MEDIA_SERVER], "admin": [ADMIN]}
LISTS = {"ROOM_MODERATOR": "roomModeratorIds", "CHAT_MODERATOR": "chatModeratorIds", "SPEAKER": "speakerIds"}
ABSENT = {kind: absent(kind) for kind in ("RoomSession", "Participant", "Recording")}
REPORTS: dict[str, dict[str, Any]] = {
    "READY": {"url": "https://media.example/recorded", "durationSeconds": SECONDS},
    "FAILED": {"failureReason": LOST},
}


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    results = "results { participant { state } userError { code } }" if verb in TO_MANY else ""
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {results} userErrors {{ code }} }} }}"


@dataclass
class Ids:
    """The ids of the objects that the model names, as far as they are known."""

    gallery: str
    room: str
    principals: dict[str, str]
    item: str = ""  # the document on the shelf
    sessions: list[str] = field(default_factory=list)
    seats: dict[Place, str] = field(default_factory=dict)
    recordings: list[str] = field(default_factory=list)

    def learn(self, state: GalleryState) -> None:
        """Reads new ids. Ids are in order of creation, which is how the model numbers objects."""
        people = {local(each): name for name, each in self.principals.items()}
        sessions = sorted(state.sessions)
        self.sessions = [global_id("RoomSession", each) for each in sessions]
        self.recordings = [global_id("Recording", each) for each in sorted(state.recordings)]
        self.seats = {
            (sessions.index(one.session_id), people[one.user_id]): global_id("Participant", one.id)
            for one in sorted(state.participants.values(), key=lambda one: one.id)
        }

    def session(self, number: int) -> str:
        return self.sessions[number] if number >= 0 else ABSENT["RoomSession"]

    def seat(self, place: Place) -> str:
        return ABSENT["Participant"] if place == NOBODY else self.seats[place]

    def names(self) -> dict[UUID, Any]:
        """Returns the model's name of each id."""
        named: dict[str, Any] = {each: name for name, each in self.principals.items()}
        named |= {each: place for place, each in self.seats.items()}
        for numbered in (self.sessions, self.recordings):
            named |= {each: number for number, each in enumerate(numbered)}
        return {local(each): name for each, name in named.items()}


def _to_enter(ids: Ids, act: Act) -> dict[str, Any]:
    return {"roomId": ids.room, "stage": act.value or "BY_MODE"}


def _to_set(ids: Ids, act: Act) -> dict[str, Any]:
    return {"roomId": ids.room, **dict(act.value)}


def _to_open(ids: Ids, act: Act) -> dict[str, Any]:
    return {"sessionId": ids.session(act.session), "access": act.value}


def _to_order(ids: Ids, act: Act) -> dict[str, Any]:
    of_all = "All" in act.verb
    whose = {"sessionId": ids.session(act.session)} if of_all else {"participantId": ids.seat(act.places[0])}
    blocks = {"block": act.value[1] == "block"} if act.verb.startswith("switch") else {}
    return {**whose, "devices": [each.upper() for each in act.value[0]], **blocks}


GIVEN: dict[str, Callable[[Ids, Act], dict[str, Any]]] = {
    "enterRoom": _to_enter,
    "setDevices": _to_set,
    "setStageAccess": _to_open,
    **dict.fromkeys(["switchOffDevices", "unblockDevices", "switchOffAllDevices", "unblockAllDevices"], _to_order),
}
"""How the input is made of those mutations that take values of their own."""


@dataclass
class Play:
    """A room on the real server."""

    world: World
    ids: Ids
    began: datetime
    state: dict[UUID, GalleryState]

    def seconds(self, moment: str) -> int:
        """Converts a time to the model's time, in seconds since the play began."""
        return int((datetime.fromisoformat(moment) - self.began).total_seconds())

    @property
    def gallery_id(self) -> UUID:
        return local(self.ids.gallery)

    async def send(self, act: Act) -> Any:
        """Sends an act. Returns its outcome in the terms of the model."""
        scopes = SCOPES.get(act.who, [])
        given = self._given(act)
        answer = await self.world.query(act.who, document(act.verb), *scopes, input=given)
        payload = answer[act.verb]
        if payload["userErrors"]:
            return payload["userErrors"][0]["code"]
        if act.verb in TO_MANY:
            return tuple(
                each["userError"]["code"] if each["userError"] else each["participant"]["state"]
                for each in payload["results"]
            )
        return "done"

    def _given(self, act: Act) -> dict[str, Any]:
        ids = self.ids
        if act.verb in GIVEN:
            return GIVEN[act.verb](ids, act)
        recording = ids.recordings[act.recording] if act.recording >= 0 else ABSENT["Recording"]
        match act.verb:
            case verb if verb in OWN:
                return {"roomId": ids.room}
            case "removeParticipant":
                return {"participantId": ids.seat(act.places[0]), "ban": bool(act.value)}
            case verb if verb in TO_PARTICIPANT:
                return {"participantId": ids.seat(act.places[0])}
            case verb if verb in TO_MANY:
                whom = (
                    {"all": True} if act.value == "all" else {"participantIds": [ids.seat(each) for each in act.places]}
                )
                return {"sessionId": ids.session(act.session), **whom}
            case "endRecording":
                return {"recordingId": recording}
            case "reportRecording":
                return {"recordingId": recording, "state": act.value, **REPORTS.get(act.value, {})}
            case "configureRoom":
                return self._form(act.value)
            case verb if verb in GROUPS:
                return {"groupId": ids.principals[act.value[0]], "userIds": [ids.principals[act.value[1]]]}
            case _:
                return self._in_session(act)

    def _in_session(self, act: Act) -> dict[str, Any]:
        session = {"sessionId": self.ids.session(act.session)}
        match act.verb:
            case "setStageAccess":
                return {**session, "access": act.value}
            case "showContent":
                return {"contentId": self.ids.item, "page": act.value}
            case "updateShown":
                return {**session, "page": act.value}
            case "setMayShow":
                return {"participantId": self.ids.seat(act.places[0]), "mayShow": act.value}
        return session

    def _form(self, form: Form) -> dict[str, Any]:
        lists = {LISTS[role]: [self.ids.principals[each] for each in listed] for role, listed in form.lists}
        settings = {"enabled": form.enabled, "mode": form.mode, "expectedVersion": -1 if form.outdated else None}
        given = {key: value for key, value in settings.items() if value is not None}
        return {"galleryId": self.ids.gallery, "endActiveSession": form.end_active, **lists, **given}

    async def news(self) -> list[Entry]:
        """Returns the log entries since the last call, and checks replay (rule 64)."""
        before = self.state
        position = before[self.gallery_id].position
        self.state = await read_state(self.world.database)
        assert await fold_all(self.world.database, before) == self.state, (
            "the events do not tell of all that was changed"
        )
        self.ids.learn(self.state[self.gallery_id])
        return await log.after(self.world.database.reads, self.gallery_id, position, 1000)

    async def visible_to(self, who: str) -> Visibility | None:
        """Returns the visibility that filters the streams of `who`."""
        viewer = Viewer(local(self.ids.principals[who]), who)
        async with self.world.database.snapshot(viewer) as snapshot:
            return (await visibilities(snapshot, [self.gallery_id])).get(self.gallery_id)


def said(event: Event, names: dict[UUID, Any]) -> tuple[str, Any, tuple[Any, ...]]:
    """Returns an event in the terms of the model: kind, object, facts."""
    match event:
        case OfParticipant(participant=one, counts=counts):
            on_stage, hand = one.stage_turn is not None, one.hand_turn is not None
            devices = [one.state_of(each).value for each in Device]
            flags = (on_stage, one.invited_at is not None, hand, one.permissions_stale, one.may_show, *devices)
            numbers = (counts.participant_count, counts.waiting_count, counts.stage_count)
            return event.kind, names[one.id], (one.state.value, *flags, *numbers)
        case _ if isinstance(recording := getattr(event, "recording", None), RecordingFacts):
            return event.kind, names[recording.id], (recording.state.value, recording.failure_reason)
        case AllDevicesChanged(state=state):
            return event.kind, None, (state.value,)
        case ShownChanged(shown=shown):
            return event.kind, names[shown.session_id], (shown.page, shown.version)
        case ShownEnded(session_id=ended):
            return event.kind, names[ended], ()
        case RoomConfigured(room=room):
            return event.kind, None, (room.enabled, room.mode.value)
        case _ if isinstance(session := getattr(event, "session", None), SessionFacts):
            reason = session.end_reason.value if session.end_reason else None
            return event.kind, names[session.id], (session.locked, session.stage_access.value, reason)
        case _:
            return event.kind, None, ()
