"""The scalars that Enfilade defines."""

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
        # Without this check, a value of another type in a document would be a fault of the server.
        raise GraphQLError("An EventCursor is a string.")
    return value


EVENT_CURSOR: ScalarDefinition = strawberry.scalar(
    name="EventCursor",
    description=(
        "A place in a gallery's log. A stream whose `after` is the cursor of the last event that you processed continues with the next event. It is opaque: do not compare or parse it."
    ),
    serialize=str,
    parse_value=_text,
)


def _moment(value: object) -> datetime:
    try:
        assert DateTimeDefinition.parse_value
        moment: datetime = DateTimeDefinition.parse_value(value)
    except (ValueError, OverflowError, GraphQLError):  # their messages repeat the value, which can be long
        raise GraphQLError("A DateTime is an ISO 8601 string, as in 2030-01-31T12:00:00Z.") from None
    return moment


DATE_TIME: ScalarDefinition = replace(DateTimeDefinition, parse_value=_moment)
