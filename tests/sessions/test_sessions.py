import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import delete, update

from models.tables.galleries import GalleryRole
from models.tables.people import User
from models.tables.site import RoomLimits
from server.accounts import THE_SERVER
from tests.support.people import (
    change,
    configure,
    events_since,
    give_role,
    group_id,
    id_of,
    join_group,
    local,
    log_head,
    quit_group,
    set_role,
)
from tests.support.stored_state import fold_all, read_state
from tests.support.world import END, ENTER, LEAVE, POST, World

SESSION = """query ($session: ID!) { node(id: $session) { ... on RoomSession {
  endedAt endReason peakParticipants viewerParticipant { id state roles leftAt }
  participants { edges { node { id state } } } room { status { state participantCount } } } } }"""
SAID = """query ($room: ID!) { room(id: $room) { messages { edges { node {
  id text authorName authorRoles author { name } } } } } }"""
MAY = "query ($room: ID!) { room(id: $room) { viewerPermissions } }"


async def enter(world: World, who: str) -> dict[str, Any]:
    return await world.mutate(who, ENTER, room=world.room)


async def session_of(world: World, who: str, session: str) -> dict[str, Any]:
    return dict((await world.query(who, SESSION, session=session))["node"])


async def said_to(world: World, who: str) -> list[str]:
    edges = (await world.query(who, SAID, room=world.room))["room"]["messages"]["edges"]
    return [edge["node"]["text"] for edge in edges]


async def together(world: World, people: list[str]) -> list[dict[str, Any]]:
    """Lets people enter at the same moment, and checks replay. Returns their payloads."""
    before = await read_state(world.database)
    answers = await asyncio.gather(*(world.query(who, ENTER, room=world.room) for who in people))
    assert await fold_all(world.database, before) == await read_state(world.database)
    return [answer["enterRoom"] for answer in answers]


async def test_simultaneous_launches_start_one_session(world: World) -> None:
    """Rule 29: all callers get the same session, and it starts once."""
    people = [f"student-{number:03}" for number in range(1, 21)]
    await join_group(world, await group_id(world, "teaching-assistants"), *people)
    head = await log_head(world)
    entered = await together(world, people)
    assert [each["userErrors"] for each in entered] == [[]] * 20
    assert len({each["session"]["id"] for each in entered}) == 1
    assert len({each["participant"]["id"] for each in entered}) == 20
    assert [each["launched"] for each in entered].count(True) == 1
    told = Counter(event.kind for event in await events_since(world, head))
    assert told == {"SessionStarted": 1, "ParticipantJoined": 20}


async def test_simultaneous_joins_never_overshoot(world: World) -> None:
    """Rule 31: moderators included; leaving frees a place."""
    await change(world, update(RoomLimits).values(participant_capacity=10))
    session = (await enter(world, "moderator"))["session"]["id"]
    people = [f"student-{number:03}" for number in range(1, 16)]
    entered = await together(world, people)
    codes = Counter(error["code"] for each in entered for error in each["userErrors"])
    assert codes == {"ROOM_FULL": 6}
    assert [bool(each["participant"]) for each in entered].count(True) == 9
    assert (await world.refused("manager", ENTER, room=world.room))["code"] == "ROOM_FULL"
    inside = next(who for who, each in zip(people, entered, strict=True) if each["participant"])
    await world.mutate(inside, LEAVE, room=world.room)
    await enter(world, "manager")
    assert (await world.refused(inside, ENTER, room=world.room))["code"] == "ROOM_FULL"
    status = await session_of(world, "moderator", session)
    assert (status["room"]["status"]["participantCount"], status["peakParticipants"]) == (10, 10)


async def test_someone_inside_enters_a_full_room_from_another_device(world: World) -> None:
    """Rules 31, 36: they get the same participant, and no event is sent."""
    await change(world, update(RoomLimits).values(participant_capacity=2))
    await enter(world, "moderator")
    first = await enter(world, "student-001")
    head = await log_head(world)
    again = await enter(world, "student-001")
    assert again["participant"] == first["participant"]
    assert (again["launched"], again["cursor"]) == (False, None)
    assert await events_since(world, head) == []


async def promote(world: World, how: str, who: str) -> None:
    match how:
        case "group":
            await join_group(world, await group_id(world, "teaching-assistants"), who)
        case "assignment":
            await configure(world, roomModeratorIds=[await id_of(world, who)])
        case _:
            await give_role(world, who, GalleryRole.MANAGER)


async def demote(world: World, how: str, who: str) -> None:
    match how:
        case "group":
            await quit_group(world, await group_id(world, "teaching-assistants"), who)
        case "assignment":
            await configure(world, roomModeratorIds=[])
        case _:
            await give_role(world, who, GalleryRole.MEMBER)


@pytest.mark.parametrize("how", ["group", "assignment", "gallery role"])
async def test_what_is_granted_or_revoked_reaches_a_participant_on_rejoining(world: World, how: str) -> None:
    """Rule 32: the snapshot holds until leaving, for granted and for revoked roles."""
    session = (await enter(world, "manager"))["session"]["id"]
    attendee = (await enter(world, "student-001"))["participant"]
    assert attendee["roles"] == ["ATTENDEE"]
    await promote(world, how, "student-001")
    assert "END_SESSION" not in (await world.query("student-001", MAY, room=world.room))["room"]["viewerPermissions"]
    assert (await world.refused("student-001", END, session=session))["code"] == "FORBIDDEN"
    assert (await enter(world, "student-001"))["participant"]["roles"] == ["ATTENDEE"]
    await world.mutate("student-001", LEAVE, room=world.room)
    moderator = (await enter(world, "student-001"))["participant"]
    assert moderator == attendee | {"roles": ["ROOM_MODERATOR"]}
    await demote(world, how, "student-001")
    await world.post("student-001", "Still one of us.", "BACKCHANNEL")
    await world.mutate("student-001", LEAVE, room=world.room)
    assert (await enter(world, "student-001"))["participant"]["roles"] == ["ATTENDEE"]
    refusal = await world.refused("student-001", POST, room=world.room, text="And now?", channel="BACKCHANNEL")
    assert refusal["code"] == "FORBIDDEN"


async def test_a_manager_removed_from_the_gallery_stays_inside_until_leaving(world: World) -> None:
    """Rules 4, 32: with the snapshot's permissions, and without access to the gallery."""
    await enter(world, "moderator")
    await enter(world, "manager")
    await set_role(world, await id_of(world, "manager"), None)
    may = (await world.query("manager", MAY, room=world.room))["room"]["viewerPermissions"]
    assert {"END_SESSION", "BACKCHANNEL"} <= set(may)
    assert "CONFIGURE" not in may
    await world.post("manager", "Still here.")
    gallery = "query ($id: ID!) { gallery(by: {id: $id}) { id } }"
    assert (await world.query("manager", gallery, id=world.gallery))["gallery"] is None
    await world.mutate("manager", LEAVE, room=world.room)
    assert (await world.query("manager", MAY, room=world.room))["room"] is None
    assert (await world.refused("manager", ENTER, room=world.room))["code"] == "NOT_FOUND"


async def test_ending_is_for_everyone(world: World) -> None:
    """Rule 38: all leave, and entering again starts a new session."""
    session = (await enter(world, "moderator"))["session"]["id"]
    await enter(world, "student-001")
    ended = await world.mutate("moderator", END, session=session)
    assert ended["session"] == {"id": session, "endReason": "ENDED_BY_MODERATOR"}
    seen = await session_of(world, "student-001", session)
    assert seen["endedAt"] == seen["viewerParticipant"]["leftAt"] is not None
    assert [edge["node"]["state"] for edge in seen["participants"]["edges"]] == ["LEFT", "LEFT"]
    assert seen["room"]["status"] == {"state": "CLOSED", "participantCount": 0}
    assert (await world.refused("student-001", ENTER, room=world.room))["code"] == "ROOM_NOT_OPEN"
    fresh = await enter(world, "moderator")
    assert fresh["launched"]
    assert fresh["session"]["id"] != session


async def test_after_the_end_nothing_is_done_and_history_is_read(world: World) -> None:
    """Rule 40: a late retry does not end the next session."""
    session = (await enter(world, "moderator"))["session"]["id"]
    await enter(world, "student-001")
    await world.post("student-001", "Thank you.")
    await world.mutate("moderator", END, session=session)
    for who in ("moderator", "student-001"):
        assert (await world.refused(who, POST, room=world.room, text="One more thing"))["code"] == "SESSION_ENDED"
        assert (await world.refused(who, LEAVE, room=world.room))["code"] == "SESSION_ENDED"
        assert await said_to(world, who) == ["Thank you."]
    assert (await world.refused("student-002", POST, room=world.room, text="Hello?"))["code"] == "NOT_IN_SESSION"
    assert (await world.refused("moderator", END, session=session))["code"] == "SESSION_ENDED"
    await enter(world, "moderator")
    assert (await world.refused("moderator", END, session=session))["code"] == "SESSION_ENDED"
    assert (await world.refused("student-001", POST, room=world.room, text="Hello?"))["code"] == "NOT_IN_SESSION"


async def test_group_chat_is_read_by_whoever_was_ever_admitted(world: World) -> None:
    """Rule 45: the whole session, also for late joiners and people who left; nobody else."""
    session = (await enter(world, "moderator"))["session"]["id"]
    await enter(world, "student-001")
    await world.post("moderator", "One.")
    await world.mutate("student-001", LEAVE, room=world.room)
    await world.post("moderator", "Two.")
    assert await said_to(world, "student-002") == []
    await enter(world, "student-002")
    for who in ("moderator", "student-001", "student-002"):
        assert await said_to(world, who) == ["One.", "Two."], who
    for who in ("student-003", "manager", "chatmod"):
        assert await said_to(world, who) == [], who
    await world.mutate("moderator", END, session=session)
    await enter(world, "manager")
    await world.post("manager", "Three.")
    assert await said_to(world, "moderator") == ["One.", "Two."]
    assert await said_to(world, "manager") == ["Three."]


async def test_a_message_keeps_its_authors_name_and_roles(world: World) -> None:
    """Rule 49: whatever happens to roles, name or account."""
    await enter(world, "moderator")
    await enter(world, "chatmod")
    await world.post("chatmod", "Questions, please.")
    chatmod = local(await id_of(world, "chatmod"))
    await configure(world, chatModeratorIds=[])
    await world.mutate("chatmod", LEAVE, room=world.room)
    await change(world, update(User).where(User.id == chatmod).values(name="Chandra Renamed"))
    expected = {"text": "Questions, please.", "authorName": "Chandra Chatmod", "authorRoles": ["CHAT_MODERATOR"]}
    assert await message(world) == expected | {"author": {"name": "Chandra Renamed"}}
    gone = delete(User).where(User.id == chatmod)
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))
    assert await message(world) == expected | {"author": None}


async def message(world: World) -> dict[str, Any]:
    """Returns the only message in the room."""
    (edge,) = (await world.query("moderator", SAID, room=world.room))["room"]["messages"]["edges"]
    return {key: value for key, value in edge["node"].items() if key != "id"}


async def test_leaving_takes_being_inside(world: World) -> None:
    """Rule 36: leaving twice is refused."""
    assert (await world.refused("moderator", LEAVE, room=world.room))["code"] == "NOT_IN_SESSION"
    await enter(world, "moderator")
    assert (await world.refused("student-001", LEAVE, room=world.room))["code"] == "NOT_IN_SESSION"
    left = await world.mutate("moderator", LEAVE, room=world.room)
    assert left["participant"]["state"] == "LEFT"
    assert (await world.refused("moderator", LEAVE, room=world.room))["code"] == "NOT_IN_SESSION"
