"""Cameras, microphones and screens (rules 12, 35, 88)."""

from typing import Any

import pytest
from sqlalchemy import update

from models.events.stage import AllDevicesChanged
from models.tables.rates import RateKind, RateLimit
from tests.support.event_streams import is_live, next_event
from tests.support.people import change, events_since, local, log_head
from tests.support.running_session import VERBS, Meeting, kinds, meet, moved, students
from tests.support.statement_counts import statements_of
from tests.support.world import END, LEAVE, World

ALL: dict[str, Any] = {"camera": True, "microphone": True, "screen": True}
EVERY = ["CAMERA", "MICROPHONE", "SCREEN"]
STREAM = """subscription ($room: ID!) { roomEvents(roomId: $room) { __typename ... on Event { cursor }
  ... on DevicesChanged { participant { id camera microphone screen } }
  ... on AllDevicesChanged { state cameraIds microphoneIds screenIds } } }"""


async def room(world: World, *people: str) -> Meeting:
    """Returns an interactive session with these people on its stage."""
    return await meet(world, *people, mode="INTERACTIVE")


async def refused(meeting: Meeting, who: str, **devices: Any) -> tuple[str, list[str]]:
    refusal = await meeting.world.refused(who, VERBS["setDevices"], input=meeting.given("setDevices", **devices))
    return refusal["code"], refusal["field"]


async def test_a_client_reports_its_own_devices(world: World) -> None:
    """Rule 88: an event each time something changes; what is left out stays."""
    meeting = await room(world, "student-001")
    head = await log_head(world)
    after = await meeting.does("student-001", "setDevices", microphone=True)
    assert [after["participant"][each] for each in ALL] == ["ON", "ON", "OFF"]
    await meeting.does("student-001", "setDevices", camera=False, screen=True)
    assert await meeting.devices("student-001") == ("OFF", "ON", "ON")
    same: list[dict[str, Any]] = [{}, {"camera": False}, {"camera": False, "microphone": True, "screen": True}]
    for devices in same:
        assert (await meeting.does("student-001", "setDevices", **devices))["cursor"] is None
    assert kinds(await events_since(world, head)) == ["DevicesChanged"] * 2


async def test_off_the_stage_nothing_is_on(world: World) -> None:
    """Rule 88: stepping down, being taken off, leaving and the end switch all off."""
    meeting = await room(world, *students(4))
    for who in students(4):
        await meeting.does(who, "setDevices", **ALL)
    await meeting.does("student-001", "leaveStage")
    await meeting.does("moderator", "removeFromStage", "student-002")
    await world.mutate("student-003", LEAVE, room=world.room)
    for who in students(3):
        assert await meeting.devices(who) == ("OFF", "OFF", "OFF")
    for device in ALL:
        assert await refused(meeting, "student-001", **{device: True}) == ("CONFLICT", ["input", device])
    assert (await meeting.does("student-001", "setDevices", camera=False))["cursor"] is None
    await world.mutate("moderator", END, session=meeting.session)
    assert await meeting.devices("student-004") == ("OFF", "OFF", "OFF")


async def test_room_moderators_switch_off_and_never_on(world: World) -> None:
    """Rule 88: those named, where they are on; the participant may switch them on again."""
    meeting = await room(world, *students(2))
    await meeting.does("student-001", "setDevices", **ALL)
    head = await log_head(world)
    await meeting.does("moderator", "switchOffDevices", "student-001", devices=["MICROPHONE", "SCREEN"])
    assert await meeting.devices("student-001") == ("ON", "OFF", "OFF")
    for verb in ("switchOffDevices", "unblockDevices"):
        again = await meeting.does("moderator", verb, "student-001", devices=["MICROPHONE"])
        assert again["cursor"] is None
    assert [each.participant.microphone for each in moved(await events_since(world, head))] == ["OFF"]
    await meeting.does("student-001", "setDevices", microphone=True)


async def test_what_is_blocked_stays_off_until_a_moderator_unblocks_it(world: World) -> None:
    """Rules 35, 88: also after leaving the stage or the room; for the camera that is on by default too."""
    meeting = await room(world, "student-001")
    await meeting.does("moderator", "switchOffDevices", "student-001", devices=["CAMERA", "SCREEN"], block=True)
    assert await meeting.devices("student-001") == ("BLOCKED", "OFF", "BLOCKED")
    assert await refused(meeting, "student-001", microphone=True, screen=True) == (
        "DEVICE_BLOCKED",
        ["input", "screen"],
    )
    assert (await meeting.does("student-001", "setDevices", camera=False))["cursor"] is None
    assert (await meeting.does("moderator", "switchOffDevices", "student-001", devices=["CAMERA"]))["cursor"] is None
    for verb in ("leaveStage", "requestStage"):
        await meeting.does("student-001", verb)
        assert await meeting.devices("student-001") == ("BLOCKED", "OFF", "BLOCKED")
    await world.mutate("student-001", LEAVE, room=world.room)
    await meeting.enter("student-001")
    assert await meeting.devices("student-001") == ("BLOCKED", "OFF", "BLOCKED")
    await meeting.does("moderator", "unblockDevices", "student-001", devices=["CAMERA"])
    assert await meeting.devices("student-001") == ("OFF", "OFF", "BLOCKED")
    await meeting.does("student-001", "setDevices", camera=True)
    await world.mutate("moderator", END, session=meeting.session)
    assert await meeting.devices("student-001") == ("OFF", "OFF", "BLOCKED")
    again = await room(world, "student-001")
    assert await again.devices("student-001") == ("ON", "OFF", "OFF")


async def test_who_is_off_the_stage_can_be_blocked_beforehand(world: World) -> None:
    """Rule 88: one by one; all at once only on the stage."""
    meeting = await room(world, *students(2))
    for who in students(2):
        await meeting.does(who, "leaveStage")
    await meeting.does("moderator", "switchOffDevices", "student-001", devices=["MICROPHONE"], block=True)
    assert (await meeting.does("moderator", "switchOffAllDevices", devices=EVERY, block=True))["cursor"] is None
    await meeting.does("student-001", "requestStage")
    assert await refused(meeting, "student-001", microphone=True) == ("DEVICE_BLOCKED", ["input", "microphone"])
    await world.mutate("student-002", LEAVE, room=world.room)
    given: dict[str, Any] = {"devices": ["CAMERA"]}
    assert await meeting.may_not("moderator", "switchOffDevices", "student-002", **given) == "NOT_IN_SESSION"


async def test_a_moderator_leaves_the_devices_of_managers_alone(world: World) -> None:
    """Rules 12, 88: one's own as well where all are meant; a manager's order reaches everyone else."""
    meeting = await room(world, "manager", *students(2))
    given: dict[str, Any] = {"devices": ["CAMERA"], "block": True}
    assert await meeting.may_not("moderator", "switchOffDevices", "manager", **given) == "FORBIDDEN"
    await meeting.does("student-001", "setDevices", camera=False)
    head = await log_head(world)
    await meeting.does("moderator", "switchOffAllDevices", devices=["CAMERA", "MICROPHONE"])
    (told,) = await events_since(world, head)
    assert isinstance(told, AllDevicesChanged)
    assert (told.state, told.camera, told.microphone) == ("OFF", [local(meeting.ids["student-002"])], [])
    assert [(await meeting.devices(who))[0] for who in ("manager", "moderator", "student-002")] == ["ON", "ON", "OFF"]
    await meeting.does("manager", "switchOffAllDevices", **given)
    assert [(await meeting.devices(who))[0] for who in ("manager", "moderator", *students(2))] == [
        "ON",
        *["BLOCKED"] * 3,
    ]
    await meeting.does("student-001", "leaveStage")
    await meeting.does("moderator", "unblockAllDevices", devices=EVERY)
    assert [(await meeting.devices(who))[0] for who in ("moderator", *students(2))] == ["BLOCKED", "OFF", "OFF"]


async def test_all_is_one_event_and_as_many_statements_for_many_as_for_few(world: World) -> None:
    """Rule 88: streams tell of it with the participants whose devices changed."""
    meeting = await room(world, *students(2))
    given: dict[str, Any] = {"sessionId": meeting.session, "devices": ["CAMERA"]}
    few = await statements_of(world, "moderator", VERBS["switchOffAllDevices"], given)
    await meeting.enter(*students(10, start=3))
    async with world.socket("student-001") as socket:
        stream = await socket.subscribe(STREAM, room=world.room)
        await is_live(stream)
        many = await statements_of(world, "moderator", VERBS["switchOffAllDevices"], given)
        told = await next_event(stream)
        await meeting.does("student-001", "setDevices", camera=True)
        own = await next_event(stream)
    assert len(many) == len(few)
    assert (told["state"], told["microphoneIds"], told["screenIds"]) == ("OFF", [], [])
    assert set(told["cameraIds"]) == {meeting.ids[who] for who in students(10, start=3)}
    assert own["participant"] == {
        "id": meeting.ids["student-001"],
        "camera": "ON",
        "microphone": "OFF",
        "screen": "OFF",
    }


@pytest.mark.parametrize("devices", [[], ["CAMERA", "CAMERA"]])
async def test_devices_are_named_each_once(world: World, devices: list[str]) -> None:
    meeting = await room(world, "student-001")
    refusal = await world.refused(
        "moderator", VERBS["unblockAllDevices"], input={"sessionId": meeting.session, "devices": devices}
    )
    assert (refusal["code"], refusal["field"][:2]) == ("INVALID", ["input", "devices"])


async def test_a_device_that_flaps_is_slowed_down(world: World) -> None:
    """Rule 88, with a rate of its own."""
    limit = update(RateLimit).where(RateLimit.kind == RateKind.DEVICES)
    meeting = await room(world, "student-001")
    await change(world, limit.values(burst=2, per_minute=1))
    try:
        for on in (True, False):
            await meeting.does("student-001", "setDevices", microphone=on)
        assert await meeting.tries("student-001", "setDevices", microphone=True) == "RATE_LIMITED"
        await meeting.does("student-001", "raiseHand")
    finally:
        await change(world, limit.values(burst=1_000_000, per_minute=60))
