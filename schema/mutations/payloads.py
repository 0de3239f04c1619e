"""What mutations answer with: the interface of all payloads, and the fields that many of them have."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import strawberry

from models.database.transaction import Snapshot
from schema.execution.ahead import Loaded, Loader, link
from schema.types.errors import UserError
from schema.types.ids import global_id
from schema.types.scalars import EventCursor


@strawberry.interface(description="What every mutation answers.")
class Payload(Loaded):
    outcome: strawberry.Private[Any] = None
    cursor: EventCursor | None = strawberry.field(
        default=None,
        description="Where the mutation's last event is in the gallery's log; null where it wrote none, or in many logs.",
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was refused; empty when it was done. Then nothing was changed."
    )


# What follows makes fields of payloads, whose types are their attributes' annotations. A refused mutation has no outcome.


def shown(
    description: str,
    load: Callable[[Snapshot, Sequence[Any]], Awaitable[Sequence[Any]]],
    key: Callable[[Any], Any] = lambda outcome: outcome,
) -> Any:
    """What `load` gives for the outcome, which is mostly an id, or for what `key` takes from it. `load` gets None if refused."""

    async def load_keys(keys: Sequence[Any], snapshot: Snapshot) -> Sequence[Any]:
        return await load(snapshot, keys)

    def key_of(payload: Payload) -> Any:
        return None if payload.outcome is None else key(payload.outcome)

    return link(description, Loader(load_keys), key_of)


def told(description: str, read: Callable[[Any], Any], *, refused: Any = None) -> Any:
    """What `read` takes from the outcome, or `refused`."""
    return strawberry.field(
        lambda self: refused if self.outcome is None else read(self.outcome), description=description
    )


def former_id(kind: str, description: str) -> Any:
    """The id of what was deleted, of this kind. Null if refused."""
    return told(description, lambda outcome: global_id(kind, outcome))
