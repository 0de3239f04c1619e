"""Webhooks of galleries: their managers make, change and delete them (rules 91 to 94)."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update

from models.access.authorise import access_gallery
from models.access.webhooks import access_webhook
from models.cursors import CursorExpired, Cursors, Position
from models.database.transaction import Transaction
from models.errors import Conflict, CursorInvalid, Invalid, StreamReset
from models.events import log
from models.events.webhooks import WebhookDeleted, WebhookSaved
from models.permissions import Permission
from models.storage.base import new_id, read_facts
from models.storage.sealing import Sealer
from models.tables.webhooks import (
    DOCUMENT_LIMIT,
    TYPES_LIMIT,
    WEBHOOKS_LIMIT,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookDisabledReason,
    WebhookFacts,
)
from models.values.answers import InGallery
from models.values.checks import all_invalid
from models.values.lists import checked_list
from models.values.networks import Reachable
from models.values.text import TITLE_LIMIT, clean_line, clean_text
from models.values.urls import clean_url

LONGEST_OVERLAP = timedelta(days=7)
TEST_TYPE = "WebhookTest"
TESTS_AT_ONCE = 5
"""How many tests of one webhook may wait."""
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """What the server's settings say of webhooks. Without a `sealer` no secret can be stored."""

    sealer: Sealer | None = None
    reachable: Reachable = field(default_factory=Reachable)
    https_only: bool = True


@dataclass(frozen=True, slots=True)
class GivenWebhook:
    """What a manager gives. None leaves a value as it is; of a document, an empty text removes it."""

    name: str | None
    url: str | None
    event_types: Sequence[str] | None
    document: str | None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Checking:
    """How the parts of a webhook are checked: the server's rules, and what only the schema knows."""

    rules: WebhookRules
    check_type: Callable[[str, str], str]
    check_document: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A webhook with its new secret as it is stored."""

    id: UUID
    gallery_id: UUID
    sealed: str


async def create_webhook(tx: Transaction, gallery_id: UUID, given: GivenWebhook, checking: Checking) -> SealedSecret:
    """Creates a webhook, which is sent what happens from now on. Raises INVALID, CONFLICT at the limit."""
    await access_gallery(tx, gallery_id, Permission.MANAGE_GALLERY, "input", "galleryId")
    given = _checked(given, checking)
    sealer = _must_seal(checking.rules)
    if await tx.value(_COUNT, {"gallery": gallery_id}) >= WEBHOOKS_LIMIT:
        raise Conflict(f"This gallery has {WEBHOOKS_LIMIT} webhooks already. Delete one first.", "input", "galleryId")
    made = WebhookFacts(
        id=new_id(),
        gallery_id=gallery_id,
        account_id=tx.viewer.id,
        name=given.name or "",
        url=given.url or "",
        event_types=list(given.event_types or ()),
        document=given.document or None,
        enabled=True,
        disabled_reason=None,
        disabled_at=None,
        secret_changed_at=tx.now,
        old_secret_until=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    sealed = sealer.seal(made.id, _new_secret())
    await tx.record(gallery_id, WebhookSaved(webhook=made))
    assert tx.last
    await tx.execute(insert(Webhook), {**_stored(made), **_at(tx.last.position), "secret": sealed, "failures": 0})
    return SealedSecret(made.id, gallery_id, sealed)


async def update_webhook(tx: Transaction, webhook_id: UUID, given: GivenWebhook, checking: Checking) -> InGallery:
    """Changes a webhook. Who decides where or what it sends becomes its account (rule 92). Raises INVALID."""
    row = await access_webhook(tx, webhook_id, "input", "webhookId")
    given = _checked(given, checking)
    before = webhook_facts(row)
    after = replace(
        before,
        name=before.name if given.name is None else given.name,
        url=before.url if given.url is None else given.url,
        event_types=before.event_types if given.event_types is None else list(given.event_types),
        document=before.document if given.document is None else given.document or None,
    )
    if (after.url, after.event_types, after.document) != (before.url, before.event_types, before.document):
        after = replace(after, account_id=tx.viewer.id)
    if given.enabled is not None and given.enabled != before.enabled:
        after = _switched(after, tx) if given.enabled else _disabled_by_manager(after, tx)
    if after != before:
        await _save(tx, replace(after, updated_at=tx.now), **(_FRESH if after.enabled and not before.enabled else {}))
    return InGallery(webhook_id, row.gallery_id)


async def delete_webhook(tx: Transaction, webhook_id: UUID) -> InGallery:
    """Deletes a webhook with its log of deliveries."""
    row = await access_webhook(tx, webhook_id, "input", "webhookId")
    await tx.execute(delete(Webhook).where(Webhook.id == webhook_id))
    await tx.record(row.gallery_id, WebhookDeleted(webhook=webhook_facts(row)))
    return InGallery(webhook_id, row.gallery_id)


async def rotate_secret(tx: Transaction, webhook_id: UUID, overlap_seconds: int, rules: WebhookRules) -> SealedSecret:
    """Gives a webhook a new secret. The present one signs as well for the overlap. Raises INVALID."""
    row = await access_webhook(tx, webhook_id, "input", "webhookId")
    longest = int(LONGEST_OVERLAP.total_seconds())
    if not 0 <= overlap_seconds <= longest:
        raise Invalid(f"This must be between 0 and {longest}.", "input", "overlapSeconds")
    sealer = _must_seal(rules)
    sealed = sealer.seal(webhook_id, _new_secret())
    # A secret that cannot be read signs nothing.
    overlaps = overlap_seconds > 0 and sealer.can_unseal(webhook_id, row.secret)
    until = tx.now + timedelta(seconds=overlap_seconds) if overlaps else None
    facts = replace(webhook_facts(row), secret_changed_at=tx.now, old_secret_until=until, updated_at=tx.now)
    await _save(tx, facts, secret=sealed, old_secret=row.secret if until else None)
    return SealedSecret(webhook_id, row.gallery_id, sealed)


async def order_test(tx: Transaction, webhook_id: UUID) -> UUID:
    """Orders a test delivery, and returns its id. Raises CONFLICT if too many wait."""
    row = await access_webhook(tx, webhook_id, "input", "webhookId")
    waiting = {"webhook": webhook_id, "pending": WebhookDeliveryState.PENDING}
    if await tx.value(_WAITING, waiting) >= TESTS_AT_ONCE:
        raise Conflict(f"{TESTS_AT_ONCE} tests of this webhook wait already.", "input", "webhookId")
    ordered = new_id()
    await tx.execute(
        insert(WebhookDelivery),
        {
            "id": ordered,
            "webhook_id": webhook_id,
            "gallery_id": row.gallery_id,
            "message_id": f"msg_{ordered.hex}",
            "event_type": TEST_TYPE,
            "attempt": 1,
            "state": WebhookDeliveryState.PENDING,
            "created_at": tx.now,
        },
    )
    return ordered


async def replay_webhook(tx: Transaction, webhook_id: UUID, after: str, cursors: Cursors) -> InGallery:
    """Lets a webhook be sent all that followed the cursor once more. Raises INVALID, CONFLICT for an expired cursor."""
    row = await access_webhook(tx, webhook_id, "input", "webhookId")
    place = "input", "after"
    try:
        position = cursors.read(row.gallery_id, after)
    except CursorInvalid:
        raise Invalid("This cursor does not belong to the webhook's gallery.", *place) from None
    try:
        await log.check(tx, row.gallery_id, position)
    except (CursorExpired, StreamReset) as gone:
        raise Conflict(gone.message, *place) from None
    await tx.execute(_CHANGE, {"of": webhook_id} | _at(position) | {"retry_at": None})
    return InGallery(webhook_id, row.gallery_id)


_COUNT = select(func.count()).select_from(Webhook).where(Webhook.gallery_id == bindparam("gallery"))
_WAITING = (
    select(func.count())
    .select_from(WebhookDelivery)
    .where(WebhookDelivery.webhook_id == bindparam("webhook"), WebhookDelivery.state == bindparam("pending"))
)
_CHANGE = update(Webhook).where(Webhook.id == bindparam("of"))
_FRESH: dict[str, object] = {"failures": 0, "failing_since": None, "retry_at": None}


def _checked(given: GivenWebhook, checking: Checking) -> GivenWebhook:
    with all_invalid() as check:
        name = check.given(clean_line, given.name, TITLE_LIMIT, "input", "name")
        url = check.given(_checked_url, given.url, checking.rules)
        types = check.given(_checked_types, given.event_types, checking)
        document = check.given(_checked_document, given.document, checking)
    return GivenWebhook(name, url, types, document, given.enabled)


def _checked_url(value: str, rules: WebhookRules) -> str:
    place = "input", "url"
    url = clean_url(value, *place)
    parts = urlsplit(url)
    if not url.isascii():
        raise Invalid("This must be ASCII: write the host in Punycode, and percent-encode the rest.", *place)
    if rules.https_only and parts.scheme != "https":
        raise Invalid("This must be an https URL.", *place)
    if not rules.reachable.may_be(parts.hostname or ""):
        raise Invalid("This address is not of the public internet.", *place)
    return url


def _checked_types(types: Sequence[str], checking: Checking) -> list[str]:
    checked_list(types, TYPES_LIMIT, "input", "eventTypes", may_be_empty=True)
    with all_invalid() as check:
        for place, each in enumerate(types):
            check(checking.check_type, each, str(place))
    return sorted(types)


def _checked_document(text: str, checking: Checking) -> str:
    text = clean_text(text, DOCUMENT_LIMIT, "input", "document", may_be_empty=True)
    return checking.check_document(text) if text else ""


def _must_seal(rules: WebhookRules) -> Sealer:
    if rules.sealer is None:
        raise Conflict("This server cannot keep secrets of webhooks: its operator has set no ENFILADE_WEBHOOK_SECRET.")
    return rules.sealer


def _new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _switched(facts: WebhookFacts, tx: Transaction) -> WebhookFacts:
    # Those who switch it on answer for it: its account may have lost its access.
    return replace(facts, enabled=True, disabled_reason=None, disabled_at=None, account_id=tx.viewer.id)


def _disabled_by_manager(facts: WebhookFacts, tx: Transaction) -> WebhookFacts:
    return replace(facts, enabled=False, disabled_reason=WebhookDisabledReason.MANAGER, disabled_at=tx.now)


async def _save(tx: Transaction, facts: WebhookFacts, **more: object) -> None:
    await tx.execute(_CHANGE, {"of": facts.id, **_stored(facts), **more})
    await tx.record(facts.gallery_id, WebhookSaved(webhook=facts))


def _stored(facts: WebhookFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in WebhookFacts.__dataclass_fields__}


def _at(position: Position) -> dict[str, object]:
    return {"position_number": position.number, "position_mark": position.mark}


def webhook_facts(row: Webhook) -> WebhookFacts:
    """Returns what managers set of the webhook."""
    return read_facts(WebhookFacts, row)
