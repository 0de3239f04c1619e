"""The stage: who may step up, in which order they appear, how many fit (rules 12, 22, 23, 28, 32, 35, 38, 40, 42)."""

import asyncio
from collections import Counter
from random import Random

import pytest

from models.events.stage import StageAccessChanged, StageChanged
from models.tables.galleries import GalleryRole
from tests.support.people import configure, events_since, give_role, id_of, log_head
from tests.support.running_session import TO_PARTICIPANT, Meeting, kinds, limit_stage, meet, moved, students
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, LEAVE, World

ACCESSES = ("EVERYONE", "BY_REQUEST", "INVITE_ONLY")
UP, ASKED, SHUT = "up", "hand", "STAGE_NOT_OPEN"
# The outcome of requestStage by stage access: for everybody, and for people who may step up by themselves.
ASKING = {"EVERYONE": (UP, UP), "BY_REQUEST": (ASKED, UP), "INVITE_ONLY": (SHUT, UP)}
THEMSELVES = {"WEBINAR": ("moderator", "manager", "speaker"), "INTERACTIVE": ("moderator", "manager")}


async def webinar(world: World, *people: str, access: str = "INVITE_ONLY") -> Meeting:
    meeting = await meet(world, *people)
    if access != "INVITE_ONLY":
        await meeting.does("moderator", "setStageAccess", access=access)
    return meeting


@pytest.mark.parametrize(("mode", "access"), [("INTERACTIVE", "EVERYONE"), ("WEBINAR", "INVITE_ONLY")])
async def test_a_session_starts_with_the_access_of_its_mode(world: World, mode: str, access: str) -> None:
    """Rules 28, 42: later changes of the room's mode apply to the next session."""
    meeting = await meet(world, mode=mode)
    await configure(world, mode="INTERACTIVE" if mode == "WEBINAR" else "WEBINAR")
    assert (await meeting.seen())["stageAccess"] == access


@pytest.mark.parametrize("mode", THEMSELVES)
async def test_who_may_step_up_by_themselves(world: World, mode: str) -> None:
    """Rule 42: by the current stage access, which can change live; speakers and moderators of a webinar always may."""
    people = ["manager", "chatmod", "speaker", "student-001"]
    meeting = await meet(world, *people, mode=mode, speakerIds=[await id_of(world, "speaker")])
    for access in ACCESSES:
        await meeting.does("moderator", "setStageAccess", access=access)
        for who in ("moderator", *people):
            expected = ASKING[access][who in THEMSELVES[mode]]
            assert await asks(meeting, who) == expected, (access, who)


async def asks(meeting: Meeting, who: str) -> str:
    """Returns the outcome of requestStage, and undoes it."""
    code = await meeting.tries(who, "requestStage")
    if code != "done":
        return code
    if who in await meeting.on_stage():
        await meeting.does(who, "leaveStage")
        return UP
    await meeting.does(who, "lowerHand", who)
    return ASKED


async def test_switching_removes_nobody(world: World) -> None:
    """Rule 42: invitations and hands stay too; setting the current value sends no event."""
    meeting = await webinar(world, *students(3), access="EVERYONE")
    await meeting.does("student-001", "requestStage")
    await meeting.does("moderator", "inviteToStage", "student-002")
    await meeting.does("student-003", "raiseHand")
    head = await log_head(world)
    changed = await meeting.does("moderator", "setStageAccess", access="INVITE_ONLY")
    assert changed["session"] == {"id": meeting.session, "stageAccess": "INVITE_ONLY"}
    again = await meeting.does("moderator", "setStageAccess", access="INVITE_ONLY")
    assert again["cursor"] is None
    (event,) = await events_since(world, head)
    assert isinstance(event, StageAccessChanged)
    assert await meeting.on_stage() == ["student-001"]
    assert await meeting.hands() == ["student-003"]
    await meeting.does("student-002", "acceptStage")
    assert await meeting.may_not("student-003", "requestStage") == "STAGE_NOT_OPEN"


async def test_twenty_five_is_a_view_and_evicts_nobody(world: World) -> None:
    """Rules 22, 23: an interactive stage lists the most recent first and is unlimited; 25 of them are visible."""
    people = students(28)
    meeting = await meet(world, *people, mode="INTERACTIVE")
    assert await meeting.on_stage() == [*people[::-1], "moderator"]
    await meeting.does("student-001", "leaveStage")
    await meeting.does("student-001", "requestStage")
    assert await meeting.on_stage() == ["student-001", *people[:0:-1], "moderator"]
    limits = "query ($id: ID!) { node(id: $id) { ... on RoomSession { limits { visibleCameras stageCapacity } } } }"
    shown = await world.query("student-002", limits, id=meeting.session)
    assert shown["node"]["limits"] == {"visibleCameras": 25, "stageCapacity": None}


async def test_the_eleventh_is_refused_until_a_place_is_free(world: World) -> None:
    """Rules 22, 23: moderators included; stepping down, leaving and being taken off free a place."""
    people = students(10)
    meeting = await webinar(world, *people, access="EVERYONE")
    for who in people:
        await meeting.tries(who, "requestStage")
    assert await meeting.may_not("moderator", "requestStage") == "STAGE_FULL"
    await meeting.does("student-001", "leaveStage")
    await meeting.does("moderator", "requestStage")
    assert await meeting.may_not("student-001", "requestStage") == "STAGE_FULL"
    await world.mutate("student-002", LEAVE, room=world.room)
    await meeting.does("student-001", "requestStage")
    await meeting.enter("student-002")
    assert await meeting.may_not("student-002", "requestStage") == "STAGE_FULL"
    await meeting.does("moderator", "removeFromStage", "student-003")
    await meeting.does("student-002", "requestStage")
    assert await meeting.counted() == 10


async def test_thirty_at_once_are_ten(world: World) -> None:
    """Rules 23, 43: invited people have their places; the others get exactly the remaining ones."""
    people = students(30)
    meeting = await webinar(world, *people, access="EVERYONE")
    for who in people[:5]:
        await meeting.does("moderator", "inviteToStage", who)
    before = await read_state(world.database)
    acts = [meeting.tries(who, "acceptStage" if who in people[:5] else "requestStage") for who in people]
    Random(23).shuffle(acts)
    codes = Counter(await asyncio.gather(*acts))
    assert await fold_all(world.database, before) == await read_state(world.database)
    assert codes == {"done": 10, "STAGE_FULL": 20}
    assert await meeting.counted() == 10
    assert set(people[:5]) <= set(await meeting.on_stage())


async def test_a_limit_is_the_sessions_own(world: World) -> None:
    """Rules 22, 28: the limit at launch, whatever the site's limit is later."""
    await limit_stage(world, 2)
    meeting = await webinar(world, *students(3), access="EVERYONE")
    await limit_stage(world, 9)
    for who in students(2):
        await meeting.does(who, "requestStage")
    assert await meeting.may_not("student-003", "requestStage") == "STAGE_FULL"


async def test_only_room_moderators_manage_the_stage(world: World) -> None:
    """Rules 6, 7, 8: not attendees, speakers or chat moderators; room moderators also from outside."""
    people = ["student-001", "student-002", "chatmod", "speaker"]
    meeting = await meet(world, *people, speakerIds=[await id_of(world, "speaker")])
    await meeting.does("student-002", "raiseHand")
    for who in ("student-001", "chatmod", "speaker"):
        for verb in TO_PARTICIPANT:
            assert await meeting.may_not(who, verb, "student-002") == "FORBIDDEN", (who, verb)
        assert await meeting.may_not(who, "setStageAccess", access="EVERYONE") == "FORBIDDEN"
        assert await meeting.may_not(who, "lowerAllHands") == "FORBIDDEN"
    invited = await meeting.does("manager", "inviteToStage", "student-002")
    assert invited["participant"]["invitedToStage"]
    await meeting.does("student-002", "acceptStage")
    taken = await meeting.does("manager", "removeFromStage", "student-002")
    assert not taken["participant"]["onStage"]


async def test_a_moderator_does_not_take_the_stage_from_a_manager(world: World) -> None:
    """Rule 12: managers may, from moderators and from each other; everyone may step down."""
    meeting = await meet(world, "manager")
    await meeting.does("manager", "requestStage")
    assert await meeting.may_not("moderator", "removeFromStage", "manager") == "FORBIDDEN"
    await meeting.does("moderator", "requestStage")
    await meeting.does("manager", "removeFromStage", "moderator")
    assert await meeting.on_stage() == ["manager"]
    await meeting.does("manager", "removeFromStage", "manager")
    await meeting.does("moderator", "inviteToStage", "manager")
    assert await meeting.may_not("moderator", "removeFromStage", "manager") == "FORBIDDEN"
    await meeting.does("manager", "acceptStage")
    await meeting.does("manager", "leaveStage")


async def test_inside_the_snapshot_says_who_is_a_manager(world: World) -> None:
    """Rules 12, 32: somebody who becomes a manager inside acts as one after entering again, or from outside."""
    meeting = await meet(world, "manager")
    await meeting.does("manager", "requestStage")
    await give_role(world, "moderator", GalleryRole.MANAGER)
    assert await meeting.may_not("moderator", "removeFromStage", "manager") == "FORBIDDEN"
    await world.mutate("moderator", LEAVE, room=world.room)
    await meeting.does("moderator", "removeFromStage", "manager")


async def test_who_is_promoted_inside_does_not_manage_the_stage(world: World) -> None:
    """Rules 32, 42: such a person cannot step up without an invitation either, until they enter again."""
    meeting = await meet(world, *students(2))
    await configure(world, roomModeratorIds=[await id_of(world, "student-001")])
    assert await meeting.may_not("student-001", "requestStage") == "STAGE_NOT_OPEN"
    assert await meeting.may_not("student-001", "inviteToStage", "student-002") == "FORBIDDEN"
    assert (await meeting.does("moderator", "requestStage"))["participant"]["onStage"]
    await world.mutate("student-001", LEAVE, room=world.room)
    await meeting.enter("student-001")
    await meeting.does("student-001", "requestStage")


async def test_what_is_so_already_is_done_without_an_event(world: World) -> None:
    """Rule 35: stepping up when up, stepping down when down, taking off somebody who is not on stage."""
    meeting = await webinar(world, "student-001", access="EVERYONE")
    await meeting.does("student-001", "requestStage")
    head = await log_head(world)
    for verb in ("requestStage", "acceptStage"):
        again = await meeting.does("student-001", verb)
        assert (again["participant"]["onStage"], again["cursor"]) == (True, None)
    assert (await meeting.does("moderator", "inviteToStage", "student-001"))["cursor"] is None
    for who, verb in (("moderator", "leaveStage"), ("manager", "removeFromStage")):
        assert (await meeting.does(who, verb, "moderator"))["cursor"] is None
    assert await events_since(world, head) == []


async def test_leaving_and_ending_clear_the_stage(world: World) -> None:
    """Rule 38: somebody who comes back is not on stage."""
    meeting = await webinar(world, *students(2), access="EVERYONE")
    for who in students(2):
        await meeting.does(who, "requestStage")
    await world.mutate("student-002", LEAVE, room=world.room)
    assert await meeting.on_stage() == ["student-001"]
    await meeting.enter("student-002")
    assert await meeting.on_stage() == ["student-001"]
    await world.mutate("moderator", END, session=meeting.session)
    assert await meeting.on_stage() == []
    assert await meeting.counted() == 0


async def test_stage_and_hands_are_for_its_people_and_room_moderators(world: World) -> None:
    """Rules 4, 6: everyone who sees the room sees the count, but not the people."""
    meeting = await webinar(world, *students(2), access="EVERYONE")
    await meeting.does("student-001", "requestStage")
    await meeting.does("student-002", "raiseHand")
    await world.mutate("student-002", LEAVE, room=world.room)
    await meeting.enter("student-002")
    await meeting.does("student-002", "raiseHand")
    for who in ("moderator", "manager", "student-001", "student-002"):
        assert (await meeting.on_stage(who), await meeting.hands(who)) == (["student-001"], ["student-002"]), who
    outside = await meeting.seen("student-003")
    assert (outside["stage"], outside["hands"]["edges"]) == ([], [])
    assert outside["room"]["status"] == {"onStageCount": 1}
    assert (await world.query("outsider", "query ($id: ID!) { node(id: $id) { id } }", id=meeting.session)) == {
        "node": None
    }


async def test_moderators_who_do_opposite_things_at_once_leave_one_state(world: World) -> None:
    """Rules 35, 64: the second one decides, and the events describe the final state."""
    meeting = await meet(world, *students(5), "manager")
    head = await log_head(world)
    for who in students(5):
        before = await read_state(world.database)
        codes = await asyncio.gather(*(meeting.tries(*act) for act in opposite(who)), meeting.tries(who, "acceptStage"))
        assert codes[:4] == ["done"] * 4
        after = await read_state(world.database)
        assert await fold_all(world.database, before) == after
        one = await meeting.stored_participant(who)
        assert one.stage_turn is None or one.invited_at is None
        assert await meeting.counted() == len(await meeting.on_stage()) <= 10
    for event in moved(await events_since(world, head)):
        assert event.participant.stage_turn is None or event.participant.invited_at is None


def opposite(whom: str) -> list[tuple[str, str, str]]:
    return [
        ("moderator", "inviteToStage", whom),
        ("manager", "removeFromStage", whom),
        ("moderator", "removeFromStage", whom),
        ("manager", "inviteToStage", whom),
    ]


async def test_stepping_up_and_down_is_told_with_the_count(world: World) -> None:
    """Rules 23, 64: to people inside."""
    meeting = await webinar(world, *students(2), access="EVERYONE")
    head = await log_head(world)
    await meeting.does("student-001", "requestStage")
    await meeting.does("student-002", "requestStage")
    await meeting.does("moderator", "removeFromStage", "student-001")
    told = await events_since(world, head)
    assert kinds(told) == ["StageChanged"] * 3
    assert [(event.participant.stage_turn is not None, event.counts.stage_count) for event in moved(told)] == [
        (True, 1),
        (True, 2),
        (False, 1),
    ]
    assert all(isinstance(event, StageChanged) and event.stepped for event in told)
