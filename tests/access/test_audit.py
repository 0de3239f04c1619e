"""Rule 67: every privileged act, and every refused one, leaves an audit record: actor, action, target, role, time."""

from datetime import timedelta

from models.tables.galleries import GalleryRole
from tests.support.audit_records import audited
from tests.support.people import absent, configure, give_role, id_of, local
from tests.support.world import CONFIGURE, CREATE, END, ENTER, LEAVE, POST, World

ADMIN = "enfilade:admin"


async def test_what_is_done_by_privilege_is_recorded(world: World) -> None:
    """The record names the role that permitted the act: site admin, manager or room moderator."""
    manager = await id_of(world, "manager")
    async with audited(world) as audit:
        await world.mutate("admin", CREATE, ADMIN, input={"title": "Typography", "managerIds": [manager]})
        await configure(world, qna="DISABLED")
        session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
        await world.post("moderator", "Among us.", "BACKCHANNEL")
        await world.mutate("manager", END, session=session)
    assert audit.lines == [
        ("admin", "createGallery", "CREATE_GALLERY", "site", "SITE_ADMIN", "DONE"),
        ("manager", "configureRoom", "CONFIGURE", "gallery", "MANAGER", "DONE"),
        ("moderator", "enterRoom", "LAUNCH", "room", "ROOM_MODERATOR", "DONE"),
        ("moderator", "postMessage", "BACKCHANNEL", "room", "ROOM_MODERATOR", "DONE"),
        ("manager", "endSession", "END_SESSION", "session", "ROOM_MODERATOR", "DONE"),
    ]
    targets = [None, world.gallery, world.room, world.room, session]
    assert [each.target_id for each in audit.records] == [target and local(target) for target in targets]


async def test_what_is_refused_for_want_of_privilege_is_recorded(world: World) -> None:
    """The record names the actor and the target, and no role."""
    student = await id_of(world, "student-001")
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.enter("student-001")
    async with audited(world) as audit:
        await world.refused("student-001", CREATE, input={"title": "Mine", "managerIds": [student]})
        await world.refused("student-001", CONFIGURE, input={"galleryId": world.gallery, "enabled": False})
        await world.refused("student-001", POST, room=world.room, text="Psst", channel="BACKCHANNEL")
        await world.refused("student-001", END, session=session)
    assert audit.lines == [
        ("student-001", "createGallery", "CREATE_GALLERY", "site", None, "FORBIDDEN"),
        ("student-001", "configureRoom", "CONFIGURE", "gallery", None, "FORBIDDEN"),
        ("student-001", "postMessage", "BACKCHANNEL", "room", None, "FORBIDDEN"),
        ("student-001", "endSession", "END_SESSION", "session", None, "FORBIDDEN"),
    ]
    targets = [None, world.gallery, world.room, session]
    assert [each.target_id for each in audit.records] == [target and local(target) for target in targets]


async def test_tries_on_what_is_hidden_or_absent_are_recorded_alike(world: World) -> None:
    """Rules 4, 67: the record holds the id that was requested."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    for gallery, room, meeting in (
        (world.gallery, world.room, session),
        (absent("Gallery"), absent("Room"), absent("RoomSession")),
    ):
        async with audited(world) as audit:
            await world.refused("outsider", CONFIGURE, input={"galleryId": gallery, "enabled": False})
            await world.refused("outsider", POST, room=room, text="Psst", channel="BACKCHANNEL")
            await world.refused("outsider", END, session=meeting)
        assert audit.lines == [
            ("outsider", "configureRoom", "CONFIGURE", "gallery", None, "NOT_FOUND"),
            ("outsider", "postMessage", "BACKCHANNEL", "room", None, "NOT_FOUND"),
            ("outsider", "endSession", "END_SESSION", "session", None, "NOT_FOUND"),
        ]
        assert [each.target_id for each in audit.records] == [local(each) for each in (gallery, room, meeting)]


async def test_an_act_that_is_rolled_back_leaves_only_its_refusal(world: World) -> None:
    """The record names the role that would have permitted the act, and the code of the refusal."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    form = {"galleryId": world.gallery}
    async with audited(world) as audit:
        await world.refused("admin", CREATE, ADMIN, input={"title": "", "managerIds": [await id_of(world, "manager")]})
        await world.refused("manager", CONFIGURE, input=form | {"expectedVersion": 0})
        await world.refused("manager", CONFIGURE, input=form | {"enabled": False})
        await world.refused("manager", POST, room=world.room, text="Psst", channel="BACKCHANNEL")
        await world.mutate("moderator", END, session=session)
        await world.refused("moderator", END, session=session)
    assert audit.lines == [
        ("admin", "createGallery", "CREATE_GALLERY", "site", "SITE_ADMIN", "INVALID"),
        ("manager", "configureRoom", "CONFIGURE", "gallery", "MANAGER", "CONFLICT"),
        ("manager", "configureRoom", "CONFIGURE", "gallery", "MANAGER", "ROOM_HAS_ACTIVE_SESSION"),
        ("manager", "postMessage", "BACKCHANNEL", "room", "ROOM_MODERATOR", "NOT_IN_SESSION"),
        ("moderator", "endSession", "END_SESSION", "session", "ROOM_MODERATOR", "DONE"),
        ("moderator", "endSession", "END_SESSION", "session", "ROOM_MODERATOR", "SESSION_ENDED"),
    ]


async def test_what_any_member_does_leaves_no_record(world: World) -> None:
    """Neither successful nor refused acts of members are recorded, and reading is not either."""
    async with audited(world) as audit:
        await world.refused("student-001", ENTER, room=world.room)
    assert audit.lines == []
    await world.enter("moderator")
    async with audited(world) as audit:
        await world.enter("student-001")
        await world.post("student-001", "Hello")
        await world.mutate("student-001", LEAVE, room=world.room)
        await world.refused("student-001", POST, room=world.room, text="Hello")
        await world.refused("outsider", ENTER, room=world.room)
        await world.enter("manager")  # enters a running session, so launches none
        await world.query("manager", "query ($id: ID!) { room(id: $id) { roomModerators { source } } }", id=world.room)
    assert audit.lines == []


async def test_a_retry_is_no_second_act(world: World) -> None:
    """Rules 62, 67: a retry leaves no second record."""
    async with audited(world) as audit:
        for _ in range(2):
            await world.mutate("moderator", ENTER, room=world.room, key="key")
    assert [line[2] for line in audit.lines] == ["LAUNCH"]


async def test_records_tell_the_role_that_is_held_now(world: World) -> None:
    """Rules 32, 67: for people inside, it is the snapshot's role. Each record holds the role at the time of the act."""
    await give_role(world, "student-001", GalleryRole.MANAGER)
    session = (await world.mutate("student-001", ENTER, room=world.room))["session"]["id"]
    await give_role(world, "student-001", GalleryRole.MEMBER)
    world.clock.advance(days=1)
    async with audited(world) as audit:
        await world.refused("student-001", CONFIGURE, input={"galleryId": world.gallery, "enabled": False})
        await world.mutate("student-001", END, session=session)
    assert [line[2:] for line in audit.lines] == [
        ("CONFIGURE", "gallery", None, "FORBIDDEN"),
        ("END_SESSION", "session", "ROOM_MODERATOR", "DONE"),
    ]
    assert all(abs(each.at - world.clock()) < timedelta(hours=1) for each in audit.records)
