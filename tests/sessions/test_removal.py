"""Removing people from a session, with or without a ban (rules 12, 35, 41)."""

from models.tables.galleries import GalleryRole
from tests.support.admission import (
    REMOVE,
    counted,
    decline,
    kinds_since,
    launch,
    lock,
    locked,
    own,
    people,
    remove,
    state_of,
    unlock,
    wait,
)
from tests.support.event_streams import EVENTS, beginning, is_live, next_event
from tests.support.people import absent, configure, give_role, id_of, log_head, set_role
from tests.support.world import END, ENTER, LEAVE, POST, Subscribed, World


async def refusal(world: World, who: str, participant: str) -> str:
    """Returns the code of the refusal that somebody gets for removing this participant."""
    refused = await world.refused(who, REMOVE, input={"participantId": participant, "ban": True})
    assert refused["field"] == ["input", "participantId"]
    return str(refused["code"])


async def test_who_was_removed_may_enter_again_unless_banned(world: World) -> None:
    """Rule 41: a ban ends with the session."""
    session = await launch(world, "student-001")
    mine = (await own(world, "student-001", session))["id"]
    for ban in (False, True):
        head = await log_head(world)
        assert (await remove(world, mine, ban=ban))["participant"] == {"id": mine, "state": "REMOVED"}
        assert await kinds_since(world, head) == ["ParticipantLeft"]
        assert await counted(world, session) == (1, 0)
        said = await world.refused("student-001", POST, room=world.room, text="Hey!")
        assert said["code"] == "NOT_IN_SESSION"
        if not ban:
            await world.enter("student-001")
    assert (await world.refused("student-001", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"
    await lock(world, session)
    assert (await world.refused("student-001", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"
    await world.mutate("moderator", END, session=session)
    fresh = await launch(world, "student-001")
    assert await state_of(world, "student-001", fresh) == "ADMITTED"


async def test_who_waits_is_removed_without_those_inside_noticing(world: World) -> None:
    """Rules 37, 41."""
    session = await locked(world, "student-001")
    waiting = await wait(world, "student-002", "student-003")
    await remove(world, waiting[0], ban=True)
    await remove(world, waiting[1])
    assert await state_of(world, "student-002", session) == "REMOVED"
    assert await people(world, "student-001", session) == {"ADMITTED": 2}
    assert (await world.refused("student-002", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"
    assert await wait(world, "student-003") == waiting[1:]
    await unlock(world, session)
    assert (await world.refused("student-002", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"


async def test_removing_again_changes_nothing(world: World) -> None:
    """Somebody who has left cannot be banned any more."""
    session = await launch(world, "student-001", "student-002")
    first, second = [(await own(world, who, session))["id"] for who in ("student-001", "student-002")]
    await remove(world, first)
    await remove(world, second, ban=True)
    head = await log_head(world)
    assert (await remove(world, first))["cursor"] is None
    assert (await remove(world, second, ban=True))["cursor"] is None
    assert (await remove(world, second))["cursor"] is None
    assert await kinds_since(world, head) == []
    assert await refusal(world, "moderator", first) == "NOT_IN_SESSION"
    assert (await world.refused("student-002", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"


async def test_who_cannot_be_removed(world: World) -> None:
    """Rules 12, 41: oneself, people who left, unknown ids, and, for a room moderator, managers."""
    session = await launch(world, "manager", "student-001", "chatmod")
    ids = {who: (await own(world, who, session))["id"] for who in ("moderator", "manager", "student-001", "chatmod")}
    assert await refusal(world, "moderator", ids["moderator"]) == "INVALID"
    assert await refusal(world, "moderator", ids["manager"]) == "FORBIDDEN"
    assert await refusal(world, "chatmod", ids["student-001"]) == "FORBIDDEN"
    assert await refusal(world, "student-001", ids["chatmod"]) == "FORBIDDEN"
    assert await refusal(world, "outsider", ids["chatmod"]) == "NOT_FOUND"
    for nobody in (absent("Participant"), session, "no id"):
        assert await refusal(world, "manager", nobody) == "NOT_FOUND"
    await world.mutate("student-001", LEAVE, room=world.room)
    assert await refusal(world, "moderator", ids["student-001"]) == "NOT_IN_SESSION"
    await remove(world, ids["moderator"], by="manager")
    assert await state_of(world, "moderator", session) == "REMOVED"


async def test_managers_remove_managers(world: World) -> None:
    """Rule 12."""
    session = await launch(world, "manager")
    await give_role(world, "dean", GalleryRole.MANAGER)
    mine = (await own(world, "manager", session))["id"]
    await remove(world, mine, by="dean", ban=True)
    assert (await world.refused("manager", ENTER, room=world.room))["code"] == "REMOVED_FROM_SESSION"


async def test_who_is_a_manager_is_said_by_the_snapshot(world: World) -> None:
    """Rules 12, 32: inside, the snapshot's role counts; outside, the stored one."""
    session = await launch(world, "manager", "student-001")
    manager, student = [(await own(world, who, session))["id"] for who in ("manager", "student-001")]
    promoted = await id_of(world, "student-001")
    await configure(world, roomModeratorIds=[promoted, await id_of(world, "moderator")])
    await set_role(world, promoted, GalleryRole.MANAGER)
    await give_role(world, "dean", GalleryRole.MANAGER)
    await set_role(world, await id_of(world, "manager"), None)
    assert await refusal(world, "moderator", manager) == "FORBIDDEN"
    await remove(world, student)
    await remove(world, manager, by="student-001")  # outside by now, so the stored role as manager counts


async def test_a_manager_who_waits_is_sent_away_by_managers_alone(world: World) -> None:
    """Rules 9, 12, 32: people who wait have no snapshot, so the stored role counts."""
    session = await locked(world, "manager")
    (waiting, other) = await wait(world, "student-001", "student-002")
    await give_role(world, "student-001", GalleryRole.MANAGER)
    head = await log_head(world)
    assert await refusal(world, "moderator", waiting) == "FORBIDDEN"
    assert await decline(world, session, waiting, other) == ["FORBIDDEN", "DECLINED"]
    assert await kinds_since(world, head) == ["ParticipantLeft"]
    assert await state_of(world, "student-001", session) == "WAITING"
    assert await decline(world, session, waiting, by="manager") == ["DECLINED"]
    await world.enter("student-001")  # with the role of a moderator
    assert await state_of(world, "student-001", session) == "ADMITTED"


async def test_a_moderator_acts_from_outside_too(world: World) -> None:
    """Rule 6: with the stored role."""
    session = await launch(world, "student-001")
    await remove(world, (await own(world, "student-001", session))["id"], by="manager")
    assert await state_of(world, "student-001", session) == "REMOVED"


async def test_the_stream_of_a_banned_person_who_waited_tells_what_any_member_is_told(world: World) -> None:
    """Rules 37, 41, 63: after the event about themselves; a replay too."""
    session = await locked(world)
    (waiting,) = await wait(world, "student-001")
    told, replayed = await told_after_a_ban(world, session, waiting)
    assert told == ["ParticipantLeft", "SessionEnded"]
    assert "ParticipantWaiting" in replayed
    assert not {"ParticipantJoined", "MessagePosted"} & set(replayed)


async def test_the_stream_of_a_banned_person_who_was_inside_tells_what_that_of_one_who_left_does(world: World) -> None:
    """Rules 41, 45, 63: people who were admitted read the whole session, even if they are banned."""
    session = await launch(world, "student-001")
    told, replayed = await told_after_a_ban(world, session, (await own(world, "student-001", session))["id"])
    assert told == ["ParticipantLeft", "ParticipantJoined", "MessagePosted", "SessionEnded"]
    assert replayed[-4:] == told


async def told_after_a_ban(world: World, session: str, participant: str) -> tuple[list[str], list[str]]:
    """Returns a student's events from their ban to the session's end, and those of a full replay.

    Checks that another member receives only the end.
    """
    async with world.socket("student-001") as banned, world.socket("student-002") as outside:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (banned, outside)]
        for stream in streams:
            await is_live(stream)
        await remove(world, participant, ban=True)
        await world.enter("manager")
        await world.post("manager", "Among us.")
        await world.post("manager", "And more so.", "BACKCHANNEL")
        await world.mutate("moderator", END, session=session)
        theirs, members = [await until_the_end(stream) for stream in streams]
        assert members == ["SessionEnded"]
        replay = await until_the_end(await banned.subscribe(EVENTS, room=world.room, after=beginning(world)))
    return theirs, replay


async def until_the_end(stream: Subscribed) -> list[str]:
    kinds = [str((await next_event(stream))["__typename"])]
    while kinds[-1] != "SessionEnded":
        kinds.append(str((await next_event(stream))["__typename"]))
    return kinds
