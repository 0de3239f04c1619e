"""Reads a room through GraphQL and returns it in the terms of the model (tests/model/room.py)."""

from typing import Any

from tests.model.real_room import Play
from tests.support.people import local

SIGHT = """query ($room: ID!, $session: ID!) {
  room(id: $room) { version viewerPermissions activeSession { id } status {
    state mode locked participantCount onStageCount waitingCount recording { id } session { id } shown { ...C } } }
  node(id: $session) { ... on RoomSession { ...S } } }
fragment S on RoomSession { id mode stageAccess locked endReason peakParticipants
  viewerParticipant { ...P } participants(first: 100) { edges { node { ...P } } }
  shown { ...C } stage { id onStage } hands { edges { node { id handRaisedAt } } }
  recordings { edges { node { id state durationSeconds failureReason media { status recording { id } owner { id } } } } } }
fragment C on ShownContent { page version shownBy { user { id } } }
fragment P on Participant { id state joinedAt leftAt onStage invitedToStage mayShow handRaisedAt camera microphone screen permissionsStale roles user { id }
  roleSources { role source via { ... on User { id } ... on Group { id } } } }"""


async def seen(play: Play, who: str) -> dict[str, Any] | None:
    """Returns all that `who` reads of the room and its last session; None if they do not see the room."""
    session = play.ids.session(len(play.ids.sessions) - 1)
    read = await play.world.query(who, SIGHT, room=play.ids.room, session=session)
    room, node = read["room"], read["node"]
    if room is None:
        assert node is None
        return None
    status = room["status"]
    running = session if status["state"] == "OPEN" else None
    assert (room["activeSession"] or {}).get("id") == (status["session"] or {}).get("id") == running
    names = play.ids.names()
    return {
        "version": room["version"],
        **{key: status[key] for key in ("state", "mode", "locked", "participantCount", "onStageCount", "waitingCount")},
        "recording": names[local(status["recording"]["id"])] if status["recording"] else None,
        "shown": _shown(status["shown"], names),
        "permissions": sorted(room["viewerPermissions"]),
        "session": _session(play, node, names) if play.ids.sessions else None,
    }


def _session(play: Play, node: dict[str, Any], names: dict[Any, Any]) -> dict[str, Any]:
    assert all(each["onStage"] for each in node["stage"])
    assert all(edge["node"]["handRaisedAt"] for edge in node["hands"]["edges"])
    return {
        **{key: node[key] for key in ("mode", "stageAccess", "locked", "endReason")},
        "peak": node["peakParticipants"],
        "own": _seat(play, node["viewerParticipant"], names) if node["viewerParticipant"] else None,
        "participants": [_seat(play, edge["node"], names) for edge in node["participants"]["edges"]],
        "stage": [names[local(each["id"])][1] for each in node["stage"]],
        "hands": [names[local(edge["node"]["id"])][1] for edge in node["hands"]["edges"]],
        "shown": _shown(node["shown"], names),
        "recordings": [_recording(edge["node"], names) for edge in node["recordings"]["edges"]],
    }


def _seat(play: Play, one: dict[str, Any], names: dict[Any, Any]) -> dict[str, Any]:
    who = names[local(one["user"]["id"])]
    assert names[local(one["id"])][1] == who
    sources = [(each["role"], each["source"], names[local(each["via"]["id"])]) for each in one["roleSources"]]
    return {
        "who": who,
        "state": one["state"],
        "joined": play.seconds(one["joinedAt"]),
        "left": play.seconds(one["leftAt"]) if one["leftAt"] else None,
        "roles": one["roles"],
        "held": sorted(sources),
        "onStage": one["onStage"],
        "invited": one["invitedToStage"],
        "mayShow": one["mayShow"],
        "hand": one["handRaisedAt"] is not None,
        "devices": (one["camera"], one["microphone"], one["screen"]),
        "stale": one["permissionsStale"],
    }


def _shown(one: dict[str, Any] | None, names: dict[Any, Any]) -> tuple[int, int, str] | None:
    return (one["page"], one["version"], names[local(one["shownBy"]["user"]["id"])]) if one else None


def _recording(one: dict[str, Any], names: dict[Any, Any]) -> dict[str, Any]:
    media = one["media"]
    assert media is None or media["recording"]["id"] == one["id"]
    return {
        "number": names[local(one["id"])],
        "state": one["state"],
        "reason": one["failureReason"],
        "seconds": one["durationSeconds"],
        "media": {"status": media["status"], "owner": names[local(media["owner"]["id"])]} if media else None,
    }
