"""Values of the wrong type for every input type, which GraphQL itself refuses."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull

DEEP_LIST: Any = json.loads("[" * 200 + "]" * 200)
DEEP_OBJECT: Any = json.loads('{"a":' * 200 + "1" + "}" * 200)
NO_MOMENTS = ("9999-12-31T24:00:00Z", "2030-02-30T00:00:00Z", "2030-13-01T00:00:00Z")
WRONG: dict[str, tuple[Any, ...]] = {
    "Int": ("x", "1", "", True, 1.5, 2**31, -(2**31) - 1, 2**64, 10**400, 1e308, [], {}),
    "Float": ("x", "1", "", True, 10**400, [], {}),
    "String": (1, 1.5, True, [], {}, ["x"]),
    "ID": (1.5, True, [], {}, ["x"]),
    "Boolean": (0, 1, "true", "", [], {}),
    "DateTime": ("", "x", "x" * 90_000, "now", *NO_MOMENTS, 1, 1.5, True, [], {}),
    "EventCursor": (1, 1.5, True, [], {}),
}


def wrong(of: GraphQLInputType, good: Mapping[str, dict[str, Any]]) -> list[Any]:
    """Returns values that are not of this type. `good` are inputs that would succeed, by type."""
    match of:
        case GraphQLNonNull():
            return [None, *wrong(of.of_type, good)]
        case GraphQLList():
            return [[each] for each in wrong(of.of_type, good)]
        case GraphQLEnumType():
            return ["NOPE", next(iter(of.values)).lower(), "", 1, True, [], {}]
        case GraphQLInputObjectType():
            return [1, "x", [], [{}], {"nonsense": 1}, {**good.get(of.name, {}), "nonsense": 1}, DEEP_OBJECT]
    return [*WRONG[of.name], DEEP_LIST, DEEP_OBJECT]
