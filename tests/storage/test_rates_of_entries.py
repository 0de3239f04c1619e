"""Rate limits on what makes entries of the log without rows, and could be repeated for ever (docs/operations.md)."""

from typing import Any

import pytest

from tests.support.admin_mutations import UPDATE_SITE, as_admin
from tests.support.admission import LOCK, UNLOCK
from tests.support.media import add
from tests.support.world import END, ENTER, LEAVE, World

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])

TITLE = "mutation ($input: UpdateMediaInput!) { updateMedia(input: $input) { media { id } userErrors { code field } } }"


async def limit(world: World, kind: str, burst: int) -> None:
    await as_admin(world, UPDATE_SITE, rateLimits=[{"kind": kind, "burst": burst, "perMinute": 1}])


async def refused(world: World, who: str, document: str, *field: str, **given: Any) -> None:
    error = await world.refused(who, document, **given)
    assert (error["code"], error["field"]) == ("RATE_LIMITED", ["input", *field])


async def test_a_person_who_comes_and_goes_is_stopped(world: World) -> None:
    """A first entry counts nothing, nor does one from another device."""
    await world.enter("moderator")
    await limit(world, "VISITS", 2)
    for _ in range(3):
        await world.mutate("student-001", ENTER, room=world.room)
        await world.mutate("student-001", ENTER, room=world.room)
        await world.mutate("student-001", LEAVE, room=world.room)
    await refused(world, "student-001", ENTER, "roomId", room=world.room)
    await world.mutate("student-002", ENTER, room=world.room)


async def test_a_launch_counts(world: World) -> None:
    await limit(world, "VISITS", 1)
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.mutate("moderator", END, session=session)
    await refused(world, "moderator", ENTER, "roomId", room=world.room)


async def test_changes_and_moderation_have_theirs(world: World) -> None:
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await limit(world, "CHANGES", 1)
    await limit(world, "MODERATION", 1)
    medium = (await add(world, "manager"))["id"]
    await world.mutate("manager", TITLE, input={"mediaId": medium, "title": "One"})
    await refused(world, "manager", TITLE, input={"mediaId": medium, "title": "Two"})
    for document in (LOCK, UNLOCK):
        await world.mutate("moderator", document, input={"sessionId": session})
    await refused(world, "moderator", LOCK, input={"sessionId": session})


async def test_the_migration_has_their_numbers(world: World) -> None:
    rates = (await world.query("admin", "{ site { rateLimits { kind perMinute } } }"))["site"]["rateLimits"]
    found = {each["kind"]: each["perMinute"] for each in rates}
    assert [found[kind] for kind in ("VISITS", "CHANGES", "MODERATION")] == [20, 120, 120]
