"""The schema as a whole: descriptions, naming rules, the committed SDL, and support for batched loading."""

import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_specified_directive,
    is_specified_scalar_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema import mutations, root
from schema.mutations.declare import declared_in
from schema.types import links
from schema.types.nodes import LOADERS

SDL_FILE = Path(root.__file__).with_name("schema.graphql")
CORE = root.schema._schema
ROOTS = (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
TYPES = [of for of in CORE.type_map.values() if not of.name.startswith("__") and not is_specified_scalar_type(of)]
MUTATIONS = CORE.mutation_type.fields if CORE.mutation_type else {}


def fields_of(of: GraphQLNamedType) -> dict[str, GraphQLField]:
    return of.fields if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else {}


def everything() -> Iterator[tuple[str, Any]]:
    """Yields each type, field, argument, enum value and input field, by its coordinate."""
    for of in TYPES:
        yield of.name, of
        for name, field in fields_of(of).items():
            yield f"{of.name}.{name}", field
            yield from ((f"{of.name}.{name}({argument}:)", each) for argument, each in field.args.items())
        if isinstance(of, GraphQLInputObjectType):
            yield from ((f"{of.name}.{name}", each) for name, each in of.fields.items())
        if isinstance(of, GraphQLEnumType):
            yield from ((f"{of.name}.{name}", each) for name, each in of.values.items())


def implementing(name: str) -> set[str]:
    interface = CORE.type_map[name]
    assert isinstance(interface, GraphQLInterfaceType)
    return {of.name for of in CORE.get_possible_types(interface)}


def test_the_committed_schema_is_the_generated_one() -> None:
    assert SDL_FILE.read_text() == root.sdl()


def test_events_name_fields_of_different_types_differently() -> None:
    """So that one document can select these fields in every event of a stream."""
    found: dict[str, set[str]] = defaultdict(set)
    for event in implementing("Event"):
        for name, field in fields_of(CORE.type_map[event]).items():
            found[name].add(str(field.type))
    assert {name: types for name, types in found.items() if len(types) > 1} == {}


def test_everything_has_a_description_that_ends_like_a_sentence() -> None:
    said = {place: (each.description or "").strip() for place, each in everything()}
    own = ("DateTime",)  # described by Strawberry
    assert [place for place, words in said.items() if not words.endswith((".", "?")) and place not in own] == []


def test_no_directive_but_the_specified_ones() -> None:
    assert [each.name for each in CORE.directives if not is_specified_directive(each)] == []


def test_no_input_has_a_default_of_null_and_no_list_has_null_items() -> None:
    lists = {place: str(each.type) for place, each in everything() if hasattr(each, "type")}
    nullable_items = {place for place, of in lists.items() if re.search(r"\w\]", of)}
    assert nullable_items == {"Query.nodes"}  # null in the place of each absent node
    assert [place for place, each in everything() if getattr(each, "default_value", ...) is None] == []


def test_names_follow_one_rule() -> None:
    pascal, camel, upper = r"[A-Z][a-z]+([A-Z][a-z]+)*", r"[a-z]+([A-Z][a-z]+)*", r"[A-Z]+(_[A-Z]+)*"
    for place, each in everything():
        of, member, argument = re.fullmatch(r"(\w+)(?:\.(\w+))?(?:\((\w+):\))?", place).groups()  # type: ignore[union-attr]  # no match fails the test
        assert re.fullmatch(pascal, of), place
        enum = isinstance(CORE.type_map[of], GraphQLEnumType)
        assert member is None or re.fullmatch(upper if enum else camel, member), place
        assert argument is None or re.fullmatch(camel, argument), place
        named, last = re.sub(r"\W", "", str(getattr(each, "type", ""))), argument or member or ""
        assert (named == "DateTime") == last.endswith(("At", "After", "Before")), place
        assert enum or (named == "ID") == bool(re.search(r"^ids?$|Ids?$", last)) or last == "externalId", place


@pytest.mark.parametrize("verb", MUTATIONS)
def test_a_mutation_takes_one_input_and_answers_with_a_payload(verb: str) -> None:
    name = verb[0].upper() + verb[1:]
    mutation = MUTATIONS[verb]
    assert {argument: str(each.type) for argument, each in mutation.args.items()} == {"input": f"{name}Input!"}
    assert str(mutation.type) == f"{name}Payload!"
    payload = get_named_type(mutation.type)
    assert isinstance(payload, GraphQLObjectType)
    assert [each.name for each in payload.interfaces] == ["Payload"]
    entities = {each.type for each in payload.fields.values() if is_composite_type(get_named_type(each.type))}
    assert all(str(each) == "[UserError!]!" or not str(each).endswith("!") for each in entities)


def test_every_module_of_mutations_is_in_the_root() -> None:
    modules = [import_module(f"{mutations.__name__}.{each.name}") for each in iter_modules(mutations.__path__)]
    assert len(declared_in(modules)) == len(MUTATIONS)


def test_payloads_connections_and_edges_are_named_for_what_they_hold() -> None:
    assert implementing("Payload") == {f"{verb[0].upper()}{verb[1:]}Payload" for verb in MUTATIONS}
    connections = [of for of in TYPES if of.name.endswith("Connection")]
    for connection in connections:
        item = connection.name.removesuffix("Connection")
        assert {name: str(each.type) for name, each in fields_of(connection).items()} == {
            "edges": f"[{item}Edge!]!",
            "pageInfo": "PageInfo!",
            "totalCount": "Int!",
            "eventCursor": "EventCursor",
        }
        edge = fields_of(CORE.type_map[f"{item}Edge"])
        assert {name: str(each.type) for name, each in edge.items()} == {"node": f"{item}!", "cursor": "String!"}


def test_whatever_gives_a_connection_can_be_paged() -> None:
    for of in TYPES:
        for name, field in fields_of(of).items():
            paged = get_named_type(field.type).name.endswith("Connection")
            assert paged == {"first", "after"}.issubset(field.args), f"{of.name}.{name}"
            assert ("last" in field.args) == ("before" in field.args), f"{of.name}.{name}"


def test_every_node_can_be_read_again_by_its_id() -> None:
    assert implementing("Node") == set(LOADERS)


def test_every_type_that_is_linked_to_has_a_loader() -> None:
    linked = {get_args(each)[0].__forward_arg__ for name, each in vars(links).items() if name.endswith("Link")}
    assert linked == set(links.LINKED)


def test_a_composite_field_below_the_roots_is_a_relation_or_a_plain_attribute() -> None:
    for of in set(TYPES) - set(ROOTS):
        for name, field in fields_of(of).items():
            definition = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
            loaded = "ahead" in definition.metadata
            computed = is_composite_type(get_named_type(field.type)) and definition.base_resolver is not None
            assert loaded or not computed, f"{of.name}.{name} is a method: the engine cannot load what is below it"
            assert not definition.is_async, f"{of.name}.{name} awaits: execution is to pick what was loaded"
