"""Blocking a participant from a session's chat: they still read, and nobody else is told (rules 12, 35, 47)."""

import pytest

from models.tables.galleries import GalleryRole
from tests.support.admission import lock, wait
from tests.support.chat import EVENTS, kinds, talk, told
from tests.support.event_streams import is_live
from tests.support.people import configure, give_role, id_of
from tests.support.world import END, ENTER, LEAVE, World

WHO = """query ($room: ID!) { room(id: $room) { activeSession { participants { edges { node {
  chatBlocked user { id } } } } viewerParticipant { chatBlocked } } } }"""


async def blocked_to(world: World, viewer: str) -> set[str]:
    """Returns the participants that this viewer sees as blocked."""
    edges = (await world.query(viewer, WHO, room=world.room))["room"]["activeSession"]["participants"]["edges"]
    return {edge["node"]["user"]["id"] for edge in edges if edge["node"]["chatBlocked"]}


async def test_whoever_is_blocked_reads_and_does_not_write(world: World) -> None:
    """Rule 47: no message, reply or reaction in the group chat; own messages and reactions can be taken back."""
    room = await talk(world, "student-001")
    await room.say("student-001", "mine")
    await room.does("student-001", "addReaction", "mine", emoji="👍")
    await room.does("chatmod", "blockFromChat", "student-001")
    assert await room.may_not_say("student-001", "Hello") == ("CHAT_BLOCKED", "channel")
    assert await room.may_not_say("student-001", "Hello", to="mine") == ("CHAT_BLOCKED", "channel")
    assert await room.may_not("student-001", "addReaction", "mine", emoji="🎉") == "CHAT_BLOCKED"
    assert await room.texts("student-001") == ["mine"]
    await room.say("chatmod", "to all", "ANNOUNCEMENTS")
    await room.does("student-001", "addReaction", "to all", emoji="👍")
    await room.does("student-001", "removeReaction", "mine", emoji="👍")
    await room.does("student-001", "deleteMessage", "mine")
    await room.does("chatmod", "unblockFromChat", "student-001")
    await room.say("student-001", "again")
    await room.does("student-001", "addReaction", "again", emoji="🎉")


async def test_the_backchannel_is_a_chat_as_well(world: World) -> None:
    """Rules 12, 47: a block covers the backchannel too; a moderator who is not a manager can be blocked."""
    room = await talk(world)
    await room.say("chatmod", "among us", "BACKCHANNEL")
    await room.does("chatmod", "blockFromChat", "moderator")
    assert await room.may_not_say("moderator", "Hello", "BACKCHANNEL") == ("CHAT_BLOCKED", "channel")
    assert await room.may_not("moderator", "addReaction", "among us", emoji="👍") == "CHAT_BLOCKED"
    assert await room.texts("moderator", "BACKCHANNEL") == ["among us"]


async def test_a_block_is_told_to_them_and_to_chat_moderators_alone(world: World) -> None:
    """Rule 47: the event is sent once; room moderators and managers see it in no event, list, id or timing."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "student-004")])
    room = await talk(world, "student-001", "student-002", "student-004", "manager")
    people = ("student-001", "chatmod", "student-004", "moderator", "student-002", "manager")
    sockets = {who: world.socket(who) for who in people}
    streams = {}
    for who, socket in sockets.items():
        streams[who] = await (await socket.__aenter__()).subscribe(EVENTS, room=world.room)
        await is_live(streams[who])
    try:
        done = await room.does("chatmod", "blockFromChat", "student-001")
        assert done["participant"]["chatBlocked"]
        assert (await room.does("student-004", "blockFromChat", "student-001"))["cursor"] is None
        await room.does("student-004", "unblockFromChat", "student-001")
        assert (await room.does("chatmod", "unblockFromChat", "student-001"))["cursor"] is None
        await room.does("chatmod", "blockFromChat", "student-001")
        await room.say("chatmod", "the end")
        for who, stream in streams.items():
            knows = who in ("student-001", "chatmod", "student-004")
            events = await told(stream, 4 if knows else 1)
            assert kinds(events) == ["ParticipantChanged"] * (3 if knows else 0) + ["MessagePosted"], who
            assert [each["participant"]["chatBlocked"] for each in events[:-1]] == [True, False, True][
                : len(events) - 1
            ]
            assert await blocked_to(world, who) == ({await id_of(world, "student-001")} if knows else set()), who
    finally:
        for socket in sockets.values():
            await socket.__aexit__(None, None, None)
    other = "query ($id: ID!) { node(id: $id) { ... on Participant { chatBlocked } } }"
    for who in people:
        seen = (await world.query(who, other, id=room.meeting.ids["student-001"]))["node"]["chatBlocked"]
        assert seen is (who in ("student-001", "chatmod", "student-004")), who


async def test_a_block_outlives_leaving_and_not_the_session(world: World) -> None:
    """Rules 35, 47: a block stays after leaving and entering with other roles; a new session starts without blocks."""
    room = await talk(world, "student-001")
    await room.does("chatmod", "blockFromChat", "student-001")
    await world.mutate("student-001", LEAVE, room=world.room)
    await world.mutate("student-001", ENTER, room=world.room)
    assert await room.may_not_say("student-001", "Hello") == ("CHAT_BLOCKED", "channel")
    await world.mutate("student-001", LEAVE, room=world.room)
    await room.does("chatmod", "unblockFromChat", "student-001")
    await room.does("chatmod", "blockFromChat", "student-001")
    await world.mutate("student-001", ENTER, room=world.room)
    assert await room.may_not_say("student-001", "Hello") == ("CHAT_BLOCKED", "channel")
    await world.mutate("moderator", END, session=room.meeting.session)
    assert await room.may_not("chatmod", "unblockFromChat", "student-001") == "SESSION_ENDED"
    await room.meeting.enter("moderator", "student-001")
    await room.say("student-001", "Hello")


async def test_a_manager_is_blocked_by_managers_alone(world: World) -> None:
    """Rule 12: by the snapshot; a chat moderator who is a manager can block managers and moderators."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "dean")])
    await give_role(world, "dean", GalleryRole.MANAGER)
    room = await talk(world, "manager", "dean")
    assert await room.may_not("chatmod", "blockFromChat", "manager") == "FORBIDDEN"
    await room.does("dean", "blockFromChat", "manager")
    assert await room.may_not_say("manager", "Hello") == ("CHAT_BLOCKED", "channel")
    assert await room.may_not("chatmod", "unblockFromChat", "manager") == "FORBIDDEN"
    await room.does("dean", "unblockFromChat", "manager")


@pytest.mark.parametrize("verb", ["blockFromChat", "unblockFromChat"])
async def test_of_who_waits_chat_moderators_are_told_nothing(world: World, verb: str) -> None:
    """Rules 4, 37, 47: a waiting person is absent to them; a moderator of both room and chat can block once inside."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "moderator")])
    room = await talk(world)
    await lock(world, room.meeting.session)
    (waiting,) = await wait(world, "student-001")
    assert await room.may_not("chatmod", verb, waiting) == "NOT_FOUND"
    assert await room.may_not("moderator", verb, waiting) == "NOT_IN_SESSION"


async def test_whoever_waits_to_come_back_is_blocked_like_who_has_left(world: World) -> None:
    """Rules 4, 37, 47: neither the answer nor the events show that the person has come back."""
    room = await talk(world, "student-001", "student-002")
    for who in ("student-001", "student-002"):
        await world.mutate(who, LEAVE, room=world.room)
    await lock(world, room.meeting.session)
    await wait(world, "student-001")
    async with world.socket("chatmod") as socket:
        stream = await socket.subscribe(STATES, room=world.room)
        await is_live(stream)
        for who in ("student-001", "student-002"):
            await room.does("chatmod", "blockFromChat", who)
        events = await told(stream, 2)
    assert [each["participant"]["state"] for each in events] == ["LEFT", "LEFT"]
    assert await room.may_not_say("student-001", "Hello") == ("NOT_IN_SESSION", "roomId")


STATES = """subscription ($room: ID!) { roomEvents(roomId: $room) {
  __typename cursor ... on ParticipantChanged { participant { state } } } }"""


async def test_a_chat_moderator_who_is_blocked_goes_on_moderating(world: World) -> None:
    """Rules 7, 47: their permissions come from the snapshot; announcements are not covered by the block."""
    await configure(world, chatModeratorIds=[await id_of(world, "chatmod"), await id_of(world, "student-004")])
    room = await talk(world, "student-001", "student-004")
    await room.say("student-001", "Hello")
    await room.does("chatmod", "blockFromChat", "student-004")
    assert await room.may_not_say("student-004", "Hello") == ("CHAT_BLOCKED", "channel")
    await room.does("student-004", "pinMessage", "Hello")
    await room.say("student-004", "to all", "ANNOUNCEMENTS")
    assert await room.texts("student-001", "ANNOUNCEMENTS") == ["to all"]
