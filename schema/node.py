"""The Node interface."""

import strawberry

from schema.ahead import Loaded


@strawberry.interface(description="Whatever has an id of its own, and can be read again by it.")
class Node(Loaded):
    id: strawberry.ID = strawberry.field(description="Opaque, globally unique, and the same for ever.")
