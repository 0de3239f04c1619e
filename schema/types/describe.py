"""Descriptions for the values of enums that are defined without Strawberry."""

from enum import Enum
from typing import TypeVar

import strawberry

E = TypeVar("E", bound=type[Enum])


def describe(enum: E, description: str, **values: str) -> E:
    """Registers an enum of `models` as a GraphQL enum, with a description for each value."""
    registered = strawberry.enum(enum, description=description)
    for value in registered.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry adds this attribute
        value.description = values[value.name]
    return registered
