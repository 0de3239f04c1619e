"""What a medium says of its review, and when it changed (rules 16, 18)."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.media import CRANE, POSTER, UPDATE, add, ids_of, review
from tests.support.world import World

NODE = """query ($id: ID!) { node(id: $id) { ... on Media { createdAt updatedAt durationSeconds
  review { decision reason reviewedAt reviewer { name } } } } }"""
CHANGED = UPDATE.replace("status", "status updatedAt")


async def read(world: World, who: str, medium: str) -> dict[str, Any]:
    return dict((await world.query(who, NODE, id=medium))["node"])


async def test_an_owner_who_was_away_learns_why(world: World) -> None:
    """Rules 16, 18: only those who may review see who decided; members see that a medium is published, and no more."""
    crane, poster = await ids_of(world, CRANE, POSTER)
    assert (await read(world, "student-001", poster))["review"] is None
    await review(world, "moderator", "REJECT", poster, reason="Too loud.")
    await review(world, "manager", "APPROVE", crane)
    why = (await read(world, "student-001", poster))["review"]
    assert (why["decision"], why["reason"], why["reviewer"]) == ("REJECT", "Too loud.", None)
    for who in ("manager", "moderator"):
        assert (await read(world, who, poster))["review"] == why | {"reviewer": {"name": "Timo Assistant"}}
    assert (await read(world, "manager", crane))["review"]["reason"] is None
    assert (await read(world, "student-020", crane))["review"] is None


async def test_a_repeated_decision_keeps_the_first_review(world: World) -> None:
    """Rule 18."""
    (poster,) = await ids_of(world, POSTER)
    await review(world, "moderator", "REJECT", poster, reason="Too loud.")
    first = await read(world, "manager", poster)
    await review(world, "manager", "REJECT", poster, reason="Too long.")
    assert await read(world, "manager", poster) == first


async def test_a_medium_says_when_it_changed(world: World) -> None:
    (crane,) = await ids_of(world, CRANE)
    before = await read(world, "manager", crane)
    assert before["updatedAt"] == before["createdAt"]
    await review(world, "manager", "APPROVE", crane)
    reviewed = await read(world, "manager", crane)
    assert reviewed["updatedAt"] == reviewed["review"]["reviewedAt"]
    renamed = (await world.mutate("manager", CHANGED, input={"mediaId": crane, "title": "A crane"}))["media"]
    assert moment(renamed["updatedAt"]) > moment(reviewed["updatedAt"]) > moment(before["createdAt"])
    again = (await world.mutate("manager", CHANGED, input={"mediaId": crane, "title": "A crane"}))["media"]
    assert again["updatedAt"] == renamed["updatedAt"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("given", [{}, {"durationSeconds": 0}, {"durationSeconds": None}])
async def test_an_unknown_duration_is_null(world: World, given: dict[str, Any]) -> None:
    assert (await add(world, "manager", **given))["durationSeconds"] is None
    known = await add(world, "manager", durationSeconds=7)
    changed = await world.mutate("manager", UPDATE, input={"mediaId": known["id"], "durationSeconds": 0})
    assert (known["durationSeconds"], changed["media"]["durationSeconds"]) == (7, None)
