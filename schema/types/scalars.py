"""Scalars of our own."""

from dataclasses import replace
from datetime import datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.types.base_scalars import DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition

EventCursor = NewType("EventCursor", str)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("An EventCursor is a string.")  # anything else is a fault where a document holds it
    return value


EVENT_CURSOR: ScalarDefinition = strawberry.scalar(
    name="EventCursor",
    description=(
        "A place in a gallery's log. Give the last one that you processed as `after`, and the stream goes on without a"
        " gap. Opaque: its order and its gaps tell nothing."
    ),
    serialize=str,
    parse_value=_text,
)


def _moment(value: object) -> datetime:
    try:
        assert DateTimeDefinition.parse_value
        moment: datetime = DateTimeDefinition.parse_value(value)
    except (ValueError, OverflowError, GraphQLError):  # whose words repeat the value, however long it is
        raise GraphQLError("A DateTime is an ISO 8601 string, as in 2030-01-31T12:00:00Z.") from None
    return moment


DATE_TIME: ScalarDefinition = replace(DateTimeDefinition, parse_value=_moment)
