"""Access to webhooks, which only the managers of their gallery see (rule 91). All others get NOT_FOUND (rule 4)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.authorise import permit, refused
from models.access.rights import IS_MANAGER, Rights, rights_in, stored_rights
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.storage.statements import among
from models.tables.galleries import Gallery
from models.tables.webhooks import Webhook, WebhookDelivery

_WEBHOOK = select(Webhook).where(Webhook.id == bindparam("id"))
_LOCK = (
    select(Gallery.id)
    .join(Webhook, Webhook.gallery_id == Gallery.id)
    .where(Webhook.id == bindparam("id"), IS_MANAGER)
    .with_for_update(of=Gallery)
)


async def access_webhook(tx: Transaction, webhook_id: UUID, *field: str) -> Webhook:
    """Returns the webhook, if the viewer manages its gallery. Raises NOT_FOUND."""
    act = Act(Permission.MANAGE_GALLERY, "webhook", webhook_id, None)
    gallery_id: UUID | None = await tx.value(_LOCK, {"id": webhook_id, "viewer": tx.viewer.id})
    if gallery_id is None:
        raise refused(tx, act, not_found("webhook", *field))
    # The webhook may have been deleted while this transaction waited for the lock, and the viewer's role as well.
    webhook = await tx.first(_WEBHOOK, {"id": webhook_id})
    rights = await stored_rights(tx, gallery_id, tx.viewer.id)
    if webhook is None or not sees_webhooks(rights):
        raise refused(tx, act, not_found("webhook", *field))
    await permit(tx, act, rights.roles, field)
    return webhook


def sees_webhooks(rights: Rights) -> bool:
    """Returns whether a viewer with these rights in a gallery sees its webhooks."""
    return Permission.MANAGE_GALLERY in rights.permissions


_WEBHOOKS = select(Webhook).where(among(Webhook.id))
_DELIVERIES = select(WebhookDelivery).where(among(WebhookDelivery.id))


async def seen_webhooks(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Webhook]:
    """Returns those of the webhooks that the viewer sees. Runs two statements."""
    rows = await snapshot.all(_WEBHOOKS, {"ids": list(ids)})
    rights = await rights_in(snapshot, {row.gallery_id for row in rows}, snapshot.viewer.id)
    return {row.id: row for row in rows if sees_webhooks(rights[row.gallery_id])}


async def seen_deliveries(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, WebhookDelivery]:
    """Returns those of the deliveries whose webhook the viewer sees. Runs two statements."""
    rows = await snapshot.all(_DELIVERIES, {"ids": list(ids)})
    rights = await rights_in(snapshot, {row.gallery_id for row in rows}, snapshot.viewer.id)
    return {row.id: row for row in rows if sees_webhooks(rights[row.gallery_id])}
