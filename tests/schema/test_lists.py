"""Lists in variables are bounded before their items are looked at, and mutations of one operation are counted."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_list_type,
    is_non_null_type,
    parse,
)

from models.tables.media import ITEMS_LIMIT
from models.tables.principals import LIST_LIMIT
from models.values.lists import TAGS_LIMIT
from resolvers.admission import PEOPLE_AT_ONCE
from resolvers.groups import USERS_AT_ONCE
from resolvers.members import ROSTER_LIMIT
from resolvers.review import REVIEWED_AT_ONCE
from schema.execution.lists import MOST_ITEMS, MOST_ITEMS_OF, bound_lists, most_items
from schema.mutations import members
from schema.root import schema
from schema.types import ids
from tests.inputs.rows import TYPES
from tests.support.admin_mutations import ADMIN, SYNC
from tests.support.interactions import DRAFT, VERBS
from tests.support.webhooks import URL, create
from tests.support.world import ENTER, World

MANY = 20_000
PLAYLIST = (
    "mutation ($input: CreatePlaylistInput!) { createPlaylist(input: $input) { playlist { id } userErrors { code } } }"
)
MUTATIONS = TYPES["Mutation"].fields
LISTS = [
    (mutation, name)
    for mutation, field in MUTATIONS.items()
    for name, each in get_named_type(field.args["input"].type).fields.items()
    if is_list_type(get_nullable_type(each.type))
]


def operation(text: str) -> OperationDefinitionNode:
    found = get_operation_ast(parse(text))
    assert found
    return found


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    """A world in which the manager may do everything that has a list: with a session, a group, a playlist and a poll."""
    world, ids = lasting_world, lasting_world.ids
    entered = await world.mutate("manager", ENTER, room=world.room)
    await world.enter("chatmod")
    playlist = {"galleryId": world.gallery, "title": "Chosen"}
    draft, opened = [
        (await world.mutate("chatmod", VERBS["createInteraction"], input={"roomId": world.room, **DRAFT}))[
            "interaction"
        ]["id"]
        for _ in range(2)
    ]
    await world.mutate("chatmod", VERBS["openInteraction"], input={"interactionId": opened})
    made = await create(world, URL)
    ids["webhookId"] = made["webhook"]["id"]
    ids["galleryId"], ids["roomId"], ids["sessionId"] = world.gallery, world.room, entered["session"]["id"]
    ids["participantId"] = entered["participant"]["id"]
    ids["groupId"] = ids["group:teaching-assistants"]
    ids["playlistId"] = (await world.mutate("manager", PLAYLIST, input=playlist))["playlist"]["id"]
    ids["mediaId"] = next(each for name, each in ids.items() if name.startswith("media:"))
    ids["interactionId"], ids["answerInteraction"] = draft, opened
    return world


def filled(name: str, of: Any, known: Mapping[str, str]) -> Any:
    """Returns a value of the type: an id, a text, the first value of an enum, or an object with its required fields."""
    of = get_nullable_type(of)
    if is_list_type(of):
        return [filled(name, of.of_type, known)]
    if isinstance(of, GraphQLInputObjectType):
        required = {each: field.type for each, field in of.fields.items() if is_non_null_type(field.type)}
        return {each: filled(each, inner, known) for each, inner in required.items()}
    if isinstance(of, GraphQLEnumType):
        return next(iter(of.values))
    return {"Int": 1, "Boolean": False}.get(of.name, known.get(name, "x"))


def many_of(name: str, of: Any) -> list[Any]:
    """Returns a list for this field that nearly fills a request."""
    item = filled(name, get_nullable_type(of).of_type, {})
    if isinstance(get_named_type(of), GraphQLEnumType):
        return [item] * 12_000
    return [f"{number:x}" for number in range(MANY)] if isinstance(item, str) else [item] * 12_000


def test_there_are_lists_in_these_mutations() -> None:
    assert len(LISTS) == 27


@pytest.mark.parametrize(("mutation", "name"), LISTS)
@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)
async def test_a_list_of_a_mutation_is_refused_at_the_cost_of_an_allowed_one(
    world: World, monkeypatch: pytest.MonkeyPatch, mutation: str, name: str
) -> None:
    parsed = 0

    def counted(text: str) -> Any:
        nonlocal parsed
        parsed += 1
        return parse_id(text)

    parse_id = ids.parse
    monkeypatch.setattr(ids, "parse", counted)
    of = get_named_type(MUTATIONS[mutation].args["input"].type)
    known = world.ids | {"interactionId": world.ids.get(mutation, world.ids["interactionId"])}
    given = filled("input", of, known) | {name: many_of(name, of.fields[name].type)}
    text = f"mutation ($input: {of.name}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} }} }}"
    who = "chatmod" if "Interaction" in mutation or mutation == "answerInteraction" else "manager"
    (answer,) = (await world.query(who, text, ADMIN, input=given)).values()
    # Other fields may be refused beside it, and of a list each wrong item.
    error, *_ = [each for each in answer["userErrors"] if each["field"][1] == name]
    assert (error["code"] in ("INVALID", "NOT_FOUND"), error["field"][:2]) == (True, ["input", name]), error
    assert parsed <= most_items(of.fields[name].type) + 10


@pytest.mark.parametrize("of", ["[ID!]!", "[ID]", "[String!]", "[RosterEntry!]!", "[MediaKind!]", "[Nonsense!]"])
def test_a_list_in_a_variable_of_its_own_is_cut_to_one_more_than_allowed(of: str) -> None:
    variables: dict[str, Any] = {"v": [None] * MANY, "w": [1] * MANY}
    bound_lists(schema._schema, operation(f"query ($v: {of}) {{ nodes(ids: $v) {{ id }} }}"), variables)
    named = TYPES.get(of.strip("[]!"))
    assert len(variables["v"]) == (most_items(named) + 1 if named else MANY)
    assert len(variables["w"]) == MANY  # no variable of the operation, so nothing looks at it


def test_of_a_roster_one_entry_is_left_to_callers_who_import_nothing() -> None:
    variables: dict[str, Any] = {"v": {"members": [{"principalId": "x", "role": "MEMBER"}] * MANY}, "w": ["x"] * MANY}
    asked = operation("mutation ($v: SyncRosterInput!, $w: [ID!]!) { syncRoster(input: $v) { cursor } }")
    bound_lists(schema._schema, asked, variables, imports=False)
    assert len(variables["v"]["members"]) == 1
    assert len(variables["w"]) == MOST_ITEMS + 1


async def test_a_roster_of_one_who_imports_nothing_is_hardly_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    entries = members._entries

    def counted(given: Any) -> Any:
        read.append(len(given))
        return entries(given)

    monkeypatch.setattr(members, "_entries", counted)
    given = {
        "galleryId": world.gallery,
        "members": [{"principalId": world.ids["groupId"], "role": "MEMBER"}] * ROSTER_LIMIT,
    }
    assert (await world.refused("manager", SYNC, input=given))["code"] == "FORBIDDEN"
    async with world.socket("manager") as socket:
        told = await (await socket.subscribe(SYNC, input=given | {"members": given["members"][:500]})).next()
        assert told["userErrors"][0]["code"] == "FORBIDDEN"
    assert read == [1, 1]


@pytest.mark.parametrize("value", [None, 1, "x", {}, [], {"mediaIds": 1}, {"mediaIds": {}}, [[["x"]]], {"": []}])
def test_what_has_no_long_list_stays(value: Any) -> None:
    for of in ("ReviewMediaInput!", "[ReviewMediaInput!]", "ID", "[ID!]!", "UpdateSiteInput"):
        variables = {"v": value}
        bound_lists(schema._schema, operation(f"query ($v: {of}) {{ viewer {{ id }} }}"), variables)
        assert variables == {"v": value}


def test_a_long_list_in_an_object_in_a_list_is_cut() -> None:
    inner = {"mediaIds": ["x"] * MANY}
    for value in ({"v": [inner]}, {"v": inner}):
        bound_lists(schema._schema, operation("query ($v: [ReviewMediaInput!]) { viewer { id } }"), value)
        assert len(inner["mediaIds"]) == most_items(TYPES["ID"]) + 1
        inner["mediaIds"] = ["x"] * MANY


def test_no_resolver_takes_a_longer_list() -> None:
    assert max(USERS_AT_ONCE, ITEMS_LIMIT, PEOPLE_AT_ONCE, REVIEWED_AT_ONCE, LIST_LIMIT, TAGS_LIMIT) <= MOST_ITEMS
    assert MOST_ITEMS_OF == {"RosterEntry": ROSTER_LIMIT}
