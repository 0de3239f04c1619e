"""Bad input for every argument and input field: refused in words that name it, nothing stored, and never our fault."""

import json
import re
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from tests.cast import id_of, make_group
from tests.inputs import FINE, NULL, rows, walk
from tests.verify import read_state
from tests.world import ENTER, World

PLACES = dict(walk())
each_place = pytest.mark.parametrize("place", PLACES)

MISSING = object()
DEEP_LIST: Any = json.loads("[" * 200 + "]" * 200)
DEEP_OBJECT: Any = json.loads('{"a":' * 200 + "1" + "}" * 200)
WRONG: dict[str, tuple[Any, ...]] = {
    "Int": ("x", "1", "", True, 1.5, 2**31, -(2**31) - 1, 2**64, 10**400, 1e308, [], {}),
    "String": (1, 1.5, True, [], {}, ["x"]),
    "ID": (1.5, True, [], {}, ["x"]),
    "Boolean": (0, 1, "true", "", [], {}),
    "EventCursor": (1, 1.5, True, [], {}),
}


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    """A world that the manager has everything to try in: a group, and a session that they are in."""
    lasting_world.ids["session"] = (await lasting_world.mutate("manager", ENTER, room=lasting_world.room))["session"][
        "id"
    ]
    lasting_world.ids["manager"] = await id_of(lasting_world, "manager")
    lasting_world.ids["group"] = await make_group(lasting_world, "group", "manager")
    return lasting_world


def test_every_argument_and_input_field_has_a_row_and_every_row_a_place() -> None:
    anything = dict.fromkeys(("gallery", "room", "session", "manager", "group"), "R2FsbGVyeQ")
    assert set(rows(anything)) == set(PLACES)


@each_place
@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)  # no database is asked
async def test_a_wrong_type_is_refused_by_the_schema(world: World, place: str) -> None:
    each = PLACES[place]
    needed = is_required_argument(each) if isinstance(each, GraphQLArgument) else is_required_input_field(each)
    for value in wrong(each.type) + [MISSING] * needed:
        for answer in await answers(world, place, value):
            assert not answer.get("data"), (value, answer)
            for error in answer["errors"]:
                assert "extensions" not in error, (value, error)
                assert len(error["message"]) < 1_000, value


@each_place
async def test_what_is_bad_is_refused_by_name_and_leaves_nothing(world: World, place: str) -> None:
    row = rows(world.ids)[place]
    before = await read_state(world.database)
    for others in row.others:
        for value, expected in row.tries():
            for answer in await answers(world, place, value, others):
                assert outcome(answer, place) in expected, (value, answer)
    assert await read_state(world.database) == before


@pytest.mark.parametrize("place", [place for place in PLACES if place.endswith("(last:)")])
async def test_first_and_last_together_are_refused(world: World, place: str) -> None:
    (answer,) = await answers(world, place, 1, "first: 1")
    assert outcome(answer, place) == "INVALID"


def outcome(answer: dict[str, Any], place: str) -> str:
    """The code of the one refusal, which names the place; or that it was answered, with something or with null."""
    named = re.split(r"\W+", place)[2 if "(" in place else 1]
    if "errors" in answer:
        (error,) = answer["errors"]
        assert error["extensions"]["field"] == [named], error
        return str(error["extensions"]["code"])
    (value,) = answer["data"].values()
    if isinstance(value, dict) and value.get("userErrors"):
        (error,) = value["userErrors"]
        assert error["field"][:2] == ["input", named], error
        assert error["message"].endswith("."), error
        return str(error["code"])
    return NULL if value is None else FINE


def wrong(of: GraphQLInputType) -> list[Any]:
    """Values that are not of that type."""
    match of:
        case GraphQLNonNull():
            return [None, *wrong(of.of_type)]
        case GraphQLList():
            return [[each] for each in wrong(of.of_type)]
        case GraphQLEnumType():
            return ["NOPE", next(iter(of.values)).lower(), "", 1, True, [], {}]
        case GraphQLInputObjectType():
            return [1, "x", [], [{}], {"nonsense": 1}, {**GOOD.get(of.name, {}), "nonsense": 1}, DEEP_OBJECT]
    return [*WRONG[of.name], DEEP_LIST, DEEP_OBJECT]


GOOD: dict[str, dict[str, Any]] = {
    "CreateGalleryInput": {"title": "Never made", "managerIds": ["manager"]},
    "ConfigureRoomInput": {"galleryId": "gallery"},
    "EnterRoomInput": {"roomId": "room"},
    "LeaveRoomInput": {"roomId": "room"},
    "EndSessionInput": {"sessionId": "session"},
    "PostMessageInput": {"roomId": "room", "text": "Never said."},
    "GalleryBy": {},
}
"""Input that would be accepted, but for what is put into it; ids by their names in `World.ids`."""

OF_NODE = {"Gallery": "gallery", "Room": "room", "Group": "group", "RoomSession": "session"}
REQUIRED = {"Subscription.roomEvents": "roomId", "Subscription.chat": "roomId"}


async def answers(world: World, place: str, value: object, others: str = "") -> list[dict[str, Any]]:
    """The answers of all operations that take what is given in that place."""
    if "(" in place:
        return [await ask(world, place, value, others)]
    of, name = place.split(".")
    given = {each: named(world, good) for each, good in GOOD[of].items()} | {name: value}
    if value is MISSING:
        del given[name]
    takers = [each for each, argument in PLACES.items() if "(" in each and get_named_type(argument.type).name == of]
    return [await ask(world, each, given) for each in takers]


def named(world: World, good: Any) -> Any:
    return [world.ids.get(each, each) for each in good] if isinstance(good, list) else world.ids.get(good, good)


async def ask(world: World, place: str, value: object, others: str = "") -> dict[str, Any]:
    """The answer to an operation that gives `value` for that argument."""
    of, field, argument, _ = re.split(r"\W+", place)
    arguments = [others] if others else []
    if f"{of}.{field}" in REQUIRED and argument != REQUIRED[f"{of}.{field}"]:
        arguments.append(f'{REQUIRED[f"{of}.{field}"]}: "{world.room}"')
    if value is not MISSING:
        arguments.append(f"{argument}: $value")
    refused = "userErrors { code message field }" if argument == "input" else "__typename"
    text = f"{field}{'(' if arguments else ''}{', '.join(arguments)}{')' if arguments else ''} {{ {refused} }}"
    if of in OF_NODE:
        text = f'node(id: "{world.ids[OF_NODE[of]]}") {{ ... on {of} {{ {text} }} }}'
    head = "" if value is MISSING else f"($value: {PLACES[place].type})"
    kind = of.lower() if of in ("Mutation", "Subscription") else "query"
    document, admin = f"{kind} {head} {{ {text} }}", world.settings.admin_scope
    if kind != "subscription":
        return await world.ask("manager", document, admin, value=None if value is MISSING else value)
    headers = world.credentials("manager") | {"accept": "text/event-stream"}
    body = {"query": document, "variables": {"value": None if value is MISSING else value}}
    events = (await world.http.post("/graphql", json=body, headers=headers)).text
    return dict(json.loads(re.findall("^data: (.+)$", events, re.MULTILINE)[0]))
