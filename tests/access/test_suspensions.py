"""Site admins suspend users: the connections of these end, and all others go on (rule 66)."""

import asyncio

from tests.support.admin_mutations import SUSPEND, UNSUSPEND, as_admin, not_as_admin, role_of
from tests.support.event_streams import EVENTS, is_live, next_event, said
from tests.support.people import absent, id_of
from tests.support.world import SECONDS_TO_END, World

VIEWER = "{ viewer { name } }"
SUSPENDED = "query ($id: ID!) { node(id: $id) { ... on User { suspendedAt } } }"


async def test_a_suspended_users_sockets_and_streams_end_and_another_users_go_on(world: World) -> None:
    """Two accounts at once. After the suspension has ended, the user comes back with the same roles."""
    await world.enter("moderator", "student-001")
    student = await id_of(world, "student-001")
    async with world.socket("student-001") as theirs, world.socket("moderator") as other:
        await is_live(await theirs.subscribe(EVENTS, room=world.room))
        stream = await other.subscribe(EVENTS, room=world.room)
        await is_live(stream)
        before = world.clock()
        user = (await as_admin(world, SUSPEND, userId=student))["user"]
        assert user["id"] == student
        async with asyncio.timeout(SECONDS_TO_END):
            assert await theirs.closed() == 4403
        await world.post("moderator", "We go on.")
        assert said(await next_event(stream)) == "We go on."
    world.clock.advance(seconds=4)  # a process may remember a user for this long
    assert await refusal(world) == "UNAUTHENTICATED"
    assert await world.refusal_of_socket(world.credentials("student-001")) == 4403
    again = (await as_admin(world, SUSPEND, userId=student))["user"]
    assert again["suspendedAt"] == user["suspendedAt"] >= before.isoformat()[:19]
    assert (await as_admin(world, UNSUSPEND, userId=student))["user"] == {"id": student, "suspendedAt": None}
    assert await world.query("student-001", VIEWER) == {"viewer": {"name": "Student 001"}}
    assert await role_of(world, "student-001") == "CONTRIBUTOR"


async def refusal(world: World) -> str:
    (error,) = (await world.ask("student-001", VIEWER))["errors"]
    return str(error["extensions"]["code"])


async def test_nobody_suspends_themselves_or_a_user_who_is_not_there(world: World) -> None:
    field = ["input", "userId"]
    assert await not_as_admin(world, SUSPEND, userId=await id_of(world, "admin")) == ("INVALID", field)
    for document in (SUSPEND, UNSUSPEND):
        assert await not_as_admin(world, document, userId=absent("User")) == ("NOT_FOUND", field)


async def test_only_site_admins_are_told_of_a_suspension(world: World) -> None:
    """Managers may search the directory, and are not told."""
    student = await id_of(world, "student-001")
    await as_admin(world, SUSPEND, userId=student)
    told = await world.query("admin", SUSPENDED, "enfilade:admin", id=student)
    assert told["node"]["suspendedAt"]
    for who in ("manager", "student-002"):
        assert await world.query(who, SUSPENDED, id=student) == {"node": {"suspendedAt": None}}
