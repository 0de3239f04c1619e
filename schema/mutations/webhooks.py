"""Mutations of webhooks, with their inputs and payloads."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.rates import RateKind
from models.values.answers import InGallery
from resolvers import webhooks
from resolvers.webhooks import Checking, GivenWebhook, SealedSecret
from schema.context import Info
from schema.execution.ahead import Loader, link
from schema.execution.webhook_documents import checked_document, checked_type
from schema.mutations.declare import Keyed, Target, mutation, mutation_input
from schema.mutations.galleries import GALLERY, OnGallery
from schema.mutations.payloads import Payload, former_id, gallery_of, id_of, shown
from schema.types.galleries import Gallery, load_member_galleries
from schema.types.scalars import EventCursor
from schema.types.webhooks import Webhook, WebhookDelivery, load_deliveries, load_webhooks

_URL = "Where events are sent: an https URL in ASCII, at most 2,000 characters, whose host is of the public internet."
_TYPES = "Names of types of events, at most 100, each once"
_DOCUMENT = (
    "A subscription to galleryEvents, roomEvents, chat, questions or recordings, at most 10,000 characters. Its answer for the "
    "event is added to payloads of events that this stream delivers. Its variables may be $galleryId and $roomId"
)


async def _unchanged(keys: Sequence[Any], _snapshot: Snapshot) -> Sequence[Any]:
    return keys


def _unsealed(of: SealedSecret | None, info: Info) -> str | None:
    sealer = info.context.services.webhooks.sealer
    return sealer.unseal(of.id, of.sealed) if of and sealer else None


def _secret(description: str) -> Any:
    """Returns a field with the new secret. The stored outcome of the mutation has it encrypted."""
    return link(description, Loader(_unchanged), lambda payload: payload.outcome, read=_unsealed)


@mutation_input("Which webhook.")
class OnWebhook(Keyed):
    webhook_id: strawberry.ID = strawberry.field(description="The webhook.")


WEBHOOK = Target("Webhook", "webhook_id", OnWebhook)


@mutation_input("A new webhook.")
class CreateWebhookInput(OnGallery):
    name: str = strawberry.field(description="What managers call it: 1 to 200 characters of plain text.")
    url: str = strawberry.field(description=_URL)
    event_types: list[str] = strawberry.field(default_factory=list, description=f"{_TYPES}; all if not given.")
    document: str | None = strawberry.field(default=None, description=f"{_DOCUMENT}.")


@strawberry.type(description="Answers `createWebhook`.")
class CreateWebhookPayload(Payload):
    webhook: Webhook | None = shown("The new webhook.", load_webhooks, id_of)
    secret: str | None = _secret(
        "The secret that signs its deliveries, as Standard Webhooks writes it (whsec_…). It is told only here. Null where it "
        "was refused."
    )
    gallery: Gallery | None = shown("The gallery whose events it gets.", load_member_galleries, gallery_of)


@mutation(
    "Let a server of yours be sent a gallery's events from now on. What it is sent is what you may see. For managers. INVALID, "
    "CONFLICT if the gallery has 10 already.",
    on=GALLERY,
    argument="The webhook.",
    payload=CreateWebhookPayload,
    rate=RateKind.CHANGES,
)
async def create_webhook(tx: Transaction, gallery_id: UUID, input: CreateWebhookInput, info: Info) -> SealedSecret:
    given = GivenWebhook(input.name, input.url, input.event_types, input.document)
    return await webhooks.create_webhook(tx, gallery_id, given, _checking(info))


@mutation_input("What to change of a webhook; what is null or not given stays as it is.")
class UpdateWebhookInput(OnWebhook):
    name: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    url: str | None = strawberry.field(default=None, description=_URL)
    event_types: list[str] | None = strawberry.field(default=None, description=f"{_TYPES}; an empty list for all.")
    document: str | None = strawberry.field(default=None, description=f"{_DOCUMENT}; an empty text removes it.")
    enabled: bool | None = strawberry.field(
        default=None,
        description="Whether it is sent events. Switched on again, it goes on after the last event that was delivered.",
    )


@strawberry.type(description="Answers `updateWebhook`.")
class UpdateWebhookPayload(Payload):
    webhook: Webhook | None = shown("The webhook as saved.", load_webhooks, id_of)


@mutation(
    "Change a webhook. Who changes its URL, types or document, or switches it on, becomes its service account. For managers. "
    "INVALID.",
    on=WEBHOOK,
    argument="The changes.",
    payload=UpdateWebhookPayload,
    rate=RateKind.CHANGES,
)
async def update_webhook(tx: Transaction, webhook_id: UUID, input: UpdateWebhookInput, info: Info) -> InGallery:
    given = GivenWebhook(input.name, input.url, input.event_types, input.document, input.enabled)
    return await webhooks.update_webhook(tx, webhook_id, given, _checking(info))


@strawberry.type(description="Answers `deleteWebhook`.")
class DeleteWebhookPayload(Payload):
    webhook_id: strawberry.ID | None = former_id("Webhook", "The id that the webhook had.", id_of)
    gallery: Gallery | None = shown("The gallery that it was of.", load_member_galleries, gallery_of)


@mutation(
    "Delete a webhook with its deliveries. For managers.",
    on=WEBHOOK,
    argument="Which webhook.",
    input_description="Which webhook to delete.",
    payload=DeleteWebhookPayload,
)
async def delete_webhook(tx: Transaction, webhook_id: UUID) -> InGallery:
    return await webhooks.delete_webhook(tx, webhook_id)


@mutation_input("Which webhook's secret to change.")
class RotateWebhookSecretInput(OnWebhook):
    overlap_seconds: int = strawberry.field(
        default=86_400,
        description="For how long the present secret signs as well: 0 to 604,800 seconds (7 days); a day if not given.",
    )


@strawberry.type(description="Answers `rotateWebhookSecret`.")
class RotateWebhookSecretPayload(Payload):
    webhook: Webhook | None = shown("The webhook.", load_webhooks, id_of)
    secret: str | None = _secret("The new secret. It is told only here. Null where it was refused.")


@mutation(
    "Give a webhook a new secret. For a time both sign. For managers. INVALID.",
    on=WEBHOOK,
    argument="Which webhook.",
    payload=RotateWebhookSecretPayload,
    rate=RateKind.CHANGES,
)
async def rotate_webhook_secret(
    tx: Transaction, webhook_id: UUID, input: RotateWebhookSecretInput, info: Info
) -> SealedSecret:
    return await webhooks.rotate_secret(tx, webhook_id, input.overlap_seconds, info.context.services.webhooks)


@strawberry.type(description="Answers `testWebhook`.")
class TestWebhookPayload(Payload):
    delivery: WebhookDelivery | None = shown("The test, which waits. Read it again for its result.", load_deliveries)


@mutation(
    "Send a webhook a test, of the type WebhookTest, also while it is disabled. It is tried once. For managers. CONFLICT if "
    "5 tests wait already.",
    on=WEBHOOK,
    argument="Which webhook.",
    input_description="Which webhook to test.",
    payload=TestWebhookPayload,
    rate=RateKind.CHANGES,
)
async def test_webhook(tx: Transaction, webhook_id: UUID) -> UUID:
    return await webhooks.order_test(tx, webhook_id)


@mutation_input("From where to send a webhook everything again.")
class ReplayWebhookInput(OnWebhook):
    after: EventCursor = strawberry.field(
        description="All that followed this cursor is sent again: the `cursor` of a payload, of an event or of a gallery."
    )


@strawberry.type(description="Answers `replayWebhook`.")
class ReplayWebhookPayload(Payload):
    webhook: Webhook | None = shown("The webhook, at its earlier place.", load_webhooks, id_of)


@mutation(
    "Send a webhook once more all that followed a cursor, with the same ids. It can also be moved forward. For managers. "
    "INVALID, CONFLICT for a cursor whose events are not kept any more.",
    on=WEBHOOK,
    argument="From where.",
    payload=ReplayWebhookPayload,
    rate=RateKind.CHANGES,
)
async def replay_webhook(tx: Transaction, webhook_id: UUID, input: ReplayWebhookInput, info: Info) -> InGallery:
    return await webhooks.replay_webhook(tx, webhook_id, input.after, info.context.services.cursors)


def _checking(info: Info) -> Checking:
    services = info.context.services
    document = partial(checked_document, info.schema, cost=services.limits.cost)
    return Checking(services.webhooks, partial(checked_type, info.schema), document)
