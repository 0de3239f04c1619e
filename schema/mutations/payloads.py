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


def shown(description: str, load: LoadByIds, id_in: Callable[[Any], UUID] = lambda outcome: outcome) -> Any:
    """A payload's field that shows the thing with the outcome's id. Its type is the attribute's annotation.

    `id_in` takes the id from an outcome that is more than the id. A refused mutation has no outcome: the field is null.
    """

    async def load_ids(ids: Sequence[UUID | None], snapshot: Snapshot) -> Sequence[Any]:
        return await load(snapshot, ids)

    def id_of(payload: Payload) -> UUID | None:
        return None if payload.outcome is None else id_in(payload.outcome)

    return link(description, Loader(load_ids), id_of)


def former_id(kind: str, description: str) -> Any:
    """A payload's field for the id of what was deleted, of this kind."""

    def id_of(self: Payload) -> strawberry.ID | None:
        return None if self.outcome is None else global_id(kind, self.outcome)

    return strawberry.field(id_of, description=description)
