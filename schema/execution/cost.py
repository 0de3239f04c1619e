"""The cost of an operation: how many fields its answer may hold, counted from the document before it is validated.

A field counts as one. What it selects counts as many times as the field can have items: `first` or `last` for a page,
and the size in SIZES for any other list. If the value can be of several types, the most expensive type counts. A
fragment is counted once, even if it is spread several times, so counting takes time linear in the document. For a
subscription, one event is counted.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    is_abstract_type,
    is_list_type,
)

from models.storage.paging import DEFAULT_SIZE, MAX_SIZE
from schema.execution.codes import RequestErrorCode
from schema.execution.documents import DOCUMENTS, Document

SIZES: Mapping[str, float] = {
    "ChatMessage.reactions": 20,
    "Interaction.questions": 2,
    "InteractionQuestion.options": 10,
    "InteractionQuestion.published": 10,
    "InteractionAnswer.questions": 2,
    "AnsweredQuestion.options": 2,
    "Participant.roleSources": 5,
    "Attendance.stays": 5,
    "Site.roomLimits": 2,
    "SiteDefaultsChanged.roomLimits": 2,
    "Site.rateLimits": 11,
    "EffectiveModerator.via": 5,
    # The sizes of introspection are means, except for the types that hold many fields. Introspection loads nothing, so
    # one of its fields takes a fifth of the time.
    "Query.__schema": 0.2,
    "Query.__type": 5,
    "__Schema.queryType": 5,
    "__Schema.mutationType": 25,
    "__Schema.types": 300,
    "__Schema.directives": 5,
    "__Type.fields": 4,
    "__Type.inputFields": 2,
    "__Type.interfaces": 0.5,
    "__Type.possibleTypes": 0.5,
    "__Type.enumValues": 1,
    "__Type.ofType": 0.5,
    "__Field.args": 0.5,
    "__Directive.args": 1,
}
"""The assumed length of each list that is not a page, by its field.

A field that is not listed counts as a page of default size.
"""

COUNTS: Mapping[str, float] = {"Gallery.memberCount": 25, "Gallery.mediaCount": 25}
"""The cost of fields that count rows which may be many. `totalCount` of every list costs as much, a page of default size."""
REFUSALS = "userErrors"
"""This list holds one item at most."""

_META: Mapping[str, GraphQLField] = {
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
    "__typename": TypeNameMetaFieldDef,
}

Sizes = tuple[tuple[str, int | None], ...]


class TooExpensive(GraphQLError):
    """The error for an operation that costs more than the limit."""

    def __init__(self, cost: float, limit: int, operation: OperationDefinitionNode) -> None:
        super().__init__(
            f"This operation could answer with {cost:,.0f} fields; the limit is {limit:,}."
            " Ask for smaller pages, or for fewer lists within lists.",
            operation,
            extensions={"code": RequestErrorCode.TOO_EXPENSIVE.value, "cost": round(cost), "limit": limit},
        )


class Costs(dict[tuple[str | None, Sizes], float]):
    """The costs of one document's operations, by the operation's name and the sizes of its variables."""

    MOST = 8
    BYTES, BYTES_PER_SIZE = 300, 150

    def bytes(self) -> int:
        return sum(self.BYTES + self.BYTES_PER_SIZE * len(sizes) for _, sizes in self)


def cost_of(
    schema: GraphQLSchema, text: str, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> float:
    """Returns the cost of an operation. DOCUMENTS keeps the costs for variables of the last few sizes."""
    defined = (each.variable.name.value for each in operation.variable_definitions or ())
    given = tuple((name, _size(variables[name])) for name in defined if name in variables)
    document, key = DOCUMENTS.of(text), (operation.name.value if operation.name else None, given)
    costs: Costs = document.derived.setdefault(Costs, Costs())
    if key not in costs:
        before = costs.bytes()
        if len(costs) == Costs.MOST:
            costs.clear()
        costs[key] = _counted(schema, document, *key)
        document.derived_bytes += costs.bytes() - before
        DOCUMENTS.recount(document)
    return costs[key]


def _counted(schema: GraphQLSchema, document: Document, name: str | None, given: Sizes) -> float:
    parsed = document.parsed
    operation = get_operation_ast(parsed, name)
    root = operation and schema.get_root_type(operation.operation)
    if not operation or not root:
        return 0  # The execution refuses such an operation.
    fragments = {each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)}
    defined = operation.variable_definitions or ()
    sizes = {each.variable.name.value: _written(each.default_value, {}) for each in defined} | dict(given)
    return _Counting(schema, fragments, sizes).selected(operation.selection_set, root).of_page(0)


class _Cost(NamedTuple):
    """The cost of a selection, in three parts.

    `always` counts once. `each` counts for each item of the page that the selection is on. `by_type` counts only if the
    object is of that type.
    """

    always: float = 0
    each: float = 0
    by_type: Mapping[str, float] = MappingProxyType({})

    def of_page(self, size: float) -> float:
        return self.always + self.each * size + max(self.by_type.values(), default=0)


_LEAF = _Cost(1)


class _Counting:
    """Counts one operation. Invalid parts cost nothing, because validation refuses them."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], sizes: Mapping[str, int | None]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._sizes = sizes
        self._costs: dict[str, _Cost] = {}

    def selected(self, selection_set: SelectionSetNode | None, of: GraphQLNamedType) -> _Cost:
        always = each = 0.0
        by_type: dict[str, float] = {}
        for node in selection_set.selections if selection_set else ():
            match node:
                case FieldNode():
                    part = self._field(node, of)
                case FragmentSpreadNode():
                    part = self._spread(node.name.value, of)
                case InlineFragmentNode():
                    condition = self._condition(node) or of
                    part = _where(condition, of, self.selected(node.selection_set, condition))
                case _:
                    continue
            always, each = always + part.always, each + part.each
            for name, cost in part.by_type.items():
                by_type[name] = by_type.get(name, 0) + cost
        return _Cost(always, each, by_type)

    def _spread(self, name: str, of: GraphQLNamedType) -> _Cost:
        fragment = self._fragments.get(name)
        condition = fragment and self._condition(fragment)
        if not fragment or not condition:
            return _Cost()
        if name not in self._costs:
            self._costs[name] = _Cost()  # A cycle of fragments ends here.
            self._costs[name] = self.selected(fragment.selection_set, condition)
        return _where(condition, of, self._costs[name])

    def _condition(self, node: FragmentDefinitionNode | InlineFragmentNode) -> GraphQLNamedType | None:
        return self._schema.get_type(node.type_condition.name.value) if node.type_condition else None

    def _field(self, node: FieldNode, of: GraphQLNamedType) -> _Cost:
        if node.selection_set is None:
            return self._leaf(node.name.value, of)
        name = node.name.value
        fields = of.fields if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(name) or _META.get(name)
        if field is None:
            return _Cost()
        below = self.selected(node.selection_set, get_named_type(field.type))
        if name == "edges" and of.name.endswith("Connection"):
            return _Cost(1, below.of_page(0))
        size = self._length(node, field, f"{of.name}.{name}")
        return _Cost(1 + size * below.of_page(self._argument(node, "first", "last")))

    def _leaf(self, name: str, of: GraphQLNamedType) -> _Cost:
        if name == "totalCount" and of.name.endswith("Connection"):
            return _Cost(DEFAULT_SIZE)
        return _Cost(COUNTS[f"{of.name}.{name}"]) if f"{of.name}.{name}" in COUNTS else _LEAF

    def _length(self, node: FieldNode, field: GraphQLField, name: str) -> float:
        if "ids" in field.args:
            return self._argument(node, "ids")
        if name.endswith(f".{REFUSALS}") or not (name in SIZES or is_list_type(get_nullable_type(field.type))):
            return 1
        return SIZES.get(name, DEFAULT_SIZE)

    def _argument(self, node: FieldNode, *names: str) -> float:
        given = [_written(each.value, self._sizes) for each in node.arguments or () if each.name.value in names]
        return max((size for size in given if size is not None), default=DEFAULT_SIZE)


def _where(condition: GraphQLNamedType, of: GraphQLNamedType, cost: _Cost) -> _Cost:
    """Returns the cost that a selection under a type condition adds to the selection around it."""
    if condition is of or (is_abstract_type(of) and is_abstract_type(condition)):
        return cost
    if is_abstract_type(of):
        return _Cost(by_type={condition.name: cost.always})
    return _Cost(cost.always + cost.by_type.get(of.name, 0)) if is_abstract_type(condition) else _Cost()


def _written(value: ValueNode | None, sizes: Mapping[str, int | None]) -> int | None:
    match value:
        case VariableNode():
            return sizes.get(value.name.value)
        case IntValueNode():
            return _size(int(value.value)) if len(value.value) < 10 else MAX_SIZE
        case ListValueNode():
            return min(len(value.values), MAX_SIZE)
    return None


def _size(value: object) -> int | None:
    """Returns the size that a value asks for, as a page or a list.

    A size above the cap is refused later, where it is read.
    """
    match value:
        case bool():
            return None
        case int():
            return value if 0 <= value <= MAX_SIZE else MAX_SIZE
        case list():
            return min(len(value), MAX_SIZE)
    return None
