"""The room's form as the guide shows it, word for word in the schema (rule 89)."""

import re
from typing import Any

import pytest

from tests.support.admin_mutations import UPDATE_SITE, as_admin
from tests.support.people import configure
from tests.support.running_session import meet
from tests.support.world import ENTER, World

DESCRIBED = """{ form: __type(name: "ConfigureRoomInput") { description inputFields { name description } }
  modes: __type(name: "RoomMode") { description enumValues { name description } }
  settings: __type(name: "FeatureSetting") { enumValues { name description } }
  mutations: __schema { mutationType { fields { name description } } } }"""
MODERATE = """Select users that are allowed to moderate the room, manage room content, start and end recording, and have
access to the backchannel.""".replace("\n", " ")
MODERATE_CHAT = """Select users that are allowed to moderate the chat, reply to QnA, launch polls and interactions, and have
access to the backchannel.""".replace("\n", " ")
IN_A_WEBINAR = """Speakers take the stage while everyone else chats. Up to 10 cameras, 300 total participants. Easily bring
audience members up to the stage""".replace("\n", " ")
FORM = {
    "": ["Meeting Room", "Configure your channel meeting room."],
    "enabled": ["Enable meeting room"],
    "mode": ["Room mode", "elect how participants join the stage"],
    "roomModeratorIds": [
        "Room Moderators",
        MODERATE,
        "Add room moderators",
    ],
    "chatModeratorIds": [
        "Chat Moderators",
        MODERATE_CHAT,
        "Add chat moderators",
    ],
    "qna": ["Enable Q&A", "Enable 1:1 chat with a moderator for users accessing the room."],
    "groupChat": ["Group Chat", "Enable the group chat for users that browse within the room."],
}
MODES = {
    "INTERACTIVE": [
        "Interactive",
        "Everyone's camera is on by default • Up to 25 visible, 100 total participants.",
        "Great for workshops, training sessions, and lively group discussions",
        "everyone can join the stage",
    ],
    "WEBINAR": [
        "Webinar",
        IN_A_WEBINAR,
        "assigned presenters join the stage; all others join as viewers",
    ],
}
BUTTONS = {"configureRoom": '"Save"', "enterRoom": '"Enter Room"'}
LIMITS = """query ($room: ID!) {
  site { roomLimits { mode title visibleCameras stageCapacity participantCapacity camerasOnByDefault } }
  room(id: $room) { limits { title camerasOnByDefault }
    activeSession { limits { title camerasOnByDefault } } } }"""


async def test_every_word_of_the_form_stands_beside_its_field(world: World) -> None:
    """Rule 89: as GraphiQL reads the schema; the sentences' numbers are the defaults of the site's data."""
    read = await world.query("manager", DESCRIBED)
    fields = {each["name"]: each["description"] for each in read["form"]["inputFields"]}
    fields[""] = read["form"]["description"]
    assert missing(FORM, fields) == []
    assert missing(MODES, {each["name"]: each["description"] for each in read["modes"]["enumValues"]}) == []
    settings = {each["name"]: each["description"] for each in read["settings"]["enumValues"]}
    assert settings["SITE_DEFAULT"].startswith("According to site default")
    said = {each["name"]: each["description"] for each in read["mutations"]["mutationType"]["fields"]}
    assert {verb: words for verb, words in BUTTONS.items() if words not in said[verb]} == {}
    limits = {
        each["mode"]: each for each in (await world.query("manager", LIMITS, room=world.room))["site"]["roomLimits"]
    }
    for mode, sentences in MODES.items():
        one, words = limits[mode], " ".join(sentences)
        assert one["title"] == sentences[0]
        assert one["camerasOnByDefault"] is ("camera is on by default" in words)
        assert [int(each) for each in re.findall(r"\d+", words)] == [one["visibleCameras"], one["participantCapacity"]]


def missing(expected: dict[str, list[str]], said: dict[str, str]) -> list[tuple[str, str]]:
    return [(of, words) for of, sentences in expected.items() for words in sentences if words not in said[of]]


@pytest.mark.parametrize("mode", ["INTERACTIVE", "WEBINAR"])
async def test_how_cameras_begin_is_data_of_the_site(world: World, mode: str) -> None:
    """Rules 28, 89: a session keeps what it was launched with; what is left out stays."""
    default = mode == "INTERACTIVE"
    limits: dict[str, Any] = {"mode": mode, "visibleCameras": 5, "stageCapacity": None, "participantCapacity": 50}
    meeting = await meet(world, mode=mode)
    await as_admin(world, UPDATE_SITE, roomLimits=[limits | {"camerasOnByDefault": not default}])
    await as_admin(world, UPDATE_SITE, roomLimits=[limits])
    room = (await world.query("manager", LIMITS, room=world.room))["room"]
    assert room["limits"]["camerasOnByDefault"] is not default
    assert room["activeSession"]["limits"]["camerasOnByDefault"] is default
    await world.mutate("student-001", ENTER, room=world.room)
    await meeting.enter("student-001")
    assert await meeting.devices("student-001") == ("ON" if default else "OFF", "OFF", "OFF")
    await configure(world, enabled=False, endActiveSession=True)
    await configure(world, enabled=True)
    again = await meet(world)
    await again.does("moderator", "requestStage")
    assert await again.devices("moderator") == ("OFF" if default else "ON", "OFF", "OFF")
