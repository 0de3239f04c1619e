"""The interface of all payloads of mutations, and the fields that many payloads have."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.values.answers import InGallery
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
        default_factory=list,
        description="Why it was refused, and nothing was changed; empty when it was done. Wrong input has one INVALID for each wrong "
        "field, in the input's order. Any other refusal is alone.",
    )


# The functions below make fields of payloads. The annotation of the attribute is the field's type. A refused mutation
# has no outcome.


def shown(
    description: str,
    load: Callable[[Snapshot, Sequence[Any]], Awaitable[Sequence[Any]]],
    key: Callable[[Any], Any] = lambda outcome: outcome,
) -> Any:
    """Returns a field with the value that `load` returns for the key that `key` takes from the outcome.

    By default the key is the outcome itself, which is mostly an id. `load` receives None as the key if the mutation was
    refused.
    """

    async def load_keys(keys: Sequence[Any], snapshot: Snapshot) -> Sequence[Any]:
        return await load(snapshot, keys)

    def key_of(payload: Payload) -> Any:
        return None if payload.outcome is None else key(payload.outcome)

    return link(description, Loader(load_keys), key_of)


def told(description: str, read: Callable[[Any], Any], *, refused: Any = None) -> Any:
    """Returns a field with the value that `read` takes from the outcome, or `refused` if the mutation was refused."""
    return strawberry.field(
        lambda self: refused if self.outcome is None else read(self.outcome), description=description
    )


def former_id(kind: str, description: str, key: Callable[[Any], UUID] = lambda outcome: outcome) -> Any:
    """Returns a field with the id of a deleted object of this kind. It is null if the mutation was refused."""
    return told(description, lambda outcome: global_id(kind, key(outcome)))


def id_of(outcome: InGallery) -> UUID:
    return outcome.id


def gallery_of(outcome: InGallery) -> UUID:
    return outcome.gallery_id
