"""Events about stage and hands, and who receives them (rules 23, 42, 44, 63)."""

from typing import Any

from tests.support.event_streams import next_event
from tests.support.running_session import meet
from tests.support.world import LEAVE, Subscribed, World

STATUS = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  participantCount onStageCount session { stageAccess } } }"""
EVENTS = """subscription ($room: ID!) { roomEvents(roomId: $room) { __typename
  ... on StageAccessChanged { session { stageAccess stage { user { name } } } }
  ... on StageChanged { onStageCount participant { onStage invitedToStage user { name } } }
  ... on HandRaised { participant { user { name } } } ... on HandLowered { participant { user { name } } } } }"""
ONE, NAME = "student-001", {"name": "Student 001"}


def shown(count: int, on_stage: int, access: str = "EVERYONE") -> dict[str, Any]:
    return {"participantCount": count, "onStageCount": on_stage, "session": {"stageAccess": access}}


async def test_the_count_on_stage_is_told_after_every_change(world: World) -> None:
    """Rules 23, 42: once each, to everyone who sees the room; invitations and hands do not change it."""
    meeting = await meet(world, ONE)
    async with world.socket("student-002") as socket:
        stream = await socket.subscribe(STATUS, room=world.room)
        assert await stream.next() == shown(2, 0, "INVITE_ONLY")
        await meeting.does("moderator", "setStageAccess", access="EVERYONE")
        assert await stream.next() == shown(2, 0)
        await meeting.does("moderator", "inviteToStage", ONE)
        await meeting.does(ONE, "raiseHand")
        await meeting.does(ONE, "acceptStage")
        assert await stream.next() == shown(2, 1)
        await meeting.does("moderator", "requestStage")
        assert await stream.next() == shown(2, 2)
        await meeting.does("moderator", "leaveStage")
        assert await stream.next() == shown(2, 1)
        await world.mutate(ONE, LEAVE, room=world.room)
        assert await stream.next() == shown(1, 0)


async def test_those_inside_and_moderators_are_told_of_stage_and_hands(world: World) -> None:
    """Rules 42, 44, 63: with names; other members of the gallery are told only of the stage access."""
    meeting = await meet(world, ONE)
    async with world.socket(ONE) as inside, world.socket("manager") as outside, world.socket("student-002") as other:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (inside, outside, other)]
        for stream in streams:
            await is_live_here(stream)
        await meeting.does(ONE, "raiseHand")
        await meeting.does("moderator", "inviteToStage", ONE)
        await meeting.does(ONE, "acceptStage")
        await meeting.does(ONE, "raiseHand")
        await meeting.does("moderator", "lowerAllHands")
        await meeting.does("moderator", "setStageAccess", access="EVERYONE")
        for stream in streams[:2]:
            assert [await next_event(stream) for _ in range(6)] == [
                {"__typename": "HandRaised", "participant": {"user": NAME}},
                stage_changed(0, onStage=False, invitedToStage=True),
                stage_changed(1, onStage=True, invitedToStage=False),
                {"__typename": "HandRaised", "participant": {"user": NAME}},
                {"__typename": "HandLowered", "participant": {"user": NAME}},
                access_changed([NAME]),
            ]
        assert await next_event(streams[2]) == access_changed([])


def stage_changed(count: int, **states: bool) -> dict[str, Any]:
    return {"__typename": "StageChanged", "onStageCount": count, "participant": {**states, "user": NAME}}


def access_changed(people: list[dict[str, str]]) -> dict[str, Any]:
    stage = [{"user": each} for each in people]
    return {"__typename": "StageAccessChanged", "session": {"stageAccess": "EVERYONE", "stage": stage}}


async def is_live_here(stream: Subscribed) -> None:
    assert (await stream.next())["__typename"] == "Checkpoint"
