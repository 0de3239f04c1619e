"""The context of resolvers: the viewer, and the services of the process."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import strawberry

from models.access.authorise import GalleryAccess
from models.cursors import Cursors
from models.database.database import Database
from models.database.transaction import Snapshot
from models.events.log import Entry
from models.permissions import Role, Viewer
from resolvers.webhooks import WebhookRules
from subscriptions.delivery import Outlet
from subscriptions.presence import Presence
from subscriptions.readers import Readers


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one operation: its `cost`, as schema/execution/cost.py counts it, and its `seconds`.

    In a subscription, each event may take `seconds`.
    """

    cost: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Services:
    """The services of the process. The process has one object of each.

    Without `fast_paths`, everything is executed by graphql-core, and for each subscriber alone.
    """

    database: Database
    readers: Readers
    cursors: Cursors
    presence: Presence
    limits: Limits
    fast_paths: bool = True
    schema_is_public: bool = True
    webhooks: WebhookRules = field(default_factory=WebhookRules)

    def shows_schema(self, viewer: Viewer) -> bool:
        """Returns whether the viewer may read the schema: by introspection, or from suggestions in errors."""
        return self.schema_is_public or Role.SITE_ADMIN in viewer.site_roles


def _uncounted(_further: int) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(slots=True)
class Context:
    """The context of one operation.

    A subscription's finished items go to its `outlet`, if it has one. The `executor` sets itself. If
    `access_page` is set, the root field `gallery` calls it to access the gallery that its argument names. `out_of_reach`
    says that a mutation of this operation was UNAVAILABLE, and `answered` that one has a payload. `counting(n)` counts the operation as n further ones while
    entered, and raises an error where those are too many.

    A subscription resumes after the cursor `resumes_after`, whatever its argument `after` says. `cursor` is that of the
    item that was executed last, if the item has one.

    A subscription of events whose `entry` is set tells only this entry, and ends. Nobody counts as present by it.
    """

    services: Services
    viewer: Viewer
    outlet: Outlet | None = None
    executor: Any = None
    counting: Callable[[int], AbstractContextManager[None]] = _uncounted
    access_page: Callable[[Snapshot], Awaitable[GalleryAccess]] | None = None
    operation_snapshot: Snapshot | None = None
    out_of_reach: bool = False
    answered: bool = False
    ends_at: float | None = None
    resumes_after: str | None = None
    cursor: str | None = None
    entry: Entry | None = None

    @property
    def shows_schema(self) -> bool:
        return self.services.shows_schema(self.viewer)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the whole query reads. OneMoment sets it while the query runs."""
        assert self.operation_snapshot
        return self.operation_snapshot

    @property
    def deadline(self) -> float:
        """The time when the mutation is stopped, in the event loop's time.

        OneMoment sets it when the mutation begins.
        """
        assert self.ends_at
        return self.ends_at


Info = strawberry.Info[Context, object]
