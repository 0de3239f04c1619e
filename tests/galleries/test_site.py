"""The site's settings (rules 14, 22, 24, 63)."""

import asyncio
from typing import Any

import pytest

from models.events.galleries import SiteDefaultsChanged
from models.events.log import after
from tests.support.admin_mutations import ADMIN, UPDATE_SITE, another_gallery, as_admin, not_as_admin
from tests.support.event_streams import is_live, next_event
from tests.support.people import configure, events_since, id_of, local, log_head
from tests.support.statement_counts import statements_of
from tests.support.stored_state import read_state
from tests.support.world import CREATE, World

SITE = """{ site { name qnaDefault groupChatDefault moderateMediaDefault hostAbsenceTimeoutSeconds reconnectGraceSeconds
  roomLimits { mode visibleCameras stageCapacity participantCapacity } rateLimits { kind burst perMinute } } }"""
ROOM = "query ($id: ID!) { room(id: $id) { qnaEnabled groupChatEnabled limits { participantCapacity } } }"
EVENTS = """subscription ($room: ID!) { roomEvents(roomId: $room) {
  __typename ... on Event { cursor } ... on SiteDefaultsChanged { qnaDefault groupChatDefault roomLimits { mode participantCapacity } } } }"""


async def test_settings_are_saved_and_what_is_left_out_stays(world: World) -> None:
    before = (await world.query("outsider", SITE))["site"]
    changes: dict[str, Any] = {
        "name": "The Academy",
        "moderateMediaDefault": not before["moderateMediaDefault"],
        "hostAbsenceTimeoutSeconds": 60,
        "reconnectGraceSeconds": 5,
        "roomLimits": [{"mode": "WEBINAR", "visibleCameras": 3, "stageCapacity": None, "participantCapacity": 3}],
    }
    votes = {"kind": "ANSWERS", "burst": 2, "perMinute": 3}
    payload = await as_admin(world, UPDATE_SITE, **changes, rateLimits=[votes])
    interactive = next(each for each in before["roomLimits"] if each["mode"] == "INTERACTIVE")
    others = [each for each in before["rateLimits"] if each["kind"] != "ANSWERS"]
    expected = before | changes | {"roomLimits": [interactive, *changes["roomLimits"]], "rateLimits": [votes, *others]}
    assert payload["site"] == expected
    assert (await world.query("outsider", SITE))["site"] == expected
    assert (await as_admin(world, UPDATE_SITE))["site"] == expected


async def test_a_default_applies_where_it_is_followed_and_is_told_everywhere(world: World) -> None:
    """Rules 24, 62, 64: at once, in the logs of galleries that follow it; a site admin gets no cursor for them."""
    other = await another_gallery(world, await id_of(world, "manager"))
    await configure(world, qna="SITE_DEFAULT", groupChat="ENABLED")
    position = await log_head(world)
    heads = {of: state.position for of, state in (await read_state(world.database)).items()}
    done = await as_admin(world, UPDATE_SITE, qnaDefault=False, groupChatDefault=False)
    assert done["cursor"] is None
    room = (await world.query("manager", ROOM, id=world.room))["room"]
    assert (room["qnaEnabled"], room["groupChatEnabled"]) == (False, True)
    states = (await read_state(world.database)).values()
    ((limits, emoji),) = {(state.room_limits, state.reaction_emoji) for state in states}
    told = [
        SiteDefaultsChanged(
            qna_default=False, group_chat_default=False, room_limits=list(limits), reaction_emoji=list(emoji)
        )
    ]
    assert await events_since(world, position) == told
    entries = await after(world.database.reads, local(other), heads[local(other)], 10)
    assert [entry.event for entry in entries] == told


async def test_what_rooms_do_not_show_tells_nothing(world: World) -> None:
    position = await log_head(world)
    site = (await world.query("admin", SITE))["site"]
    same = {"qnaDefault": site["qnaDefault"], "roomLimits": site["roomLimits"]}
    await as_admin(world, UPDATE_SITE, **same, name="The Academy", hostAbsenceTimeoutSeconds=60)
    assert await log_head(world) == position


async def test_limits_are_told_wherever_a_room_shows_them(world: World) -> None:
    """Rules 22, 64: the room's state at a cursor plus later events equals its later state."""
    other = await another_gallery(world, await id_of(world, "manager"))
    limits = {"mode": "WEBINAR", "visibleCameras": 1, "stageCapacity": None, "participantCapacity": 7}
    heads = {of: state.position for of, state in (await read_state(world.database)).items()}
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        await as_admin(world, UPDATE_SITE, roomLimits=[limits])
        told = await next_event(stream)
    assert {each["mode"]: each["participantCapacity"] for each in told["roomLimits"]} == {
        "INTERACTIVE": 100,
        "WEBINAR": 7,
    }
    assert (await world.query("manager", ROOM, id=world.room))["room"]["limits"] == {"participantCapacity": 7}
    for gallery in (world.gallery, other):
        (entry,) = await after(world.database.reads, local(gallery), heads[local(gallery)], 10)
        assert isinstance(entry.event, SiteDefaultsChanged)
        assert tuple(entry.event.room_limits) == (await read_state(world.database))[local(gallery)].room_limits


async def test_streams_tell_of_it(world: World) -> None:
    """Rule 24: to everyone who sees the room."""
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(EVENTS, room=world.room)
        assert (await stream.next())["__typename"] == "Checkpoint"
        await as_admin(world, UPDATE_SITE, qnaDefault=False)
        told = await next_event(stream)
        assert (told["__typename"], told["qnaDefault"]) == ("SiteDefaultsChanged", False)


async def test_bad_settings_are_refused(world: World) -> None:
    """Rules 20, 22: each refusal names the setting, and no other setting is saved."""
    good = {"mode": "WEBINAR", "visibleCameras": 3, "stageCapacity": 3, "participantCapacity": 3}
    cases: list[tuple[str, Any, list[str]]] = [
        ("name", "", []),
        ("name", "x" * 201, []),
        ("hostAbsenceTimeoutSeconds", 0, []),
        ("reconnectGraceSeconds", -1, []),
        ("roomLimits", [good | {"visibleCameras": 0}], ["0", "visibleCameras"]),
        ("roomLimits", [good | {"visibleCameras": 4}], ["0", "visibleCameras"]),
        ("roomLimits", [good | {"stageCapacity": 0}], ["0", "stageCapacity"]),
        (
            "roomLimits",
            [good | {"mode": "INTERACTIVE"}, good | {"participantCapacity": 0}],
            ["1", "participantCapacity"],
        ),
        ("roomLimits", [good, good], ["1"]),
        ("rateLimits", [{"kind": "ANSWERS", "burst": 0, "perMinute": 1}], ["0", "burst"]),
        ("rateLimits", [{"kind": "ANSWERS", "burst": 1, "perMinute": 0}], ["0", "perMinute"]),
        ("rateLimits", [{"kind": "ANSWERS", "burst": 1, "perMinute": 1}] * 2, ["1"]),
    ]
    before = await world.query("admin", SITE)
    for setting, value, field in cases:
        answer = await not_as_admin(world, UPDATE_SITE, qnaDefault=False, **{setting: value})
        assert answer == ("INVALID", ["input", setting, *field]), value
    assert await world.query("admin", SITE) == before


@pytest.mark.parametrize("who", ["manager", "outsider"])
async def test_only_site_admins_change_the_site(world: World, who: str) -> None:
    """Rule 14."""
    refused = await world.refused(who, UPDATE_SITE, input={"qnaDefault": False})
    assert (refused["code"], refused["field"]) == ("FORBIDDEN", None)


async def test_limits_are_those_of_rooms_from_then_on(world: World) -> None:
    """Rule 22: limits are data, not constants."""
    limits = {"mode": "WEBINAR", "visibleCameras": 1, "stageCapacity": 1, "participantCapacity": 2}
    await as_admin(world, UPDATE_SITE, roomLimits=[limits])
    assert (await world.query("manager", ROOM, id=world.room))["room"]["limits"] == {"participantCapacity": 2}
    enter = (
        "mutation ($id: ID!) { enterRoom(input: {roomId: $id}) { launched cursor userErrors { code message field } } }"
    )
    for who in ("moderator", "student-001"):
        await world.mutate(who, enter, id=world.room)
    assert (await world.refused("student-002", enter, id=world.room))["code"] == "ROOM_FULL"


async def test_many_galleries_are_told_in_as_many_statements_as_few(world: World) -> None:
    few = await statements_of(world, "admin", UPDATE_SITE, {"qnaDefault": False})
    for _ in range(5):
        await another_gallery(world, await id_of(world, "manager"))
    many = await statements_of(world, "admin", UPDATE_SITE, {"qnaDefault": True})
    assert len(many) == len(few)


async def test_a_gallery_that_is_made_meanwhile_misses_no_default(world: World) -> None:
    """Rule 64, under concurrency: its state at its cursor plus later events equals its current state."""
    manager = await id_of(world, "manager")
    document = CREATE.replace("gallery { id title room { id } }", "gallery { id room { qnaEnabled } }")
    for number in range(6):
        default = bool(number % 2)
        given = {"title": "Typography", "managerIds": [manager, await id_of(world, "admin")]}
        answers = await asyncio.gather(
            *(world.query("admin", document, ADMIN, input=given) for _ in range(2)),
            world.query("admin", UPDATE_SITE, ADMIN, input={"qnaDefault": default}),
            world.query("admin", document, ADMIN, input=given),
        )
        for made in [answer["createGallery"] for answer in answers if "createGallery" in answer]:
            cursors, gallery = world.process.services.cursors, local(made["gallery"]["id"])
            entries = await after(world.database.reads, gallery, cursors.read(gallery, made["cursor"]), 10)
            told = [entry.event.qna_default for entry in entries if isinstance(entry.event, SiteDefaultsChanged)]
            assert [made["gallery"]["room"]["qnaEnabled"], *told][-1] is default
