"""A refused field is null, and nothing else of the answer is missing (docs/schema.md)."""

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType

from tests.inputs.rows import TYPES
from tests.support.world import World

ANSWERED_WHOLE = ("Mutation", "Subscription")
FIELDS = {
    f"{of.name}.{name}": field
    for of in TYPES.values()
    if isinstance(of, GraphQLObjectType) and not of.name.startswith("__") and of.name not in ANSWERED_WHOLE
    for name, field in of.fields.items()
}
AT_THE_ROOT = """query ($gallery: ID!) {
  viewer { name } site { name } gallery(by: {id: $gallery}) { title }
  users(first: 1) { edges { node { name } } } groups(first: 1) { edges { node { name } } }
  galleries(first: -1) { edges { node { title } } } nodes(ids: [%s]) { id } }"""
BELOW = """query ($gallery: ID!) { gallery(by: {id: $gallery}) { title
  media(filter: {search: ""}) { edges { node { title } } } memberships(first: 101) { edges { node { id } } }
  playlists(after: "x") { edges { node { title items(first: -1) { edges { node { title } } } } } }
  room { id messages(first: 1, last: 1) { edges { node { text } } } status { state } } } }"""


@pytest.mark.parametrize("place", [place for place, field in FIELDS.items() if field.args])
def test_what_takes_arguments_is_nullable(place: str) -> None:
    assert not isinstance(FIELDS[place].type, GraphQLNonNull)


async def test_a_refused_root_field_leaves_the_others(world: World) -> None:
    document = AT_THE_ROOT % ", ".join(['"x"'] * 101)
    answer = await world.ask("student-001", document, gallery=world.gallery)
    refused = {"users", "groups", "galleries", "nodes"}
    assert {error["path"][0]: error["extensions"]["code"] for error in answer["errors"]} == {
        "users": "FORBIDDEN", "groups": "FORBIDDEN", "galleries": "INVALID", "nodes": "INVALID",
    }  # fmt: skip
    assert {name for name, value in answer["data"].items() if value is None} == refused
    assert answer["data"]["gallery"]["title"]


async def test_a_refused_list_leaves_the_rest_of_the_page(world: World) -> None:
    answer = await world.ask("manager", BELOW, gallery=world.gallery)
    assert {".".join(error["path"]) for error in answer["errors"]} == {
        "gallery.media", "gallery.memberships", "gallery.playlists", "gallery.room.messages",
    }  # fmt: skip
    page = answer["data"]["gallery"]
    assert page["title"]
    assert page["room"]["status"]["state"] == "CLOSED"
    assert [page["media"], page["memberships"], page["playlists"], page["room"]["messages"]] == [None] * 4
