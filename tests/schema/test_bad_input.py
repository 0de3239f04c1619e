"""Bad input for every argument and input field: the refusal names it, nothing is stored, no internal error occurs."""

import json
import re
from collections import defaultdict
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    get_named_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.type import get_nullable_type

from tests.inputs.content import ELSEWHERE, NEW
from tests.inputs.every import GOOD, PARTS, PLACES, all_wrong, path_to, table, takers
from tests.inputs.rows import FINE, NULL, Row, with_ids
from tests.inputs.wrong_types import wrong
from tests.support.interactions import DRAFT, VERBS
from tests.support.people import configure, id_of, make_group
from tests.support.questions import ask as ask_question
from tests.support.recordings import ready, start
from tests.support.shelf import Shelf
from tests.support.stored_state import read_state
from tests.support.webhooks import URL, create
from tests.support.world import CREATE, ENTER, World

each_place = pytest.mark.parametrize("place", PLACES)

ADD = "mutation ($input: AddMediaInput!) { addMedia(input: $input) { media { id } userErrors { code } } }"
CHOOSE = """mutation ($input: CreatePlaylistInput!) { createPlaylist(input: $input) {
  playlist { id } userErrors { code } } }"""
MISSING = object()


@pytest.fixture(scope="module")
async def world(lasting_world: World) -> World:
    """A world in which the manager can try everything: group, session, media and playlist."""
    world, ids = lasting_world, lasting_world.ids
    ids["manager"] = await id_of(world, "manager")
    await configure(world, qna="ENABLED", chatModeratorIds=[ids["manager"]])
    ids["session"] = (await world.mutate("manager", ENTER, room=world.room))["session"]["id"]
    ids["participant"] = (await world.mutate("student-001", ENTER, room=world.room))["participant"]["id"]
    ids["message"] = (await world.post("manager", "Hello"))["message"]["id"]
    ids["group"] = await make_group(world, "group", "manager")
    elsewhere = {"title": "Elsewhere", "externalId": ELSEWHERE, "managerIds": [ids["manager"]]}
    made = await world.mutate("manager", CREATE, world.settings.admin_scope, input=elsewhere)
    ids["medium"], ids["medium elsewhere"] = [
        (await world.mutate("manager", ADD, input=NEW | {"galleryId": gallery}))["media"]["id"]
        for gallery in (world.gallery, made["galleryId"])
    ]
    items = {"galleryId": world.gallery, "title": "Chosen", "mediaIds": [ids["medium"]]}
    ids["playlist"] = (await world.mutate("manager", CHOOSE, input=items))["playlist"]["id"]
    made = await create(world, URL)
    ids["webhook"], ids["cursor"] = made["webhook"]["id"], made["cursor"]
    ids["question"] = (await ask_question(world, "manager", "What for?"))["id"]
    recording = await start(world, "manager", ids["session"])
    ids["recording"] = (await ready(world, recording))["id"]
    for name in ("draft", "poll"):
        made = await world.mutate("manager", VERBS["createInteraction"], input={"roomId": world.room, **DRAFT})
        ids[name], ids["option"] = made["interaction"]["id"], made["interaction"]["questions"][0]["options"][0]["id"]
        ids["asked"] = made["interaction"]["questions"][0]["id"]
    await world.mutate("manager", VERBS["openInteraction"], input={"interactionId": ids["poll"]})
    shelf = Shelf(world, ids["session"])
    ids["item"] = await shelf.add("manager")
    await shelf.show("manager", ids["item"])
    return world


@pytest.fixture(scope="module")
def all_rows(world: World) -> dict[str, Row]:
    return table(world.ids)


def test_every_argument_and_input_field_has_a_row_and_every_row_a_place() -> None:
    anything: dict[str, str] = defaultdict(lambda: "R2FsbGVyeQ")
    assert set(table(anything)) == set(PLACES)
    assert sum(len(part(anything)) for part in PARTS) == len(table(anything))


def test_every_text_of_every_mutation_is_tried_with_what_nobody_can_see() -> None:
    anything: dict[str, str] = defaultdict(lambda: "R2FsbGVyeQ")
    tried = {place for place, row in table(anything).items() if "\\u200b" in json.dumps([*row.bad, *row.invalid])}
    texts = {place for place, each in PLACES.items() if get_named_type(each.type).name == "String"}
    assert {place for place in texts if "Input." in place} - tried == set()


# Resolvers refuse with other codes, and name the field. A number that JSON cannot hold makes the whole body malformed.
BY_THE_SCHEMA = [{"code": code} for code in ("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST")]


@each_place
@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)  # the database is not reached
async def test_a_wrong_type_is_refused_by_the_schema(world: World, place: str) -> None:
    each = PLACES[place]
    needed = is_required_argument(each) if isinstance(each, GraphQLArgument) else is_required_input_field(each)
    # Each place tries a third of the values, in turn, so that all values of each type are tried many times.
    third = list(PLACES).index(place) % 3
    for value in wrong(each.type, GOOD)[third::3] + [MISSING] * needed:
        for answer in await answers(world, place, value):
            assert not answer.get("data"), (value, answer)
            for error in answer["errors"]:
                assert error["extensions"] in BY_THE_SCHEMA, (value, error)
                assert len(error["message"]) < 1_000, value


@each_place
async def test_what_is_bad_is_refused_by_name_and_leaves_nothing(
    world: World, all_rows: dict[str, Row], place: str
) -> None:
    row = all_rows[place]
    before = await read_state(world.database)
    for others in row.others:
        for value, expected in row.tries():
            for answer in await answers(world, place, value, others):
                assert outcome(answer, place) in expected, (value, answer)
    assert await read_state(world.database) == before


MUTATIONS = [place for place in PLACES if place.startswith("Mutation.")]


@pytest.mark.parametrize("place", MUTATIONS)
async def test_all_that_is_wrong_is_named_at_once(world: World, all_rows: dict[str, Row], place: str) -> None:
    """Each field that can be INVALID is so. There is one error for each, in the order of the input."""
    of = get_named_type(PLACES[place].type).name
    given, wrong_fields = all_wrong(all_rows, of, world.ids)
    before = await read_state(world.database)
    (value,) = (await ask(world, place, given))["data"].values() if wrong_fields else [{"userErrors": []}]
    named = [[each for each in error["field"] if not each.isdigit()] for error in value["userErrors"]]
    assert {error["code"] for error in value["userErrors"]} <= {"INVALID"}
    assert [".".join(each[1:]) for each in named] == wrong_fields
    assert await read_state(world.database) == before


@pytest.mark.parametrize("place", [place for place in PLACES if place.endswith("(last:)")])
async def test_first_and_last_together_are_refused(world: World, place: str) -> None:
    (answer,) = await answers(world, place, 1, "first: 1")
    assert outcome(answer, place) == "INVALID"


@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)  # the database is not reached
@pytest.mark.parametrize("moment", ["9999-12-31T24:00:00Z", "x" * 50_000, ""])
async def test_a_moment_within_the_document_is_refused_as_well(world: World, moment: str) -> None:
    document = (
        f'{{ galleries {{ edges {{ node {{ media(filter: {{createdAfter: "{moment}"}}) {{ __typename }} }} }} }} }}'
    )
    (error,) = (await world.ask("manager", document))["errors"]
    assert "A DateTime is" in error["message"]
    assert len(error["message"]) < 1_000
    assert error["extensions"] in BY_THE_SCHEMA


@pytest.mark.parametrize("lasting_world", ["sqlite"], indirect=True)
async def test_a_cursor_within_the_document_is_refused_as_well(world: World) -> None:
    document = f'subscription {{ chat(roomId: "{world.room}", after: 5) {{ __typename }} }}'
    async with world.socket("manager") as socket:
        (error,) = (await (await socket.subscribe(document)).message())["payload"]
    assert "An EventCursor is" in error["message"]
    assert error["extensions"] in BY_THE_SCHEMA


def outcome(answer: dict[str, Any], place: str) -> str:
    """Returns the code of the only refusal, which must name the place; otherwise FINE or NULL."""
    if "errors" in answer:
        (error,) = answer["errors"]
        assert names(error["extensions"]["field"], place), error
        return str(error["extensions"]["code"])
    (value,) = answer["data"].values()
    if isinstance(value, dict) and value.get("userErrors"):
        for error in value["userErrors"]:  # one for each item of a list
            assert names(error["field"], place), error
            assert error["message"].endswith("."), error
        (code,) = {error["code"] for error in value["userErrors"]}
        return str(code)
    return NULL if value is None else FINE


def names(field: list[str], place: str) -> bool:
    """Returns whether a refusal's field is the place, or an item of the list there."""
    path = path_to(place)
    without_numbers = [each for each in field if not each.isdigit()]
    is_one_value = "(" in place and not is_list_type(get_nullable_type(PLACES[place].type))
    return field == path if is_one_value else without_numbers[: len(path)] == path


OF_NODE = {
    "Gallery": "gallery", "Room": "room", "Group": "group", "RoomSession": "session", "Playlist": "playlist",
    "Interaction": "poll", "Question": "question",
    "Webhook": "webhook",
}  # fmt: skip
REQUIRED = {
    "Query.sessionRecord": ("sessionId", "session"),
    "Subscription.roomEvents": ("roomId", "room"),
    "Subscription.chat": ("roomId", "room"),
    "Subscription.galleryEvents": ("galleryId", "gallery"),
    "Subscription.questions": ("roomId", "room"),
    "Subscription.recordings": ("galleryId", "gallery"),
}


async def answers(world: World, place: str, value: object, others: str = "") -> list[dict[str, Any]]:
    """Returns the answers of all operations with this value in this place."""
    if "(" in place:
        return [await ask(world, place, value, others)]
    of, name = place.split(".")
    given = {each: with_ids(good, world.ids) for each, good in GOOD[of].items()} | {name: value}
    if value is MISSING:
        del given[name]
    found = []
    for taker in takers(of):
        found += await answers(world, taker, given if "(" in taker else [given])
    return found


async def ask(world: World, place: str, value: object, others: str = "") -> dict[str, Any]:
    """Returns the answer of an operation with this value for the argument."""
    of, field, argument, _ = re.split(r"\W+", place)
    arguments = [others] if others else []
    needed, what = REQUIRED.get(f"{of}.{field}", (argument, ""))
    if argument != needed:
        arguments.append(f'{needed}: "{world.ids[what]}"')
    if value is not MISSING:
        arguments.append(f"{argument}: $value")
    refused = "userErrors { code message field }" if argument == "input" else "__typename"
    text = f"{field}{'(' if arguments else ''}{', '.join(arguments)}{')' if arguments else ''} {{ {refused} }}"
    if of in OF_NODE:
        text = f'node(id: "{world.ids[OF_NODE[of]]}") {{ ... on {of} {{ {text} }} }}'
    if of == "SessionReport":
        text = f'sessionReport(sessionId: "{world.ids["session"]}") {{ {text} }}'
    head = "" if value is MISSING else f"($value: {PLACES[place].type})"
    kind = of.lower() if of in ("Mutation", "Subscription") else "query"
    document, scopes = f"{kind} {head} {{ {text} }}", (world.settings.admin_scope, world.settings.media_server_scope)
    if kind != "subscription":
        return await world.ask("manager", document, *scopes, value=None if value is MISSING else value)
    headers = world.credentials("manager") | {"accept": "text/event-stream"}
    body = {"query": document, "variables": {"value": None if value is MISSING else value}}
    events = (await world.http.post("/graphql", json=body, headers=headers)).text
    return dict(json.loads(re.findall("^data: (.+)$", events, re.MULTILINE)[0]))
