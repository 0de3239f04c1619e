"""What the server does with webhooks: it leases them, follows their log, and notes how deliveries ended.

One process at a time works on a webhook. Every change of a delivery holds only while its lease does, and only from the
position that it was made at. So a process that lost its lease, and a manager who replays, are never overruled.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, exists, insert, or_, select, update

from models.cursors import Position
from models.database.transaction import Act, Transaction
from models.events.webhooks import WebhookDisabled
from models.permissions import Permission
from models.storage.base import new_id, read_facts
from models.storage.statements import Statements
from models.tables.galleries import Gallery
from models.tables.people import User
from models.tables.rooms import Room
from models.tables.webhooks import (
    DELIVERIES_KEPT,
    IS_PENDING,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryFailure,
    WebhookDeliveryState,
    WebhookDisabledReason,
    WebhookFacts,
)

GIVES_UP_AFTER = timedelta(days=3)
PAUSES = [
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
]
"""The pauses after the first, the second, … failure in a row. The last one is repeated."""


class Active(NamedTuple):
    """A webhook that is enabled or has a test: where it and its log stand, and what is to be done for it."""

    id: UUID
    gallery_id: UUID
    position: int
    head: int
    has_test: bool
    is_due: bool  # whether there is something to do, and nobody does it


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to deliver something, and how it ended."""

    message_id: str
    event_type: str
    position: Position | None  # None for a test
    began_at: datetime
    failure: WebhookDeliveryFailure | None
    status: int | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Held:
    """A webhook on which a process works, with its room, and whether its account is suspended."""

    webhook: Webhook
    room_id: UUID
    is_suspended: bool


_HAS_TEST = exists().where(WebhookDelivery.webhook_id == Webhook.id, IS_PENDING)
_IS_FREE = or_(Webhook.lease_until.is_(None), Webhook.lease_until < bindparam("now"))
_HAS_EVENTS = and_(
    Webhook.enabled,
    Gallery.log_head > Webhook.position_number,
    or_(Webhook.retry_at.is_(None), Webhook.retry_at <= bindparam("now")),
)
_ACTIVE = (
    select(
        Webhook.id,
        Webhook.gallery_id,
        Webhook.position_number,
        Gallery.log_head,
        _HAS_TEST,
        and_(_IS_FREE, or_(_HAS_EVENTS, _HAS_TEST)),
    )
    .join(Gallery, Gallery.id == Webhook.gallery_id)
    .where(or_(Webhook.enabled, _HAS_TEST))
    .order_by(Webhook.failures, Webhook.retry_at)
)
_IS_ENABLED = select(Webhook.enabled).where(Webhook.id == bindparam("of"))
_CLAIM = (
    update(Webhook)
    .where(Webhook.id == bindparam("of"), _IS_FREE)
    .values(lease_owner=bindparam("me"), lease_until=bindparam("until"))
)
_MINE = and_(Webhook.id == bindparam("of"), Webhook.lease_owner == bindparam("me"))
_RENEW = update(Webhook).where(_MINE, Webhook.lease_until > bindparam("now")).values(lease_until=bindparam("until"))
_RELEASE = update(Webhook).where(_MINE).values(lease_owner=None, lease_until=None)
_HELD = (
    select(*Webhook.__table__.columns, Room.id.label("room_id"), User.suspended_at)
    .join(Room, Room.gallery_id == Webhook.gallery_id)
    .outerjoin(User, User.id == Webhook.account_id)
    .where(_MINE)
)
_STILL_THERE = update(Webhook).where(
    _MINE, Webhook.position_number == bindparam("before"), Webhook.position_mark == bindparam("before_mark")
)
_TESTS = (
    select(WebhookDelivery)
    .where(WebhookDelivery.webhook_id == bindparam("webhook"), IS_PENDING)
    .order_by(WebhookDelivery.id)
)
_TESTED = update(WebhookDelivery).where(WebhookDelivery.id == bindparam("of"))
_OLDEST_KEPT = (
    select(WebhookDelivery.id)
    .where(WebhookDelivery.webhook_id == bindparam("webhook"))
    .order_by(WebhookDelivery.id.desc())
    .offset(DELIVERIES_KEPT - 1)
    .limit(1)
)
_FORGET = delete(WebhookDelivery).where(
    WebhookDelivery.webhook_id == bindparam("webhook"), WebhookDelivery.id < bindparam("oldest")
)


async def active_webhooks(run: Statements, now: datetime) -> list[Active]:
    """Returns all webhooks that are enabled or have a test, those that fail last. Runs one statement."""
    return [Active(*row) for row in await run.rows(_ACTIVE, {"now": now})]


async def claim(tx: Transaction, webhook_id: UUID, me: UUID, until: datetime) -> bool:
    """Leases a webhook to the process `me`. Returns whether it was free."""
    return await tx.execute(_CLAIM, {"of": webhook_id, "me": me, "until": until, "now": tx.now}) == 1


async def renew(tx: Transaction, webhook_id: UUID, me: UUID, until: datetime) -> bool:
    """Returns whether the lease was still held, and is now held until then. Forgets deliveries beyond those that are kept."""
    await _forget(tx, webhook_id)
    return await tx.execute(_RENEW, {"of": webhook_id, "me": me, "until": until, "now": tx.now}) == 1


async def release(tx: Transaction, webhook_id: UUID, me: UUID) -> None:
    """Ends the lease, if it is held, and forgets deliveries beyond those that are kept."""
    await tx.execute(_RELEASE, {"of": webhook_id, "me": me})
    await _forget(tx, webhook_id)


async def _forget(tx: Transaction, webhook_id: UUID) -> None:
    oldest = await tx.value(_OLDEST_KEPT, {"webhook": webhook_id})
    if oldest:
        await tx.execute(_FORGET, {"webhook": webhook_id, "oldest": oldest})


async def held(run: Statements, webhook_id: UUID, me: UUID) -> Held | None:
    """Returns the webhook as it is now, or None if it is not leased to `me` any more."""
    row = await run.row(_HELD, {"of": webhook_id, "me": me})
    # The row has all columns of Webhook; see Statements.
    return Held(row, row.room_id, row.suspended_at is not None) if row else None  # type: ignore[arg-type]  # see above


async def pending_tests(run: Statements, webhook_id: UUID) -> Sequence[WebhookDelivery]:
    """Returns the tests that wait, oldest first."""
    return await run.all(_TESTS, {"webhook": webhook_id})


async def tested(tx: Transaction, test_id: UUID, attempt: Attempt) -> None:
    """Notes how a test ended."""
    await tx.execute(_TESTED, {"of": test_id, **_result(attempt)})


async def passed(tx: Transaction, webhook: Webhook, me: UUID, to: Position) -> bool:
    """Moves the webhook past entries that are not for it. Returns whether it was still there."""
    return await _move(tx, webhook, me, _at(to))


async def delivered(tx: Transaction, webhook: Webhook, me: UUID, attempt: Attempt, until: datetime) -> bool:
    """Moves the webhook past an entry that was delivered. Returns whether it was still before the entry."""
    assert attempt.position
    fresh = {"failures": 0, "failing_since": None, "retry_at": None, "last_delivered_at": tx.now, "lease_until": until}
    await _note(tx, webhook, attempt)
    return await _move(tx, webhook, me, _at(attempt.position) | fresh)


async def failed(
    tx: Transaction, webhook: Webhook, me: UUID, attempt: Attempt, *, is_gone: bool, asked: timedelta | None = None
) -> None:
    """Sets the time of the next attempt, or disables the webhook after three days (rule 94).

    `asked` is the pause that the receiver asks for. It makes the pause longer, up to the longest one, and never shorter.
    """
    since = webhook.failing_since or attempt.began_at
    if is_gone:
        await disable(tx, webhook, me, WebhookDisabledReason.GONE)
    elif tx.now - since >= GIVES_UP_AFTER:
        await disable(tx, webhook, me, WebhookDisabledReason.FAILURES)
    else:
        pause = max(PAUSES[min(webhook.failures, len(PAUSES) - 1)], min(asked or PAUSES[0], PAUSES[-1]))
        # The last attempt is made when the time is over.
        at = min(tx.now + pause * random.uniform(1.0, 1.1), since + GIVES_UP_AFTER)
        again = {"failures": webhook.failures + 1, "failing_since": since, "retry_at": at}
        await _move(tx, webhook, me, again)
    await _note(tx, webhook, attempt)


async def disable(tx: Transaction, webhook: Webhook, me: UUID, reason: WebhookDisabledReason) -> None:
    """Disables a webhook, unless a manager has disabled it or changed its place meanwhile. Its gallery's managers are told."""
    # The gallery's row first, as in mutations, so that nobody is in a deadlock.
    locked = select(Gallery.id).where(Gallery.id == webhook.gallery_id).with_for_update()
    if await tx.value(locked) is None or not await tx.value(_IS_ENABLED, {"of": webhook.id}):
        return
    facts = {"enabled": False, "disabled_reason": reason, "disabled_at": tx.now, "updated_at": tx.now}
    if await _move(tx, webhook, me, facts):
        row = await tx.first(select(Webhook).where(Webhook.id == webhook.id))
        await tx.record(webhook.gallery_id, WebhookDisabled(webhook=read_facts(WebhookFacts, row)))
        await tx.write_audit([Act(Permission.MANAGE_GALLERY, "webhook", webhook.id, None)], reason)


async def _move(tx: Transaction, webhook: Webhook, me: UUID, values: dict[str, object]) -> bool:
    which = {"of": webhook.id, "me": me, "before": webhook.position_number, "before_mark": webhook.position_mark}
    return await tx.execute(_STILL_THERE.values(**values), which) == 1


async def _note(tx: Transaction, webhook: Webhook, attempt: Attempt) -> None:
    # A webhook that was deleted meanwhile has no deliveries.
    if await tx.value(select(Webhook.id).where(Webhook.id == webhook.id)) is None:
        return
    place = attempt.position
    await tx.execute(
        insert(WebhookDelivery),
        {
            "id": new_id(),
            "webhook_id": webhook.id,
            "gallery_id": webhook.gallery_id,
            "message_id": attempt.message_id,
            "event_type": attempt.event_type,
            "number": place and place.number,
            "mark": place and place.mark,
            "attempt": webhook.failures + 1,
            "created_at": attempt.began_at,
            **_result(attempt),
        },
    )


def _result(attempt: Attempt) -> dict[str, object]:
    return {
        "state": WebhookDeliveryState.FAILED if attempt.failure else WebhookDeliveryState.SUCCEEDED,
        "failure": attempt.failure,
        "status": attempt.status,
        "milliseconds": attempt.milliseconds,
        "finished_at": attempt.began_at + timedelta(milliseconds=attempt.milliseconds),
    }


def _at(position: Position) -> dict[str, object]:
    return {"position_number": position.number, "position_mark": position.mark}
