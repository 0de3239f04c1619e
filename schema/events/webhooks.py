"""The events of a gallery's webhooks, as its managers see them."""

from collections.abc import Sequence

import strawberry

from models.database.transaction import Snapshot
from models.events import webhooks as webhook_events
from models.tables.webhooks import WebhookFacts
from schema.events.interfaces import GalleryEvent, Place, by_name
from schema.execution.ahead import relation
from schema.types.ids import global_id
from schema.types.webhooks import Webhook, load_webhooks


@strawberry.interface(description="About a webhook. For the gallery's managers.")
class WebhookEvent(GalleryEvent):
    of: strawberry.Private[WebhookFacts]
    webhook_id: strawberry.ID = strawberry.field(description="The webhook's id.")

    @relation("The webhook as it stands when this is delivered; null once it is gone.")
    @staticmethod
    async def webhook(events: Sequence["WebhookEvent"], snapshot: Snapshot) -> Sequence[Webhook | None]:
        return await load_webhooks(snapshot, [event.of.id for event in events])


@strawberry.type(description="A manager made or changed a webhook.")
class WebhookSaved(WebhookEvent):
    pass


@strawberry.type(description="The server disabled a webhook. `webhook { disabledReason }` says why.")
class WebhookDisabled(WebhookEvent):
    pass


@strawberry.type(description="A webhook is gone, with its deliveries.")
class WebhookDeleted(WebhookEvent):
    pass


_BY_NAME: dict[str, type[WebhookEvent]] = by_name(WebhookSaved, WebhookDisabled, WebhookDeleted)
WEBHOOK_EVENTS = tuple(_BY_NAME.values())


def webhook_event_of(event: webhook_events.WebhookEvent, at: Place) -> GalleryEvent:
    """Returns the event as clients see it."""
    of = event.webhook
    return _BY_NAME[event.kind](**at, of=of, webhook_id=global_id("Webhook", of.id))
