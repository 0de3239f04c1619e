"""Webhooks and their deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from models.access.webhooks import seen_deliveries, seen_webhooks
from models.database.transaction import Snapshot
from models.storage.paging import PageArguments
from models.tables import webhooks
from models.tables.webhooks import position_of
from resolvers import webhook_lists as resolvers
from schema.context import Info
from schema.execution.ahead import Loader, link
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.enums import WebhookDeliveryFailure, WebhookDeliveryState, WebhookDisabledReason
from schema.types.ids import global_id
from schema.types.links import GalleryLink, gallery_link
from schema.types.node import Node, in_places
from schema.types.people import User, user_link
from schema.types.scalars import EventCursor

WebhookLink: TypeAlias = Annotated["Webhook", strawberry.lazy("schema.types.webhooks")]


async def _webhooks(ids: Sequence[UUID], snapshot: Snapshot) -> Sequence["Webhook | None"]:
    return await load_webhooks(snapshot, ids)


@strawberry.type(
    description="An attempt to deliver something to a webhook, or a test that waits. Of the receiver's answer only the status "
    "and the time are kept."
)
class WebhookDelivery(Node):
    row: strawberry.Private[webhooks.WebhookDelivery]
    event_type: str = strawberry.field(description="The `type` of its payload: that of the event, or WebhookTest.")
    message_key: str = strawberry.field(description="Its header `webhook-id`, which is the same at each attempt.")
    attempt: int = strawberry.field(description="The number of this attempt, from 1.")
    state: WebhookDeliveryState = strawberry.field(description="How it ended.")
    failure: WebhookDeliveryFailure | None = strawberry.field(description="Why it failed; null unless it did.")
    status: int | None = strawberry.field(description="The status of the answer; null where there was none.")
    duration_seconds: float | None = strawberry.field(description="How long it took; null until it ended.")
    created_at: datetime = strawberry.field(description="When it began, or when the test was ordered.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null until then.")

    webhook: WebhookLink | None = link(
        "The webhook that it is of; null where the viewer does not see it any more.",
        Loader(_webhooks),
        lambda delivery: delivery.row.webhook_id,
    )
    gallery: GalleryLink = gallery_link("The gallery of the webhook.", lambda delivery: delivery.row.gallery_id)


@strawberry.type(
    description="A receiver of a gallery's events over HTTP, signed as Standard Webhooks says. Seen by the gallery's managers."
)
class Webhook(Node):
    row: strawberry.Private[webhooks.Webhook]
    name: str = strawberry.field(description="What managers call it.")
    url: str = strawberry.field(description="Where events are sent by POST.")
    event_types: list[str] = strawberry.field(description="The types of events that it gets; empty for all.")
    document: str | None = strawberry.field(
        description="The subscription whose answer each payload has besides; null for none."
    )
    enabled: bool = strawberry.field(description="Whether it is sent events.")
    disabled_reason: WebhookDisabledReason | None = strawberry.field(
        description="Why it is not enabled; null while it is."
    )
    disabled_at: datetime | None = strawberry.field(description="Since when it is not enabled; null while it is.")
    first_failed_at: datetime | None = strawberry.field(
        description="When the first of the attempts failed that have failed in a row; null where the last one succeeded."
    )
    next_attempt_at: datetime | None = strawberry.field(
        description="When the next attempt is made; null where none failed last."
    )
    last_delivered_at: datetime | None = strawberry.field(
        description="When an event was delivered last; null before the first."
    )
    secret_changed_at: datetime = strawberry.field(description="Since when its present secret signs.")
    old_secret_expires_at: datetime | None = strawberry.field(
        description="When the secret before that one stops signing as well; null where it did not overlap."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was saved last, or disabled.")

    account: User | None = user_link(
        "Its service account, whose rights decide what it is sent: the manager who last saved its address, types or document, or "
        "switched it on. Null once that account is gone.",
        lambda webhook: webhook.row.account_id,
    )
    gallery: GalleryLink = gallery_link("The gallery whose events it gets.", lambda webhook: webhook.row.gallery_id)

    @strawberry.field(description="How far it is in the gallery's log: all before it was delivered, or was not for it.")
    def cursor(self, info: Info) -> EventCursor:
        return EventCursor(info.context.services.cursors.of_rest(self.row.gallery_id, position_of(self.row)))

    @paged("Its last 1,000 deliveries, the latest first.")
    @staticmethod
    async def deliveries(
        webhooks: Sequence["Webhook"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[WebhookDelivery]]:
        ids = [each.row.id for each in webhooks]
        pages = await resolvers.deliveries_of(snapshot, ids, arguments)
        return [connect(pages[each.row.id], delivery_node, Log(each.row.gallery_id)) for each in webhooks]


def delivery_node(row: webhooks.WebhookDelivery) -> WebhookDelivery:
    """Returns the delivery as a node."""
    return WebhookDelivery(
        row=row,
        id=global_id("WebhookDelivery", row.id),
        event_type=row.event_type,
        message_key=row.message_id,
        attempt=row.attempt,
        state=row.state,
        failure=row.failure,
        status=row.status,
        duration_seconds=None if row.milliseconds is None else row.milliseconds / 1_000,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def webhook_node(row: webhooks.Webhook) -> Webhook:
    """Returns the webhook as a node."""
    return Webhook(
        row=row,
        id=global_id("Webhook", row.id),
        name=row.name,
        url=row.url,
        event_types=row.event_types,
        document=row.document,
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        disabled_at=row.disabled_at,
        first_failed_at=row.failing_since,
        next_attempt_at=row.retry_at,
        last_delivered_at=row.last_delivered_at,
        secret_changed_at=row.secret_changed_at,
        old_secret_expires_at=row.old_secret_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def load_webhooks(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Webhook | None]:
    """Returns the webhooks that the viewer sees, in two statements. Each place gets its own node."""
    return in_places(ids, await seen_webhooks(snapshot, {each for each in ids if each}), webhook_node)


async def load_deliveries(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[WebhookDelivery | None]:
    """Returns the deliveries whose webhook the viewer sees, in two statements. Each place gets its own node."""
    return in_places(ids, await seen_deliveries(snapshot, {each for each in ids if each}), delivery_node)
