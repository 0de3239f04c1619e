"""The Node interface."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import strawberry

from schema.execution.ahead import Loaded
from schema.types.ids import global_id

K = TypeVar("K")
N = TypeVar("N")
T = TypeVar("T")


@strawberry.interface(description="An object with an id, by which `node` reads it again.")
class Node(Loaded):
    id: strawberry.ID = strawberry.field(description="Opaque, globally unique, and the same for ever.")


B = TypeVar("B", bound=Node)


def bare_node(of: type[B], local: UUID) -> B:
    """Returns a node of which nothing but the id can be read, for a relation's `bare` loader."""
    node = of.__new__(of)
    node.id, node.loaded = global_id(of.__name__, local), {}
    return node


def in_places(ids: Sequence[K | None], found: Mapping[K, T], node: Callable[[T], N]) -> list[N | None]:
    """Returns a node for each id, in its place, or None if nothing was found.

    Each place gets its own node, because two places of a document may select different fields of the same object.
    """
    return [node(found[each]) if each is not None and each in found else None for each in ids]
