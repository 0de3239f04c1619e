"""Checks that fields with the same name in an answer can be merged, in time about linear in the document's size.

The rule of graphql-core compares every pair of fields, and every pair of fragments. Here each field is compared with
one other field, which is enough because being alike is transitive. All fields under one key must have the same shape.
Fields that can be of one object must also have the same name and arguments. Both rules refuse the same documents
(tests/schema/test_merging.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NamedTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    print_ast,
)

from schema.execution.codes import RequestErrorCode, request_error

MAX_STEPS = 20_000
"""Only documents where interfaces lead to interfaces, each with other fields for its possible types, need more."""


def conflicts(schema: GraphQLSchema, parsed: DocumentNode) -> Iterator[GraphQLError]:
    """Yields the fields that cannot be merged, for a document that is valid otherwise."""
    merging = _Merging(schema, parsed)
    for operation in parsed.definitions:
        if isinstance(operation, OperationDefinitionNode):
            root = schema.get_root_type(operation.operation)
            yield from merging.conflicts([_Selected(operation.selection_set, root)], exclusive=False)


class _Selected(NamedTuple):
    selection_set: SelectionSetNode
    of: GraphQLNamedType | None


class _Field(NamedTuple):
    node: FieldNode
    of: GraphQLNamedType | None
    definition: GraphQLField | None  # None for __typename: all fields of that name are alike


class _Merging:
    def __init__(self, schema: GraphQLSchema, parsed: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._steps = 0

    def conflicts(self, selected: Iterable[_Selected], *, exclusive: bool) -> Iterator[GraphQLError]:
        """Yields the conflicts among selections of one object.

        With `exclusive`, the selections are of several objects, of which an answer holds only one.
        """
        for fields in self._by_key(selected).values():
            if exclusive and len(fields) == 1:
                continue  # The fields below it have been compared with those of their own object.
            together = [fields] if exclusive else _of_one_object(fields)
            asked = [] if exclusive else [each for group in together for each in _of_what_is_asked(group)]
            yield from asked or _of_shape(fields)
            for each in together:
                yield from self.conflicts(_below(each), exclusive=exclusive)
            if len(together) > 1:
                yield from self.conflicts(_below(fields), exclusive=True)

    def _by_key(self, selected: Iterable[_Selected]) -> dict[str, list[_Field]]:
        found: dict[str, list[_Field]] = {}
        spread: set[str] = set()
        for each in selected:
            self._collect(each, found, spread)
        return found

    def _collect(self, selected: _Selected, found: dict[str, list[_Field]], spread: set[str]) -> None:
        for node in selected.selection_set.selections:
            self._step()
            match node:
                case FieldNode():
                    field = _Field(node, selected.of, _definition(selected.of, node.name.value))
                    found.setdefault((node.alias or node.name).value, []).append(field)
                case InlineFragmentNode():
                    of = self._type(node.type_condition) if node.type_condition else selected.of
                    self._collect(_Selected(node.selection_set, of), found, spread)
                case FragmentSpreadNode() if node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    of = self._type(fragment.type_condition)
                    self._collect(_Selected(fragment.selection_set, of), found, spread)

    def _type(self, condition: NamedTypeNode) -> GraphQLNamedType | None:
        return self._schema.get_type(condition.name.value)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = "This document has too many fields of the same names to be compared."
            raise request_error(RequestErrorCode.DOCUMENT_TOO_LARGE, message)


def _definition(of: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return of.fields.get(name) if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else None


def _below(fields: Sequence[_Field]) -> Iterator[_Selected]:
    for node, _of, definition in fields:
        if node.selection_set:
            yield _Selected(node.selection_set, get_named_type(definition.type) if definition else None)


def _of_one_object(fields: Sequence[_Field]) -> list[list[_Field]]:
    """Returns groups of fields that can be of one object.

    There is one group for each object type, and it includes the fields that are selected on interfaces and unions.
    """
    of_any = [each for each in fields if not isinstance(each.of, GraphQLObjectType)]
    of_type: dict[str, list[_Field]] = {}
    for each in fields:
        if isinstance(each.of, GraphQLObjectType):
            of_type.setdefault(each.of.name, []).append(each)
    return [of_any + each for each in of_type.values()] or [of_any]


def _of_shape(fields: Sequence[_Field]) -> Iterator[GraphQLError]:
    known = [(each, each.definition.type) for each in fields if each.definition]
    for each, of in known[1:]:
        first, its = known[0]
        if of is not its and _shape(of) != _shape(its):
            yield _conflict(first, each, f"they return conflicting types '{its}' and '{of}'")


def _of_what_is_asked(fields: Sequence[_Field]) -> Iterator[GraphQLError]:
    first, *others = fields
    name, arguments = first.node.name.value, _arguments(first.node) if others else None
    for each in others:
        if each.node.name.value != name:
            yield _conflict(first, each, f"'{name}' and '{each.node.name.value}' are different fields")
        elif _arguments(each.node) != arguments:
            yield _conflict(first, each, "they have differing arguments")


def _conflict(one: _Field, other: _Field, reason: str) -> GraphQLError:
    key = (one.node.alias or one.node.name).value
    advice = "Use different aliases on the fields to fetch both if this was intentional."
    return GraphQLError(f"Fields '{key}' conflict because {reason}. {advice}", [one.node, other.node])


def _shape(of: GraphQLOutputType) -> str:
    """Returns the part of a type that must be the same in two types: its wrappers, and the name if it is a leaf."""
    if is_list_type(of):
        return f"[{_shape(of.of_type)}]"
    if is_non_null_type(of):
        return f"{_shape(of.of_type)}!"
    return "{}" if is_composite_type(of) else str(of)


def _arguments(node: FieldNode) -> dict[str, Any]:
    return {each.name.value: _value(each.value) for each in node.arguments or ()}


def _value(node: ValueNode) -> Any:
    match node:
        case ObjectValueNode():
            return {each.name.value: _value(each.value) for each in node.fields}
        case ListValueNode():
            return [_value(each) for each in node.values]
    return print_ast(node)
