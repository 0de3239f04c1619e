"""Documents that select every field, generated from the schema, so that new fields are included automatically."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)
from graphql.type import get_nullable_type

from schema.execution.documents import document
from schema.root import schema

CORE = schema._schema
Composite = GraphQLObjectType | GraphQLInterfaceType
GIVEN = {
    "roomId": ("$room: ID!", "$room"),
    "roomIds": ("$room: ID!", "[$room]"),
    "galleryId": ("$gallery: ID!", "$gallery"),
    "sessionId": ("$session: ID!", "$session"),
    "by": ("$gallery: ID!", "{id: $gallery}"),
    "input": ("$gallery: ID!", "{galleryId: $gallery}"),
    "id": ("$room: ID!", "$room"),
    "after": ("$after: EventCursor", "$after"),
}
"""Variables for root fields. A new required argument has to be added here."""


LINKS = ("room", "gallery")
"""Fields of events that lead to the place where something happened."""


class Selections:
    """The fragments of one document: one for each type and depth, so that the document stays within its limits."""

    def __init__(self) -> None:
        self.fragments: dict[str, str] = {}

    def select(self, of: GraphQLNamedType, depth: int) -> str:
        """Returns a selection of every field of the type, `depth` relations deep."""
        if is_leaf_type(of):
            return ""
        if isinstance(of, GraphQLInterfaceType):
            parts: list[Composite] = [*_interfaces(of), *CORE.get_possible_types(of)]
            return f" {{ __typename {' '.join(f'...{self._fragment(each, depth, of)}' for each in parts)} }}"
        assert isinstance(of, GraphQLObjectType)
        return f" {{ ...{self._fragment(of, depth)} }}"

    def _fragment(self, of: Composite, depth: int, among: GraphQLInterfaceType | None = None) -> str:
        name = f"{of.name}{depth}{f'Among{among.name}' if among else ''}"
        if name not in self.fragments:
            self.fragments[name] = ""
            fields = " ".join(self._fields(of, depth, among))
            self.fragments[name] = f"fragment {name} on {of.name} {{ __typename {fields} }}"
        return name

    def _plain(self, of: GraphQLObjectType) -> str:
        name = f"{of.name}Plain"
        fields = " ".join(each for each, field in of.fields.items() if is_leaf_type(get_named_type(field.type)))
        self.fragments[name] = f"fragment {name} on {of.name} {{ {fields} }}"
        return name

    def _fields(self, of: Composite, depth: int, among: GraphQLInterfaceType | None = None) -> Iterator[str]:
        beside = CORE.get_possible_types(among) if among else []
        elsewhere = [each for each in _interfaces(among) if each in of.interfaces] if among else []
        for name, field in of.fields.items():
            if any(name in each.fields for each in elsewhere):
                continue  # It is selected of the interface.
            target = get_named_type(field.type)
            deeper = depth if _is_part_of_a_list(target) else depth - 1
            if deeper < 0 and not is_leaf_type(target):
                continue
            # Two types may have fields of the same name that cannot be merged.
            alike = {str(each.fields[name].type) for each in beside if name in each.fields}
            alias = f"{of.name}_{name}: " if len(alike) > 1 else ""
            if among and name in LINKS and isinstance(target, GraphQLObjectType):
                # Queries of the gallery and the room compare what else is in them, and not once for each event.
                yield f"{alias}{name} {{ ...{self._plain(target)} }}"
                continue
            yield f"{alias}{name}{_arguments(field)}{self.select(target, deeper)}"
            for place, arguments in enumerate(other_arguments(field)):
                yield f"{name}_{place}: {name}{arguments}{self.select(target, 0)}"


def _interfaces(of: GraphQLInterfaceType) -> list[GraphQLInterfaceType]:
    """Returns the interface, and the others of its types. Their fields are selected once, so that documents stay small."""
    others = {each.name: each for kind in CORE.get_possible_types(of) for each in kind.interfaces}
    return list({of.name: of, **others}.values())


def _is_part_of_a_list(of: GraphQLNamedType) -> bool:
    return of.name.endswith(("Connection", "Edge")) or of.name == "PageInfo"


def _arguments(field: GraphQLField) -> str:
    return "(first: 100)" if "first" in field.args else ""


def other_arguments(field: GraphQLField) -> Iterator[str]:
    """Yields the field's other arguments: each enum value, and pages of one item from both ends."""
    for name, argument in field.args.items():
        kind = get_named_type(argument.type)
        if isinstance(kind, GraphQLEnumType):
            for value in kind.values:
                yield f"({name}: {f'[{value}]' if is_list_type(get_nullable_type(argument.type)) else value})"
        elif kind.name == "Boolean":
            yield f"({name}: true)"
        elif name in ("first", "last"):
            yield f"({name}: 1)"


def node_types() -> list[str]:
    """Returns the names of all types that implement Node."""
    node = CORE.get_type("Node")
    assert is_abstract_type(node)
    return [each.name for each in CORE.get_possible_types(node)]


@cache
def of_nodes(kind: str) -> str:
    """Returns a query for every field of nodes of one type, by their ids."""
    of = CORE.get_type(kind)
    assert of
    return _as_deep_as_may_be("query ($ids: [ID!]!)", f"nodes(ids: $ids) {{ ... on {kind}", of, " }")


@cache
def roots(operation: str) -> dict[str, str]:
    """Returns a document for each root field, and for each value of its enum argument if it has one."""
    root = CORE.query_type if operation == "query" else CORE.subscription_type
    assert root
    return {
        " ".join([name, *(choice or ())[1:]]): _of_root(operation, name, field, choice)
        for name, field in root.fields.items()
        if name not in ("node", "nodes")
        for choice in _choices(field)
    }


def _choices(field: GraphQLField) -> Sequence[tuple[str, str] | None]:
    kinds = {name: get_named_type(argument.type) for name, argument in field.args.items()}
    values: list[tuple[str, str] | None] = [
        (name, value) for name, kind in kinds.items() if isinstance(kind, GraphQLEnumType) for value in kind.values
    ]
    return values or [None]


def _of_root(operation: str, name: str, field: GraphQLField, choice: tuple[str, str] | None) -> str:
    given = {each: GIVEN[each] for each, argument in field.args.items() if is_required_argument(argument)}
    if operation == "subscription" and "after" in field.args:
        given["after"] = GIVEN["after"]
    passed = [f"{each}: {value}" for each, (_, value) in given.items()] + ([": ".join(choice)] if choice else [])
    declared = f"({', '.join(variable for variable, _ in given.values())})" if given else ""
    call = f"{name}({', '.join(passed)})" if passed else name
    return _as_deep_as_may_be(f"{operation} {declared}", call, get_named_type(field.type))


@cache
def cursors_only(name: str) -> str:
    """Returns a subscription that selects only cursors."""
    call = roots("subscription")[name].partition(" fragment ")[0]
    return re.sub(r"\{ (__typename )?\.\.\..*", "{ __typename ... on Event { cursor } } }", call)


def _as_deep_as_may_be(operation: str, field: str, of: GraphQLNamedType, end: str = "") -> str:
    for depth in (2, 1):
        walk = Selections()
        selected = f"{field}{walk.select(of, depth)}{end}"
        text = " ".join([f"{operation} {{ {selected} }}", *walk.fragments.values()])
        with suppress(GraphQLError):
            document(text)
            return text
    raise AssertionError(f"{of.name} is too large to be asked for all of it at once.")
