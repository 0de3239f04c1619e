"""Who sees the waiting list of a locked room, and what people who wait see (rules 37, 48, 63)."""

from collections import Counter
from typing import Any

import pytest

from models.tables.galleries import GalleryRole
from tests.support.admission import admit, decline, lock, locked, own, people, status, unlock, wait
from tests.support.event_streams import EVENTS, beginning, is_live, next_event
from tests.support.people import configure, give_role, id_of
from tests.support.world import END, LEAVE, Subscribed, World

NODE = "query ($id: ID!) { node(id: $id) { ... on Participant { id state session { id } } } }"
INSIDE = """query ($room: ID!) { room(id: $room) { activeSession { locked mode startedAt
  participants { edges { node { id } } } } messages { edges { node { text } } }
  backchannel: messages(channel: BACKCHANNEL) { edges { node { text } } } } }"""
WAITS = """subscription ($room: ID!) { roomStatus(roomId: $room) { locked participantCount waitingCount } }"""


async def a_locked_room(world: World) -> tuple[str, dict[str, str]]:
    """Locks a room with people of all kinds inside, one waiting and one declined. Returns session and participants."""
    await give_role(world, "dean", GalleryRole.MANAGER)
    session = await locked(world, "manager", "student-001")
    await unlock(world, session)
    await world.enter("chatmod")
    await lock(world, session)
    waiting, declined = await wait(world, "student-002", "student-003")
    await decline(world, session, declined)
    await world.post("student-001", "Welcome.")
    await world.post("moderator", "Among us.", "BACKCHANNEL")
    return session, {"waiting": waiting, "declined": declined, "inside": (await own(world, "manager", session))["id"]}


ALL = {"ADMITTED": 4, "WAITING": 1, "DECLINED": 1}
OTHERS = {"ADMITTED": 4}


async def test_the_waiting_list_is_for_room_moderators(world: World) -> None:
    """Rules 5, 8, 37: in the session's participants, through `node`, and in the count; people see their own state."""
    session, ids = await a_locked_room(world)
    for who, (seen, counts, nodes) in {
        "manager": (ALL, 1, {"waiting", "declined", "inside"}),
        "moderator": (ALL, 1, {"waiting", "declined", "inside"}),
        "dean": (ALL, 1, {"waiting", "declined", "inside"}),  # outside, through the stored role
        "chatmod": (OTHERS, None, {"inside"}),
        "student-001": (OTHERS, None, {"inside"}),
        "student-002": ({}, None, {"waiting"}),
        "student-003": ({}, None, {"declined"}),
        "student-004": ({}, None, set()),
    }.items():
        assert await people(world, who, session) == seen, who
        waiting = {state: count for state, count in seen.items() if state == "WAITING"}
        assert await people(world, who, session, "WAITING") == waiting, who
        shown = await status(world, who)
        assert shown == {"state": "OPEN", "locked": True, "participantCount": 4, "waitingCount": counts}, who
        found = {name for name, of in ids.items() if (await world.query(who, NODE, id=of))["node"]}
        assert found == nodes, who
    assert (await own(world, "student-002", session))["state"] == "WAITING"
    assert (await own(world, "student-003", session))["state"] == "DECLINED"
    for of in ids.values():
        assert await world.query("outsider", NODE, id=of) == {"node": None}


async def test_who_waits_sees_of_the_session_what_everyone_sees(world: World) -> None:
    """Rules 37, 45, 48: neither people inside nor their messages, until they are admitted."""
    session, ids = await a_locked_room(world)
    for who in ("student-002", "student-003", "student-004"):
        room = (await world.query(who, INSIDE, room=world.room))["room"]
        assert room["activeSession"].pop("startedAt"), who
        nothing: dict[str, Any] = {"edges": []}
        expected = {"locked": True, "mode": "WEBINAR", "participants": nothing}
        assert room == {"activeSession": expected, "messages": nothing, "backchannel": nothing}, who
    assert await admit(world, session, ids["waiting"]) == ["ADMITTED"]
    room = (await world.query("student-002", INSIDE, room=world.room))["room"]
    assert [edge["node"]["text"] for edge in room["messages"]["edges"]] == ["Welcome."]
    assert room["backchannel"] == nothing


LOCKING = ["RoomLocked", "RoomUnlocked", "RoomLocked"]
COMING = ["ParticipantJoined"] * 4
WAITING = ["ParticipantWaiting", "ParticipantWaiting", "ParticipantLeft"]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("manager", [*COMING, *WAITING, "MessagePosted", "MessagePosted"]),
        ("moderator", [*COMING, *WAITING, "MessagePosted", "MessagePosted"]),
        ("dean", [*COMING, *WAITING]),
        ("chatmod", [*COMING, "MessagePosted", "MessagePosted"]),
        ("student-001", [*COMING, "MessagePosted"]),
        ("student-002", ["ParticipantWaiting"]),
        ("student-003", ["ParticipantWaiting", "ParticipantLeft"]),
        ("student-004", []),
    ],
)
async def test_the_events_of_waiting_are_for_room_moderators(world: World, who: str, seen: list[str]) -> None:
    """Rules 37, 63: in a replay, with the viewer's current rights."""
    session, _ = await a_locked_room(world)
    await world.mutate("moderator", END, session=session)
    async with world.socket(who) as socket:
        stream = await socket.subscribe(EVENTS, room=world.room, after=beginning(world))
        seeded = ("AccessChanged", "RoomConfigured", "ContentAdded")
        told = [event for event in await until_the_end(stream) if event not in seeded]
    assert Counter(told) == Counter(["SessionStarted", *LOCKING, *seen, "SessionEnded"])


async def until_the_end(stream: Subscribed) -> list[str]:
    kinds = [str((await next_event(stream))["__typename"])]
    while kinds[-1] != "SessionEnded":
        kinds.append(str((await next_event(stream))["__typename"]))
    return kinds


async def test_a_stream_that_was_opened_while_waiting_begins_to_deliver_on_admission(world: World) -> None:
    """Rules 37, 45, 63: it sends nothing from before the admission, and all from then on. A decline sends an event."""
    session = await locked(world, "student-001")
    first, second = await wait(world, "student-002", "student-003")
    async with world.socket("student-002") as one, world.socket("student-003") as other:
        streams = [await socket.subscribe(EVENTS, room=world.room) for socket in (one, other)]
        for stream in streams:
            await is_live(stream)
        await world.post("student-001", "Not for those outside.")
        await wait(world, "student-004")
        await admit(world, session, first)
        await decline(world, session, second)
        await world.post("student-001", "Welcome.")
        await world.mutate("moderator", END, session=session)
        assert await until_the_end(streams[0]) == ["ParticipantJoined", "MessagePosted", "SessionEnded"]
        assert await until_the_end(streams[1]) == ["ParticipantLeft", "SessionEnded"]


async def test_who_was_inside_and_waits_again_reads_what_they_could_read(world: World) -> None:
    """Rules 37, 40, 45: waiting neither adds nor removes access."""
    session = await locked(world, "chatmod")
    await world.post("moderator", "Among us.", "BACKCHANNEL")
    await world.mutate("chatmod", LEAVE, room=world.room)
    before = await world.query("chatmod", INSIDE, room=world.room)
    (back,) = await wait(world, "chatmod")
    after = await world.query("chatmod", INSIDE, room=world.room)
    assert after["room"]["backchannel"] == before["room"]["backchannel"] != {"edges": []}
    await decline(world, session, back)
    assert await world.query("chatmod", INSIDE, room=world.room) == after


async def test_a_moderators_status_follows_the_waiting_list_and_nobody_elses_does(world: World) -> None:
    """Rules 37, 63: one item for each change of the list; for other people none, so timing reveals nothing."""
    session = await locked(world, "student-001")
    async with world.socket("moderator") as moderating, world.socket("student-001") as inside:
        theirs, others = [await each.subscribe(WAITS, room=world.room) for each in (moderating, inside)]
        assert await theirs.next() == {"locked": True, "participantCount": 2, "waitingCount": 0}
        assert await others.next() == {"locked": True, "participantCount": 2, "waitingCount": None}
        first, second = await wait(world, "student-002", "student-003")
        for count in (1, 2):
            assert await theirs.next() == {"locked": True, "participantCount": 2, "waitingCount": count}
        await decline(world, session, first)
        assert await theirs.next() == {"locked": True, "participantCount": 2, "waitingCount": 1}
        await admit(world, session, second)
        assert await theirs.next() == {"locked": True, "participantCount": 3, "waitingCount": 0}
        assert await others.next() == {"locked": True, "participantCount": 3, "waitingCount": None}
        await unlock(world, session)
        assert await theirs.next() == {"locked": False, "participantCount": 3, "waitingCount": 0}
        assert await others.next() == {"locked": False, "participantCount": 3, "waitingCount": None}


async def test_who_moderates_is_said_by_the_snapshot_inside(world: World) -> None:
    """Rule 32: for the count of the waiting list and for the list."""
    session = await locked(world, "student-001")
    await wait(world, "student-002")
    moderators = [await id_of(world, "student-001"), await id_of(world, "student-004")]
    await configure(world, roomModeratorIds=moderators)
    for who, seen in {"student-001": None, "student-004": 1, "moderator": 1}.items():
        assert (await status(world, who))["waitingCount"] == seen, who
        assert (await people(world, who, session, "WAITING")) == ({"WAITING": 1} if seen else {}), who
    await world.mutate("moderator", LEAVE, room=world.room)
    assert (await status(world, "moderator"))["waitingCount"] is None
    assert await people(world, "moderator", session, "WAITING") == {}
