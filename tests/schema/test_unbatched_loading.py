"""Batched loading returns the same data and errors as loading each relation separately, for random documents."""

import json
import re
from random import Random
from typing import Any

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from models.permissions import Viewer
from resolvers import people
from schema.context import Context
from schema.root import schema
from server.accounts import Accounts
from tests.support.people import absent, id_of, make_group
from tests.support.recordings import ready, start
from tests.support.unbatched_loading import CORE, VARIABLES, Documents, fails, unbatched
from tests.support.world import World

SOME = """{ media: node(id: "%s") { ... on Gallery { media(first: 2) { edges { node { id } } }
  memberships(first: 2) { edges { node { id } } } } }
  room: node(id: "%s") { ... on Room { messages { edges { node { id } } }
    activeSession { id participants(first: 2) { edges { node { id } } } } } } }"""

SHOW_UP = "mutation ($room: ID!) { requestStage(input: {roomId: $room}) { userErrors { code } } }"
SPEAK_UP = "mutation ($room: ID!) { raiseHand(input: {roomId: $room}) { userErrors { code } } }"
RUNNING = "query ($room: ID!) { room(id: $room) { activeSession { id } } }"


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    """A world with a running session, and with ids of every type."""
    world = lasting_world
    await world.enter("moderator", "student-001", "student-002")
    for who in ("moderator", "student-001"):
        await world.post(who, f"Hello from {who}")
    for act in (SHOW_UP, SPEAK_UP):
        await world.mutate("moderator", act, room=world.room)
    session = (await world.query("moderator", RUNNING, room=world.room))["room"]["activeSession"]["id"]
    for which in ("in the gallery", "being made"):
        world.ids[which] = await start(world, "moderator", session)
        if which == "in the gallery":
            await ready(world, world.ids[which])
    found = await world.query("moderator", SOME % (world.gallery, world.room))
    world.ids["student"] = await id_of(world, "student-001")
    world.ids["new group"] = await make_group(world, "new group", "student-001", "student-002")
    world.ids["absent"] = absent("Media")
    world.ids |= {each: each for each in re.findall(r'"id": "(\S+)"', json.dumps(found))}
    return world


async def run(world: World, who: str, document: str) -> tuple[Any, list[Any]]:
    """Executes a document in this process. Returns its data and errors."""
    accounts: Accounts = world.process.accounts
    viewer: Viewer = (await accounts.of_token(world.token(who))).viewer
    context = Context(world.process.services, viewer)
    result = await schema.execute(document, variable_values=dict(VARIABLES), context_value=context)
    errors = [(error.path, error.message, error.extensions) for error in result.errors or ()]
    return result.data, sorted(errors, key=repr)


@pytest.mark.second_tier
@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    random=st.randoms(use_true_random=True),
    who=st.sampled_from(["manager", "moderator", "student-001", "outsider"]),
    broken=st.sampled_from(["", "", "", "people_by_id", "member_counts"]),
)
async def test_what_is_loaded_ahead_is_what_is_loaded_naively(
    world: World, random: Random, who: str, broken: str
) -> None:
    document = Documents(random).query(list(world.ids.values()))
    assume(not validate(CORE, parse(document)))  # rare: fields of two types in a union cannot be merged
    with pytest.MonkeyPatch.context() as patch:
        if broken:
            patch.setattr(people, broken, fails)
        ahead = await run(world, who, document)
        with unbatched():
            naive = await run(world, who, document)
    assert ahead == naive, document
