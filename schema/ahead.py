"""Loading ahead: all relations that an operation selects are loaded before it is executed, level by level.

A relation's loader gets all parents of one place in the selection at once, so what an operation costs in statements
depends on the selection alone and never on the number of items. Execution itself then only picks finished attributes,
without awaiting anything.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar, cast, get_args

import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    NamedTypeNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from models.transaction import Snapshot
from schema.context import Info

T = TypeVar("T")
Loader = Callable[..., Awaitable[Sequence[Any]]]

_LOADER = "ahead"


@dataclass(kw_only=True)
class Loaded:
    """Whatever has relations: holds what was loaded for it, by the places of the document that select it."""

    loaded: strawberry.Private[dict[tuple[int, ...], Any]] = field(default_factory=dict)


def relation(description: str) -> Callable[[Loader], Any]:
    """A field from a loader `async (parents, snapshot, **arguments) -> Sequence[T]`, one T for each parent, in order.

    The field's arguments are the loader's from the third on; its type is T.
    """

    def make(load: Loader) -> StrawberryField:
        def take(self: Loaded, info: Info, **_arguments: Any) -> Any:
            value = self.loaded[_place(info._raw_info.field_nodes)]
            if isinstance(value, _Failed):
                raise value.error
            return value

        given = list(signature(load).parameters.values())[2:]
        own = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("self", "info")]
        of = get_args(signature(load).return_annotation)[0]
        parameters = [own[0], own[1].replace(annotation=Info), *given]
        take.__signature__ = Signature(parameters, return_annotation=of)  # type: ignore[attr-defined]
        take.__annotations__ = {each.name: each.annotation for each in parameters[1:]} | {"return": of}
        take.__module__, take.__name__ = load.__module__, load.__name__
        return strawberry.field(take, description=description, metadata={_LOADER: load})

    return make


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a loader raised, kept in the value's place and raised there, so that the error has the field's path."""

    error: Exception


async def load_ahead(info: Info, value: T, snapshot: Snapshot) -> T:
    """Load all that the current field selects below `value` (an object, a list of them, or None). Gives `value`."""
    raw = info._raw_info
    await _Ahead(info, snapshot).load(_objects([value]), get_named_type(raw.return_type), raw.field_nodes)
    return value


class _Ahead:
    def __init__(self, info: Info, snapshot: Snapshot) -> None:
        self._info = info
        self._snapshot = snapshot
        self._variables = VariableValues({}, cast("dict[str, Any]", info._raw_info.variable_values))
        self._fragments = info._raw_info.fragments
        self._schema = info._raw_info.schema

    async def load(self, parents: Sequence[Any], declared: GraphQLNamedType, nodes: Sequence[FieldNode]) -> None:
        """Load what `nodes` select on the parents, all of the declared type: an object's, or an abstract one."""
        for of, group in self._by_type(parents, declared):
            for selected in self._collect(of, nodes).values():
                field = of.fields.get(selected[0].name.value)
                if field is not None:  # None: __typename
                    await self._load_field(group, selected, field)

    async def _load_field(self, group: list[Any], nodes: list[FieldNode], field: GraphQLField) -> None:
        definition: StrawberryField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        load = definition.metadata.get(_LOADER)
        if load is not None:
            values = await self._values(load, group, definition, field, nodes[0])
            for parent, value in zip(group, values, strict=True):
                parent.loaded[_place(nodes)] = value
        elif nodes[0].selection_set is not None:
            values = [getattr(parent, definition.python_name) for parent in group]
        else:
            return
        if nodes[0].selection_set is not None:
            await self.load(_objects(values), get_named_type(field.type), nodes)

    async def _values(
        self, load: Loader, group: list[Any], definition: StrawberryField, field: GraphQLField, node: FieldNode
    ) -> Sequence[Any]:
        try:
            return await load(group, self._snapshot, **self._arguments(definition, field, node))
        except Exception as error:
            # A query answers what it can. A mutation is all or nothing, and a stream tells all of an event or ends.
            if self._info.operation.operation is not OperationType.QUERY:
                raise
            return [_Failed(error)] * len(group)

    def _by_type(
        self, parents: Sequence[Any], declared: GraphQLNamedType
    ) -> Iterator[tuple[GraphQLObjectType, list[Any]]]:
        if isinstance(declared, GraphQLObjectType):
            if parents:
                yield declared, list(parents)
            return
        for kind in dict.fromkeys(type(parent) for parent in parents):
            name = self._info.schema.config.name_converter.from_type(kind.__strawberry_definition__)
            concrete = self._schema.get_type(name)
            assert isinstance(concrete, GraphQLObjectType)
            yield concrete, [parent for parent in parents if type(parent) is kind]

    def _arguments(self, definition: StrawberryField, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        given = get_argument_values(field, node, self._variables)
        converter = self._info.schema.schema_converter
        return convert_arguments(given, definition.arguments, converter.scalar_registry, self._info.schema.config)

    def _collect(self, of: GraphQLObjectType, nodes: Sequence[FieldNode]) -> dict[str, list[FieldNode]]:
        fields: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            for selected in self._selected(of, node.selection_set, seen):
                key = selected.alias.value if selected.alias else selected.name.value
                fields.setdefault(key, []).append(selected)
        return fields

    def _selected(
        self, of: GraphQLObjectType, selection_set: SelectionSetNode | None, seen: set[str]
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections if selection_set else ():
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    yield node
                case InlineFragmentNode():
                    if self._applies(node.type_condition, of):
                        yield from self._selected(of, node.selection_set, seen)
                case FragmentSpreadNode() if node.name.value not in seen:
                    seen.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    if self._applies(fragment.type_condition, of):
                        yield from self._selected(of, fragment.selection_set, seen)

    def _included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, condition: NamedTypeNode | None, of: GraphQLObjectType) -> bool:
        named = condition and self._schema.get_type(condition.name.value)
        return not named or named is of or (is_abstract_type(named) and self._schema.is_sub_type(named, of))


def _place(nodes: Sequence[FieldNode]) -> tuple[int, ...]:
    # Not the key in the response: under two aliases one object can be asked for the same key with other arguments.
    return tuple(id(node) for node in nodes)


def guaranteed(values: Sequence[T | None]) -> Sequence[T]:
    """Values that a foreign key promises. If one is missing all the same, execution reports it like any null."""
    return cast("Sequence[T]", values)


def _objects(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list | tuple):
            found.extend(_objects(value))
        elif value is not None and not isinstance(value, _Failed):
            found.append(value)
    return found
