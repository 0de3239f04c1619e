"""Plans: what each execution of an operation would find out again. They are kept with the parsed document, and go with it.

A plan depends on the operation's node and on the values of the variables in @skip and @include, and on nothing else of
a request.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
)

from schema.execution.documents import DOCUMENTS, part_of

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
Place: TypeAlias = tuple[int, ...]
"""The ids of the nodes that select something together. They are unique as long as the document is kept."""

MAX_PLANS = 8
"""The plans that one operation keeps. A client can send any combination of values for its variables."""
MAX_COMPILED = 700
"""The fields that one plan compiles. Compiling takes 15 to 40 µs for each, and the event loop waits meanwhile."""

# Measured with tracemalloc (tests/schema/test_document_memory.py): a field took up to 910 bytes.
BYTES_PER_PLAN = 6_000
BYTES_PER_FIELD = 1_000
"""What a plan takes at most, when all that it can hold is there. It counts from its beginning."""

_CONDITIONAL = (GraphQLSkipDirective.name, GraphQLIncludeDirective.name)
_PLANS = "_plans"


@dataclass(eq=False, slots=True)
class Plan:
    """What is known about one operation.

    `functions` complete the root fields, by their keys in the response. `steps` say what is loaded ahead, by the type's
    name and the place that selects from it. `arguments` are those without variables, by the ids of field and node.
    """

    to_compile: int = MAX_COMPILED
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    steps: dict[tuple[str, Place], Sequence[Any]] = field(default_factory=dict)
    arguments: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)

    @property
    def compiles(self) -> bool:
        return self.to_compile > 0


class _Plans:
    """The plans of one operation in one schema, by the values of the variables that they depend on."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> None:
        self.schema = schema
        self._part = part_of(operation)
        self._variables = sorted({*_conditions(operation.selection_set, fragments, set())})
        self._plans: dict[tuple[object, ...], Plan] = {}

    def of(self, variables: Mapping[str, Any]) -> Plan:
        key = tuple(variables.get(name, Undefined) for name in self._variables)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MAX_PLANS:
                return Plan(to_compile=0)
            plan = self._plans[key] = Plan()
            self._count()
        return plan

    def _count(self) -> None:
        document = self._part and self._part.document()
        if self._part and document:
            document.derived_bytes += BYTES_PER_PLAN + BYTES_PER_FIELD * self._part.fields
            DOCUMENTS.recount(document)


def plan_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments, variables: Mapping[str, Any]
) -> Plan:
    """Returns the plan of an operation with these variables. Beyond MAX_PLANS, returns an empty one that is not kept."""
    # A node cannot be a key, because nodes are compared with all that is in them. But each has a dict of its own.
    plans: _Plans | None = vars(operation).get(_PLANS)
    if plans is None or plans.schema is not schema:
        plans = vars(operation)[_PLANS] = _Plans(schema, operation, fragments)
    return plans.of(variables)


def place_of(nodes: Sequence[FieldNode]) -> Place:
    # The place is the nodes and not the key in the response: two aliases can select the same field with different
    # arguments.
    return tuple(map(id, nodes))


def _conditions(selection_set: SelectionSetNode | None, fragments: Fragments, seen: set[str]) -> Iterator[str]:
    """Yields the names of the variables in @skip and @include."""
    for node in selection_set.selections if selection_set else ():
        for directive in node.directives or ():
            given = (directive.arguments or ()) if directive.name.value in _CONDITIONAL else ()
            yield from (each.value.name.value for each in given if isinstance(each.value, VariableNode))
        if not isinstance(node, FragmentSpreadNode):
            below = node.selection_set  # type: ignore[attr-defined]  # a field and an inline fragment have this attribute
            yield from _conditions(below, fragments, seen)
        elif node.name.value not in seen:
            seen.add(node.name.value)
            yield from _conditions(fragments[node.name.value].selection_set, fragments, seen)
