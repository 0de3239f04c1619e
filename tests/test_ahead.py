"""Loading ahead: whatever shape a document has, execution finds what it selects; and what it costs in statements depends on
the document alone (docs/decisions/0002-loading-ahead.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.world import World

COURSE = 'gallery(by: {externalId: "course-101"})'
TITLES = "edges { node { title } }"


def titles(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["title"] for edge in connection["edges"]]


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


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


async def test_two_places_of_one_entity_may_select_different_things_of_it(world: World) -> None:
    document = f"""{{ {COURSE} {{
      media(first: 1) {{ edges {{ node {{ gallery {{ media(first: 2) {{ {TITLES} }} }} }} }} }}
      room {{ gallery {{ media(first: 3) {{ {TITLES} }} }} }} }} }}"""
    gallery = (await world.query("manager", document))["gallery"]
    (edge,) = gallery["media"]["edges"]
    assert len(titles(edge["node"]["gallery"]["media"])) == 2
    assert len(titles(gallery["room"]["gallery"]["media"])) == 3


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
    assert answer["data"] == {"gallery": None, "viewer": {"name": "Mara Manager"}}
    (error,) = answer["errors"]
    assert error["path"][0] == "gallery"
    assert error["extensions"] == {"code": "INVALID", "field": ["first"]}


PAGE = f"""query ($n: Int!) {{ {COURSE} {{ title pendingCount viewerRole
  media(first: $n) {{ edges {{ node {{ title tags owner {{ name }} gallery {{ title }} }} }} }}
  memberships(first: $n) {{ edges {{ node {{ role principal {{ ... on User {{ name groups {{ name }} }} ... on Group {{ name }} }} }} }} }}
  room {{ mode status {{ state }} roomModerators {{ source principal {{ ... on User {{ name }} ... on Group {{ name }} }} }}
    messages(last: $n) {{ edges {{ node {{ text author {{ name }} }} }} }}
    activeSession {{ participants(first: $n) {{ edges {{ node {{ roles user {{ name }} }} }} }} }} }} }} }}"""


async def test_what_a_document_costs_does_not_depend_on_the_number_of_items(world: World) -> None:
    await world.enter("moderator", "manager", "student-001", "student-002")
    for who in ("manager", "student-001", "student-002"):
        await world.post(who, "Hello")
    await world.query("manager", "{ viewer { name } }")
    one, few, many = [await cheapest(world, number) for number in (1, 3, 30)]
    assert one == few == many


async def cheapest(world: World, number: int) -> int:
    """Of a few runs the cheapest: now and then the server looks up an account meanwhile."""
    costs = []
    for _ in range(3):
        with counting() as statements:
            await world.query("manager", PAGE, n=number)
        costs.append(sum(each.startswith("SELECT") for each in statements))
    return min(costs)


GALLERY_PAGE = f"""{{ {COURSE} {{ title pendingCount viewerRole
  media(first: 25) {{ edges {{ node {{ title status durationSeconds tags owner {{ name }} }} }} }}
  room {{ mode limits {{ stageCapacity }} status {{ state participantCount }} viewerPermissions
    roomModerators {{ source principal {{ ... on User {{ name }} ... on Group {{ name }} }} }} }} }} }}"""


async def test_the_gallery_page_costs_at_most_eleven_statements(world: World) -> None:
    await world.query("manager", "{ viewer { name } }")
    with counting() as statements:
        await world.query("manager", GALLERY_PAGE)
    read = [each for each in statements if each.startswith("SELECT")]
    assert len(read) <= 11, read
