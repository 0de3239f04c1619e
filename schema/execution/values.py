"""Values as resolvers return them: which are usual, and how those become what the response holds."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.schema.types.base_scalars import DateTimeDefinition

_MAX_INT = 2**31


class Unexpected(Exception):
    """A value that only graphql-core can complete or report."""


def listed(value: object) -> Any:
    """Returns a tuple. Raises Unexpected for anything else that is not a list: it may not be readable twice."""
    if type(value) is not tuple:
        raise Unexpected
    return value


@cache
def leaf_of(of: GraphQLLeafType) -> Callable[[object], Any]:
    """Returns a function that coerces an unusual value of a scalar or an enum."""

    def coerced(value: object) -> Any:
        _expect_plain(value)
        found = of.coerce_output_value(value)
        if found is None or found is Undefined:
            raise Unexpected
        return found

    return coerced


@cache
def object_of(of: GraphQLObjectType) -> Callable[[object], None]:
    """Returns a function that raises if a value of another class is not of this type."""
    info: Any = SimpleNamespace()

    def check(value: object) -> None:
        _expect_plain(value)
        if of.is_type_of and of.is_type_of(value, info) is not True:
            raise Unexpected

    return check


def _expect_plain(value: object) -> None:
    if value is None or value is Undefined or isinstance(value, Exception) or optimized_is_awaitable(value):
        raise Unexpected


@cache
def names_of(of: GraphQLEnumType) -> dict[str, str]:
    """Returns the names of an enum's values in GraphQL by their names in Python."""
    assert isinstance(of, CustomGraphQLEnumType)
    members: Any = of.wrapped_cls
    return {each.name: of.coerce_output_value(each) for each in members}


USUAL: dict[Any, tuple[str, str]] = {
    GraphQLString.coerce_output_value: ("type({0}) is str", "{0}"),
    GraphQLID.coerce_output_value: ("type({0}) is str", "{0}"),
    str: ("type({0}) is str", "{0}"),
    GraphQLBoolean.coerce_output_value: ("type({0}) is bool", "{0}"),
    GraphQLInt.coerce_output_value: (f"type({{0}}) is int and {-_MAX_INT} <= {{0}} < {_MAX_INT}", "{0}"),
    DateTimeDefinition.serialize: ("type({0}) is datetime", "{0}.isoformat()"),
}
"""By a scalar's serializer: when a value is a usual one, and what the serializer then returns."""
