"""Lists of webhooks and of their deliveries, for the managers of the gallery (rule 91)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from models.access.rights import Rights
from models.access.webhooks import sees_webhooks
from models.database.transaction import Snapshot
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.tables.webhooks import Webhook, WebhookDelivery

IN_ORDER = (Key(Webhook.id),)
LATEST_FIRST = (Key(WebhookDelivery.id, descending=True),)


async def webhooks_of(
    snapshot: Snapshot, galleries: Mapping[UUID, Rights], arguments: PageArguments
) -> dict[UUID, Page[Webhook]]:
    """Returns a page of each gallery's webhooks, oldest first. The page is empty if the viewer is no manager."""
    arguments.checked()
    found: dict[UUID, Page[Webhook]] = dict.fromkeys(galleries, EMPTY)
    mine = [gallery for gallery, rights in galleries.items() if sees_webhooks(rights)]
    if mine:
        found |= await page_each(snapshot, select(Webhook), Webhook.gallery_id, mine, IN_ORDER, arguments)
    return found


async def deliveries_of(
    snapshot: Snapshot, webhooks: Sequence[UUID], arguments: PageArguments
) -> dict[UUID, Page[WebhookDelivery]]:
    """Returns a page of each webhook's deliveries, the latest first. The viewer sees the webhooks."""
    arguments.checked()
    parent = WebhookDelivery.webhook_id
    return await page_each(snapshot, select(WebhookDelivery), parent, list(webhooks), LATEST_FIRST, arguments)
