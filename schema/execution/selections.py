"""The fields that an operation selects, by type, with fragments and directives resolved."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

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
    Node,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
    get_directive_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.context import Info
from schema.execution.plans import plan_of


class Selections:
    """Reads the selections of one operation, with its variables."""

    def __init__(self, info: Info) -> None:
        raw = info._raw_info
        variables = cast("dict[str, Any]", raw.variable_values)
        self._info = info
        self._variables = VariableValues({}, variables)
        self._fragments = raw.fragments
        self._schema = raw.schema
        self.plan = plan_of(raw.schema, raw.operation, raw.fragments, variables)

    def by_type(
        self, parents: Sequence[Any], declared: GraphQLNamedType
    ) -> Iterator[tuple[GraphQLObjectType, list[Any]]]:
        """Groups parents by their object type, where the declared type is an interface or a union."""
        if isinstance(declared, GraphQLObjectType):
            if parents:
                yield declared, list(parents)
            return
        for kind in dict.fromkeys(type(parent) for parent in parents):
            name = self._info.schema.config.name_converter.from_type(kind.__strawberry_definition__)
            concrete = self._schema.get_type(name)
            assert isinstance(concrete, GraphQLObjectType)
            yield concrete, [parent for parent in parents if type(parent) is kind]

    def arguments(self, definition: StrawberryField, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Returns the field's arguments in the form that its loader takes."""
        key = id(field), id(node)
        known = self.plan.arguments.get(key)
        if known is not None:
            return known
        arguments = self._arguments(definition, field, node)
        if not any(map(_holds_a_variable, node.arguments or ())):
            self.plan.arguments[key] = arguments
        return arguments

    def _arguments(self, definition: StrawberryField, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        given = _without_empty_lists(get_argument_values(field, node, self._variables))
        converter = self._info.schema.schema_converter
        return convert_arguments(given, definition.arguments, converter.scalar_registry, self._info.schema.config)

    def fields(self, of: GraphQLObjectType, nodes: Sequence[FieldNode]) -> dict[str, list[FieldNode]]:
        """Returns the field nodes that are selected on an object type, by the key in the response."""
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


def _without_empty_lists(given: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments without empty lists, also those in input objects: relations take lists only as filters.

    So an empty filter is no filter, whatever field has it.
    """
    return {
        name: _without_empty_lists(value) if isinstance(value, dict) else value
        for name, value in given.items()
        if value != []
    }


def _holds_a_variable(node: Node) -> bool:
    parts = [getattr(node, "value", None), *getattr(node, "values", ()), *getattr(node, "fields", ())]
    return isinstance(node, VariableNode) or any(_holds_a_variable(part) for part in parts if isinstance(part, Node))
