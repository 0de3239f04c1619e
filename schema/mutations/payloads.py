"""What mutations answer with: the interface of all payloads, and the fields that many of them have."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

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


LoadByIds = Callable[[Snapshot, Sequence[UUID | None]], Awaitable[Sequence[Any]]]


# What follows makes fields of payloads, whose types are their attributes' annotations. A refused mutation has no outcome.


def shown(description: str, load: LoadByIds, id_in: Callable[[Any], UUID] = lambda outcome: outcome) -> Any:
    """The thing with the outcome's id, or the id that `id_in` takes from the outcome. Null if refused."""

    async def load_ids(ids: Sequence[UUID | None], snapshot: Snapshot) -> Sequence[Any]:
        return await load(snapshot, ids)

    def id_of(payload: Payload) -> UUID | None:
        return None if payload.outcome is None else id_in(payload.outcome)

    return link(description, Loader(load_ids), id_of)


def told(description: str, read: Callable[[Any], Any], *, refused: Any = None) -> Any:
    """What `read` takes from the outcome, or `refused`."""
    return strawberry.field(
        lambda self: refused if self.outcome is None else read(self.outcome), description=description
    )


def former_id(kind: str, description: str) -> Any:
    """The id of what was deleted, of this kind. Null if refused."""
    return told(description, lambda outcome: global_id(kind, outcome))
