"""Queries of a gallery's page, generated from the table of fields, and the answer of an execution of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type
from sqlalchemy import Engine

from schema.context import Context
from schema.execution.page_queries import PAGE
from schema.root import schema
from tests.support.statement_log import heard
from tests.support.world import World

TYPES = schema._schema


def selection(of: GraphQLNamedType, without: str = "") -> str:
    """Returns a selection of every field in the table, below this type."""
    if is_leaf_type(of):
        return ""
    if is_abstract_type(of):
        kinds = TYPES.get_possible_types(of)
        return f" {{ __typename {' '.join(f'... on {each.name}{selection(each)}' for each in kinds)} }}"
    assert isinstance(of, GraphQLObjectType)
    fields = [_field(of, name) for name in sorted(PAGE[of.name] - {without})]
    return f" {{ {' '.join(fields)} }}"


def _field(of: GraphQLObjectType, name: str) -> str:
    field = of.fields[name]
    return f"{name}{'(first: 50)' if 'first' in field.args else ''}{selection(get_named_type(field.type))}"


GALLERY = TYPES.type_map["Gallery"]
EVERYTHING = f'query {{ gallery(by: {{externalId: "course-101"}}){selection(GALLERY)} }}'
CONTENT = f"query ($id: ID!) {{ gallery(by: {{id: $id}}){selection(GALLERY, without='room')} }}"
NARROWED = """query Narrowed($id: ID!) { gallery(by: {id: $id}) { viewerRole ...Lists playlists { edges { cursor } } } }
  fragment Lists on Gallery {
    found: media(filter: {search: "film"}, orderBy: TITLE, first: 2) { ...Media }
    own: media(filter: {statuses: [PENDING, REJECTED]}) { ...Media }
    memberships(search: "student", role: CONTRIBUTOR, first: 3) { pageInfo { endCursor hasNextPage }
      edges { node { principal { ... on Node { id } ... on User { name } } } } } }
  fragment Media on MediaConnection { edges { node { title owner { name avatarUrl } } } }"""
PAGES = (EVERYTHING, CONTENT, NARROWED)
MARK = "SELECT playlists."
"""Only executing a page's query runs a statement that begins so, and all the pages above run one."""


def given(world: World, document: str) -> dict[str, str]:
    """Returns the document's variables."""
    return {"id": world.gallery} if "$id" in document else {}


async def executed(world: World, who: str, document: str) -> dict[str, Any]:
    """Returns the answer of an execution of its own, without anything that was kept."""
    account = await world.process.accounts.of_token(world.token(who))
    context = Context(replace(world.process.services, fast_paths=False), account.viewer)
    result = await schema.execute(document, variable_values=given(world, document), context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


@contextmanager
def executions() -> Iterator[list[int]]:
    """Yields a list, to which the number of executed pages is added on exit."""
    found: list[int] = []
    with heard(Engine, "before_cursor_execute") as calls:
        yield found
    found.append(sum(text.startswith(MARK) for _, _, text, *_ in calls))
