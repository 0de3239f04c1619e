"""The effect of a room's settings on people who enter it."""

from typing import Any

from sqlalchemy import update

from models.events import rooms as room_events
from models.events import sessions as session_events
from models.tables.galleries import GalleryRole
from models.tables.sessions import SessionEndReason
from models.tables.site import RoomLimits, Site
from tests.support.people import (
    change,
    configure,
    events_since,
    give_role,
    group_id,
    id_of,
    join_group,
    log_head,
    make_group,
    quit_group,
    set_role,
)
from tests.support.world import CONFIGURE, CREATE, END, ENTER, LEAVE, POST, World

ROOM = """query ($room: ID!) { room(id: $room) { id enabled mode qna qnaEnabled groupChat groupChatEnabled
  limits { mode visibleCameras stageCapacity participantCapacity } status { state mode participantCount }
  activeSession { id mode stageAccess limits { mode visibleCameras stageCapacity participantCapacity } } } }"""
SAID = "query ($room: ID!) { room(id: $room) { messages { edges { node { text } } } } }"
INTERACTIVE = {"mode": "INTERACTIVE", "visibleCameras": 25, "stageCapacity": None, "participantCapacity": 100}
WEBINAR = {"mode": "WEBINAR", "visibleCameras": 10, "stageCapacity": 10, "participantCapacity": 300}


async def room_of(world: World, who: str = "manager", room: str | None = None) -> dict[str, Any]:
    return dict((await world.query(who, ROOM, room=room or world.room))["room"])


async def said_in(world: World, who: str) -> list[str]:
    edges = (await world.query(who, SAID, room=world.room))["room"]["messages"]["edges"]
    return [edge["node"]["text"] for edge in edges]


async def test_disabling_keeps_the_room_its_settings_and_its_history(world: World) -> None:
    """Rule 21."""
    await world.enter("moderator")
    await world.post("moderator", "Good morning.")
    before = await room_of(world)
    await configure(world, enabled=False, endActiveSession=True)
    disabled = await room_of(world)
    assert disabled["status"] == {"state": "DISABLED", "mode": "WEBINAR", "participantCount": 0}
    await configure(world, enabled=True)
    after = await room_of(world)
    assert after["status"]["state"] == "CLOSED"
    assert {**after, "status": None} == {**before, "status": None, "activeSession": None}
    assert await said_in(world, "moderator") == ["Good morning."]


async def test_nobody_enters_a_disabled_room(world: World) -> None:
    """Rule 30."""
    await configure(world, enabled=False)
    for who in ("manager", "moderator", "chatmod", "student-001"):
        assert (await world.refused(who, ENTER, room=world.room))["code"] == "ROOM_DISABLED", who


async def test_disabling_during_a_session_must_be_meant(world: World) -> None:
    """Rule 27."""
    await world.enter("moderator", "student-001")
    disabled = {"galleryId": world.gallery, "enabled": False}
    refusal = await world.refused("manager", CONFIGURE, input=disabled)
    assert (refusal["code"], refusal["field"]) == ("ROOM_HAS_ACTIVE_SESSION", ["input", "enabled"])
    head = await log_head(world)
    await world.mutate("manager", CONFIGURE, input=disabled | {"endActiveSession": True})
    ended, configured = await events_since(world, head)
    assert isinstance(ended, session_events.SessionEnded)
    assert ended.session.end_reason is SessionEndReason.ROOM_DISABLED
    assert isinstance(configured, room_events.RoomConfigured)
    assert (await world.refused("student-001", POST, room=world.room, text="Hello?"))["code"] == "SESSION_ENDED"


async def test_ending_the_session_is_only_for_disabling(world: World) -> None:
    """Rules 27, 28: other changes do not end the session."""
    await world.enter("moderator")
    await configure(world, qna="DISABLED", mode="INTERACTIVE", speakerIds=[], endActiveSession=True)
    assert (await room_of(world))["status"]["state"] == "OPEN"


async def test_a_new_mode_is_for_the_next_session(world: World) -> None:
    """Rules 22, 28: mode, limits and stage access are fixed at launch; the room shows those of the next session."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await configure(world, mode="INTERACTIVE")
    await change(world, update(RoomLimits).values(participant_capacity=1))
    room = await room_of(world)
    running = {"id": session, "mode": "WEBINAR", "stageAccess": "INVITE_ONLY", "limits": WEBINAR}
    assert room["activeSession"] == running
    assert (room["mode"], room["status"]["mode"]) == ("INTERACTIVE", "WEBINAR")
    assert room["limits"] == INTERACTIVE | {"participantCapacity": 1}
    await world.enter("student-001")
    await world.mutate("moderator", END, session=session)
    await world.enter("moderator")
    fresh = (await room_of(world))["activeSession"]
    assert fresh["id"] != session
    assert (fresh["mode"], fresh["stageAccess"]) == ("INTERACTIVE", "EVERYONE")
    assert fresh["limits"] == INTERACTIVE | {"participantCapacity": 1}


async def test_group_chat_is_switched_at_once(world: World) -> None:
    """Rules 28, 45: in the running session; the backchannel stays on, and old messages stay readable."""
    await world.enter("moderator", "student-001")
    await world.post("student-001", "One.")
    await configure(world, groupChat="DISABLED")
    refusal = await world.refused("student-001", POST, room=world.room, text="Two.")
    assert (refusal["code"], refusal["field"]) == ("CHAT_DISABLED", ["input", "channel"])
    assert (await world.refused("moderator", POST, room=world.room, text="Two."))["code"] == "CHAT_DISABLED"
    await world.post("moderator", "Among us.", "BACKCHANNEL")
    assert await said_in(world, "student-001") == ["One."]
    await configure(world, groupChat="ENABLED")
    await world.post("student-001", "Three.")
    assert await said_in(world, "student-001") == ["One.", "Three."]


async def test_site_defaults_are_resolved_at_read(world: World) -> None:
    """Rule 24: a change affects every room on SITE_DEFAULT, and no other."""
    new = {"title": "Other", "managerIds": [await id_of(world, "manager")]}
    other = (await world.mutate("manager", CREATE, "enfilade:admin", input=new))["gallery"]
    fixed = {"qna": "ENABLED", "groupChat": "DISABLED"}
    await world.mutate("manager", CONFIGURE, input={"galleryId": other["id"], **fixed})
    await configure(world, qna="SITE_DEFAULT", groupChat="SITE_DEFAULT")
    await world.enter("moderator")
    for default in (True, False):
        await change(world, update(Site).values(qna_default=default, group_chat_default=default))
        followed, own = await room_of(world), await room_of(world, room=other["room"]["id"])
        assert (followed["qnaEnabled"], followed["groupChatEnabled"]) == (default, default)
        assert (own["qnaEnabled"], own["groupChatEnabled"]) == (True, False)
        posted = (await world.query("moderator", POST, room=world.room, text="Hello"))["postMessage"]
        assert [error["code"] for error in posted["userErrors"]] == ([] if default else ["CHAT_DISABLED"])


async def roles(world: World, who: str) -> list[str]:
    """Returns the roles that a person gets on entering. They leave again."""
    entered = await world.mutate(who, ENTER, room=world.room)
    await world.mutate(who, LEAVE, room=world.room)
    return list(entered["participant"]["roles"])


async def test_room_and_chat_moderators_speakers_and_the_rest(world: World) -> None:
    """Rules 8, 9: each list gives its role, roles add up, and managers are room moderators."""
    one, two = [await id_of(world, who) for who in ("student-001", "student-002")]
    await configure(world, chatModeratorIds=[one, two], speakerIds=[two, await id_of(world, "manager")])
    expected = {
        "manager": ["ROOM_MODERATOR", "SPEAKER"],
        "moderator": ["ROOM_MODERATOR"],
        "student-001": ["CHAT_MODERATOR"],
        "student-002": ["CHAT_MODERATOR", "SPEAKER"],
        "student-003": ["ATTENDEE"],
    }
    assert {who: await roles(world, who) for who in expected} == expected


async def test_a_group_assignment_covers_whoever_is_in_the_group_on_joining(world: World) -> None:
    """Rule 10: also members added later; people who have left the group are not covered."""
    await world.enter("manager")
    assistants = await group_id(world, "teaching-assistants")
    await join_group(world, assistants, "student-001", "guest")
    await quit_group(world, assistants, "moderator")
    assert await roles(world, "student-001") == ["ROOM_MODERATOR"]
    assert await roles(world, "guest") == ["ROOM_MODERATOR"]
    assert await roles(world, "moderator") == ["ATTENDEE"]


async def test_an_assignment_to_someone_without_gallery_access_lets_them_enter(world: World) -> None:
    """Rule 11: while the assignment exists."""
    guest = await id_of(world, "guest")
    await configure(world, speakerIds=[guest])
    assert (await room_of(world, "guest"))["id"] == world.room
    assert (await world.refused("guest", ENTER, room=world.room))["code"] == "ROOM_NOT_OPEN"
    await world.enter("moderator")
    assert await roles(world, "guest") == ["SPEAKER"]
    await configure(world, speakerIds=[])
    assert (await world.query("guest", ROOM, room=world.room))["room"] is None
    assert (await world.refused("guest", ENTER, room=world.room))["code"] == "NOT_FOUND"


async def test_several_sources_of_a_role_are_all_told(world: World) -> None:
    """Rules 2, 9, 32: the participant has the sources of each role."""
    deans = await make_group(world, "deans", "student-001")
    await set_role(world, deans, GalleryRole.MANAGER)
    one = await give_role(world, "student-001", GalleryRole.MEMBER)
    await configure(world, roomModeratorIds=[one], chatModeratorIds=[deans])
    await world.enter("student-001")
    sources = (await world.query("student-001", SOURCES, room=world.room))["room"]["activeSession"]
    held = {(each["role"], each["source"], each["via"]["id"]) for each in sources["viewerParticipant"]["roleSources"]}
    assert held == {
        ("ROOM_MODERATOR", "GALLERY_MANAGER", deans),
        ("ROOM_MODERATOR", "ASSIGNED", one),
        ("CHAT_MODERATOR", "ASSIGNED", deans),
    }


SOURCES = """query ($room: ID!) { room(id: $room) { activeSession { viewerParticipant {
  roleSources { role source via { ... on Node { id } } } } } } }"""
