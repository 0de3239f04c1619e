"""Batched loading: all that a document selects is loaded before execution (docs/decisions/0002-loading-ahead.md).

The number of statements depends only on the document.
"""

from typing import Any

import pytest

from resolvers import people
from tests.support.statement_counts import counting_query
from tests.support.stored_state import read_state
from tests.support.unbatched_loading import fails
from tests.support.world import World

COURSE = 'gallery(by: {externalId: "course-101"})'
TITLES = "edges { node { title } }"


def titles(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["title"] for edge in connection["edges"]]


async def test_aliases_with_other_arguments_are_other_lists(world: World) -> None:
    document = f"""query ($two: Int = 2) {{ {COURSE} {{
      all: media {{ {TITLES} }} one: media(first: 1) {{ {TITLES} }} media(first: $two) {{ {TITLES} }}
      last: media(last: 1) {{ {TITLES} }} byTitle: media(orderBy: TITLE, first: 1) {{ {TITLES} }} }} }}"""
    gallery = (await world.query("manager", document))["gallery"]
    everything = titles(gallery["all"])
    assert len(everything) == 6
    assert titles(gallery["one"]) == everything[:1]
    assert titles(gallery["media"]) == everything[:2]
    assert titles(gallery["last"]) == everything[-1:]
    assert titles(gallery["byTitle"]) == [min(everything, key=str.casefold)]


async def test_what_is_kept_of_a_document_does_not_depend_on_variables_in_arguments(world: World) -> None:
    document = f"""query ($first: Int, $tags: [String!]) {{ {COURSE} {{
      media(first: $first, filter: {{tags: $tags}}) {{ {TITLES} }} one: media(first: 1) {{ {TITLES} }} }} }}"""
    for first, tags, count in ((2, None, 2), (5, None, 5), (5, ["no such tag"], 0)):
        gallery = (await world.query("manager", document, first=first, tags=tags))["gallery"]
        assert (len(titles(gallery["media"])), len(titles(gallery["one"]))) == (count, 1)


async def test_two_places_of_one_entity_may_select_different_things_of_it(world: World) -> None:
    document = f"""{{ {COURSE} {{
      media(first: 1) {{ edges {{ node {{ gallery {{ media(first: 2) {{ {TITLES} }} }} }} }} }}
      room {{ gallery {{ media(first: 3) {{ {TITLES} }} }} }} }} }}"""
    gallery = (await world.query("manager", document))["gallery"]
    (edge,) = gallery["media"]["edges"]
    assert len(titles(edge["node"]["gallery"]["media"])) == 2
    assert len(titles(gallery["room"]["gallery"]["media"])) == 3


async def test_two_aliases_of_one_object_may_ask_it_for_different_things(world: World) -> None:
    await world.enter("moderator", "manager", "student-001")
    document = """query ($id: ID!) { room(id: $id) {
      one: activeSession { participants(first: 1) { ...Who } } two: activeSession { participants(first: 2) { ...Who } } } }
      fragment Who on ParticipantConnection { some: edges { node { user { name } } } edges { node { user { id } } } }"""
    room = (await world.query("manager", document, id=world.room))["room"]
    names = ["Timo Assistant", "Mara Manager"]
    for alias, count in (("one", 1), ("two", 2)):
        people = room[alias]["participants"]
        assert [edge["node"]["user"] for edge in people["some"]] == [{"name": name} for name in names[:count]]
        assert [list(edge["node"]["user"]) for edge in people["edges"]] == [["id"]] * count


async def test_a_node_that_is_asked_for_twice_is_there_twice(world: World) -> None:
    document = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Gallery { room { id } } ... on Room { gallery { id } } } }"
    )
    nodes = (await world.query("manager", document, ids=[world.gallery, world.room, world.gallery]))["nodes"]
    gallery = {"id": world.gallery, "room": {"id": world.room}}
    assert nodes == [gallery, {"id": world.room, "gallery": {"id": world.gallery}}, gallery]


async def test_fragments_of_every_kind_and_merged_fields(world: World) -> None:
    document = """query ($id: ID!) { node(id: $id) { __typename ...Titled ... on Node { ... on Gallery { ...Titled
        media(first: 1) { edges { node { owner { name } } } } } } ... on Room { enabled } } }
      fragment Titled on Gallery { title media(first: 1) { edges { node { ...Of } } } ... { room { id } } }
      fragment Of on Media { title gallery { title } }"""
    node = (await world.query("manager", document, id=world.gallery))["node"]
    assert node["__typename"] == "Gallery"
    assert node["room"] == {"id": world.room}
    (edge,) = node["media"]["edges"]
    assert edge["node"]["gallery"]["title"] == node["title"]
    assert edge["node"]["owner"]["name"].startswith("Student")


@pytest.mark.parametrize("wanted", [True, False])
async def test_skip_and_include_by_literal_and_by_variable(world: World, wanted: bool) -> None:
    document = f"""query ($wanted: Boolean!) {{ {COURSE} {{ title @skip(if: true)
      room @include(if: $wanted) {{ id gallery @skip(if: $wanted) {{ id }} }}
      ... @include(if: $wanted) {{ pendingCount }} ...Rest @skip(if: $wanted) }} }}
      fragment Rest on Gallery {{ viewerRole media(first: 1) @include(if: true) {{ {TITLES} }} }}"""
    gallery = (await world.query("manager", document, wanted=wanted))["gallery"]
    assert set(gallery) == ({"room", "pendingCount"} if wanted else {"viewerRole", "media"})
    if wanted:
        assert gallery["room"] == {"id": world.room}


async def test_unions_in_lists_get_what_each_member_selects(world: World) -> None:
    document = f"""{{ {COURSE} {{ room {{ roomModerators {{ source principal {{ __typename
      ... on User {{ name groups {{ name }} }} ... on Group {{ name memberCount members {{ edges {{ node {{ name }} }} }} }}
      }} }} }} }} }}"""
    moderators = (await world.query("manager", document))["gallery"]["room"]["roomModerators"]
    assert [each["principal"] for each in moderators] == [
        {"__typename": "User", "name": "Mara Manager", "groups": []},
        {
            "__typename": "Group",
            "name": "teaching-assistants",
            "memberCount": 1,
            "members": {"edges": [{"node": {"name": "Timo Assistant"}}]},
        },
    ]


async def test_a_refusal_deep_in_a_document_nulls_its_field_and_names_its_path(world: World) -> None:
    document = f"{{ {COURSE} {{ title room {{ id }} bad: media(first: 101) {{ {TITLES} }} }} viewer {{ name }} }}"
    answer = await world.ask("manager", document)
    assert answer["data"]["gallery"] == {"title": "Principles of Design", "room": {"id": world.room}, "bad": None}
    (error,) = answer["errors"]
    assert error["path"] == ["gallery", "bad"]
    assert error["extensions"] == {"code": "INVALID", "field": ["first"]}


async def test_a_fault_nulls_each_field_that_it_concerns_and_is_logged_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(people, "people_by_id", fails)
    answer = await world.ask(
        "manager", f"{{ {COURSE} {{ media {{ edges {{ node {{ title owner {{ name }} }} }} }} }} }}"
    )
    nodes = [edge["node"] for edge in answer["data"]["gallery"]["media"]["edges"]]
    assert [bool(node["title"]) for node in nodes] == [True] * 6
    assert [node["owner"] for node in nodes] == [None] * 6
    paths = [["gallery", "media", "edges", at, "node", "owner"] for at in range(6)]
    assert [error["path"] for error in answer["errors"]] == paths
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INTERNAL"}
    assert caplog.text.count("Traceback") == 1


async def test_a_fault_where_null_is_not_allowed_nulls_what_holds_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.enter("moderator")
    monkeypatch.setattr(people, "people_by_id", fails)
    people_inside = "activeSession { participants { edges { node { user { name } } } } }"
    answer = await world.ask("manager", f"{{ {COURSE} {{ title room {{ mode {people_inside} }} }} }}")
    assert answer["data"]["gallery"]["room"] == {"mode": "WEBINAR", "activeSession": {"participants": None}}
    path = ["gallery", "room", "activeSession", "participants", "edges", 0, "node", "user"]
    assert [error["path"] for error in answer["errors"]] == [path]


async def test_a_mutation_whose_answer_cannot_be_loaded_has_changed_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await read_state(world.database)
    enter = "mutation ($room: ID!) { enterRoom(input: { roomId: $room }) { userErrors { code field } %s } }"
    invalid = await world.ask(
        "manager", enter % "session { participants(first: 101) { edges { cursor } } }", room=world.room
    )
    assert invalid["data"]["enterRoom"] == {"userErrors": [{"code": "INVALID", "field": ["first"]}], "session": None}
    monkeypatch.setattr(people, "people_by_id", fails)
    answer = await world.ask("manager", enter % "participant { user { name } }", room=world.room)
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["enterRoom"], "INTERNAL")]
    assert await read_state(world.database) == before


async def test_an_argument_that_cannot_be_fails_at_its_field_and_nowhere_else(world: World) -> None:
    document = f"""query ($order: MediaOrder) {{ viewer {{ name }} {COURSE} {{
      title media(orderBy: $order) {{ {TITLES} }} }} }}"""
    answer = await world.ask("manager", document, order=None)
    assert answer["data"]["gallery"] == {"title": "Principles of Design", "media": None}
    assert [error["path"] for error in answer["errors"]] == [["gallery", "media"]]


async def test_what_is_wanted_alike_in_several_places_is_loaded_at_once(world: World) -> None:
    one, other = f"media(first: 2) {{ {TITLES} }}", f"media(first: 3) {{ {TITLES} }}"
    costs = []
    for document in (one, f"{one} again: {one}", f"{one} room {{ gallery {{ {one} }} }}", f"{one} other: {other}"):
        data, ran = await counting_query(world, "manager", f"{{ {COURSE} {{ {document} }} }}")
        assert len(titles(data["gallery"]["media"])) == 2
        costs.append(len(ran))
    alone, twice, below, differently = costs
    assert twice == alone
    assert below == alone + 4  # the room, the gallery with its rights, and its media
    assert differently == alone + 1


async def test_people_are_loaded_at_once_from_wherever_in_the_document(world: World) -> None:
    who = "... on User { name } ... on Group { name }"
    document = f"""{{ {COURSE} {{ media {{ edges {{ node {{ owner {{ name }} }} }} }}
      memberships {{ edges {{ node {{ principal {{ {who} }} }} }} }}
      room {{ roomModerators {{ principal {{ {who} }} }} chatModerators {{ principal {{ {who} }} }} }} }} }}"""
    data, ran = await counting_query(world, "manager", document)
    assert "teaching-assistants" in str(data)
    assert len([statement for statement in ran if "FROM users" in statement]) == 1, ran
