"""Lists in variables, which are bounded before anything looks at their items."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    type_from_ast,
)

MOST_ITEMS = 1_000
"""The longest list that any field takes, except for those of the types below."""
MOST_ITEMS_OF: Mapping[str, int] = {"RosterEntry": 10_000}
"""Lists of imports, which only site admins send. 10,000 items are read in 0.2 s, before anything asks who sent them."""


def most_items(of: Any) -> int:
    """Returns how many items a list of this type may have anywhere."""
    return MOST_ITEMS_OF.get(get_named_type(of).name, MOST_ITEMS)


def bound_lists(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any], *, imports: bool = True
) -> None:
    """Cuts each list in the variables that is longer than any list may be.

    One item more than allowed is left. So the list is still refused, by the rule of its own field and in its words, and
    at the cost of an allowed list. Of a list that only imports have, one item is left to callers who import nothing.
    """
    for each in operation.variable_definitions or ():
        value = variables.get(each.variable.name.value)
        if isinstance(value, list | dict):
            _bound(value, type_from_ast(schema, each.type), imports=imports)


def _bound(value: Any, of: Any, *, imports: bool) -> None:
    if of is None:  # The document is not validated yet, so it may name a type that does not exist.
        return
    of = get_nullable_type(of)
    if is_list_type(of) and isinstance(value, list):
        del value[(most_items(of) if imports or get_named_type(of).name not in MOST_ITEMS_OF else 0) + 1 :]
        for item in value if _fields_with_lists(get_named_type(of)) else ():
            _bound(item, of.of_type, imports=imports)
    elif isinstance(value, dict):
        for name, inner in _fields_with_lists(get_named_type(of)):
            _bound(value.get(name), inner, imports=imports)


@cache
def _fields_with_lists(of: object) -> tuple[tuple[str, GraphQLInputType], ...]:
    """Returns the fields of an input type that are lists or contain lists."""
    if not isinstance(of, GraphQLInputObjectType):
        return ()
    return tuple((name, field.type) for name, field in of.fields.items() if _holds_list(field.type))


def _holds_list(of: Any) -> bool:
    of = get_nullable_type(of)
    return is_list_type(of) or (is_input_object_type(of) and bool(_fields_with_lists(of)))
