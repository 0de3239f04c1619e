"""Webhooks of galleries, and the log of their deliveries (rules 91 to 96)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.cursors import Position
from models.storage.base import Base

WEBHOOKS_LIMIT = 10
"""How many webhooks a gallery has at most."""
DOCUMENT_LIMIT = 10_000
TYPES_LIMIT = 100
DELIVERIES_KEPT = 1_000
"""How many deliveries of each webhook the log keeps."""


class WebhookDisabledReason(StrEnum):
    """Why a webhook sends nothing."""

    MANAGER = "MANAGER"
    FAILURES = "FAILURES"
    GONE = "GONE"
    ACCESS_LOST = "ACCESS_LOST"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    KEY_CHANGED = "KEY_CHANGED"


class WebhookDeliveryState(StrEnum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class WebhookDeliveryFailure(StrEnum):
    """Why a delivery failed. An address that is refused and a name that is unknown look the same."""

    STATUS = "STATUS"
    TIMEOUT = "TIMEOUT"
    ADDRESS = "ADDRESS"
    CONNECTION = "CONNECTION"
    KEY = "KEY"


class Webhook(Base):
    __tablename__ = "webhooks"
    __table_args__ = (Index(None, "gallery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str]
    url: Mapped[str]
    event_types: Mapped[list[str]]  # empty for all
    document: Mapped[str | None]
    enabled: Mapped[bool]
    disabled_reason: Mapped[WebhookDisabledReason | None]
    disabled_at: Mapped[datetime | None]
    # Encrypted; see models/storage/sealing.py.
    secret: Mapped[str]
    secret_changed_at: Mapped[datetime]
    old_secret: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # The last entry of the log that was delivered, or that is not for this webhook.
    position_number: Mapped[int] = mapped_column(BigInteger)
    position_mark: Mapped[int]
    last_delivered_at: Mapped[datetime | None]
    failures: Mapped[int]  # in a row
    failing_since: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    # One process at a time works on a webhook.
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]


_PENDING = "state = 'PENDING'"


class WebhookDelivery(Base):
    """One attempt to deliver an entry, or a test, which has no number."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(None, "webhook_id", "id"),
        Index(  # to find the tests that wait
            "ix_webhook_deliveries_pending",
            "webhook_id",
            postgresql_where=text(_PENDING),
            sqlite_where=text(_PENDING),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    gallery_id: Mapped[UUID]  # It needs no foreign key: a delivery is deleted with its webhook.
    message_id: Mapped[str]
    event_type: Mapped[str]
    number: Mapped[int | None] = mapped_column(BigInteger)
    mark: Mapped[int | None]
    attempt: Mapped[int]
    state: Mapped[WebhookDeliveryState]
    failure: Mapped[WebhookDeliveryFailure | None]
    status: Mapped[int | None]
    milliseconds: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


IS_PENDING = WebhookDelivery.state == literal_column("'PENDING'")
"""The condition of the partial index. Queries must use exactly this condition, or they do not use the index."""


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """What managers set of a webhook, as it is now or was when an event was recorded. It has no secret."""

    id: UUID
    gallery_id: UUID
    account_id: UUID | None
    name: str
    url: str
    event_types: list[str]
    document: str | None
    enabled: bool
    disabled_reason: WebhookDisabledReason | None
    disabled_at: datetime | None
    secret_changed_at: datetime
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime


def position_of(row: Webhook) -> Position:
    """Returns the webhook's position in the log of its gallery."""
    return Position(row.position_number, row.position_mark)
