"""Scalars of our own."""

from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

EventCursor = NewType("EventCursor", str)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("An EventCursor is a string.")
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
