"""A courier delivers the events of one webhook, in order, while it holds the webhook's lease."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from models.access.visibility import visibilities_of
from models.cursors import CursorExpired, Position
from models.database.transaction import Transaction
from models.errors import Forbidden, StreamReset, Unavailable
from models.events import log
from models.events.log import Entry
from models.permissions import Viewer
from models.storage.sealing import Unreadable
from models.tables.webhooks import (
    Webhook,
    WebhookDelivery,
    WebhookDeliveryFailure,
    WebhookDisabledReason,
    position_of,
)
from resolvers import webhook_deliveries as resolvers
from resolvers.webhook_deliveries import Active, Attempt, Held
from schema.context import Services
from schema.events.telling import type_name
from schema.types.ids import global_id
from server.accounts import THE_SERVER
from server.receivers import Outcome, Receivers
from server.retry_after import asked_pause
from server.version import VERSION
from server.webhook_payloads import message_id, payload, payload_of
from server.webhook_signatures import signed

logger = logging.getLogger(__name__)

T = TypeVar("T")

FEW, MANY = 4, 512
"""How many entries are read at once: few where the next one is delivered, and more and more where none is."""
LINGERS_SECONDS = 5.0
"""How long a courier waits for news before it gives the webhook back."""
HEADERS = [("content-type", "application/json"), ("user-agent", f"Enfilade/{VERSION}")]


@dataclass(frozen=True)
class Works:
    """What all couriers of a process share."""

    services: Services
    receivers: Receivers
    me: UUID
    lease: timedelta
    calls: asyncio.Semaphore
    calls_after_failures: asyncio.Semaphore

    async def transact(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs a transaction of the server."""
        return await self.services.database.transact(THE_SERVER, "deliverWebhook", work)

    @property
    def lease_ends(self) -> datetime:
        """When a lease that begins now ends."""
        return self.services.database.clock() + self.lease

    @asynccontextmanager
    async def turn(self, *, after_failures: bool) -> AsyncIterator[None]:
        """Is entered when there is a place for one more call."""
        if not after_failures:
            async with self.calls:
                yield
            return
        async with self.calls_after_failures, self.calls:
            yield


class Courier:
    """Serves one webhook. `news` is set when there may be something to do."""

    def __init__(self, works: Works, webhook_id: UUID) -> None:
        self.news = asyncio.Event()
        self._works = works
        self._database = works.services.database
        self._id = webhook_id
        # Entries up to `_seen` are not for the webhook. This holds while the webhook stands at `_base`.
        self._base = self._seen = Position(0, 0)

    async def run(self) -> None:
        """Serves the webhook until it has nothing to do, fails, or is another process's."""
        claim = partial(resolvers.claim, webhook_id=self._id, me=self._works.me, until=self._works.lease_ends)
        if not await self._works.transact(claim):
            return
        try:
            while await self._serve() and await self._something_new():
                pass
            await self._give_back()
        except Unavailable:
            # The lease ends by itself.
            logger.warning("the database did not answer a webhook's courier")
        except BaseException:
            with suppress(Unavailable):
                await self._give_back()
            raise

    def hear(self, now: Active) -> None:
        """Ends the wait if there is something to do: a test, a later entry, or a replay."""
        if now.has_test or now.head > self._seen.number or now.position != self._base.number:
            self.news.set()

    async def _something_new(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGERS_SECONDS):
                await self.news.wait()
        return self.news.is_set()

    async def _give_back(self) -> None:
        held = await resolvers.held(self._database.reads, self._id, self._works.me)
        if held is None:
            return
        await self._note_seen(held.webhook)
        await self._works.transact(partial(resolvers.release, webhook_id=self._id, me=self._works.me))

    async def _serve(self) -> bool:
        """Does all that is to be done now. Returns whether it was done, so that the courier may wait for more."""
        self.news.clear()
        while held := await resolvers.held(self._database.reads, self._id, self._works.me):
            async with self._works.turn(after_failures=held.webhook.failures > 0):
                more = await self._step()
            if more is not None:
                return more
        return False

    async def _step(self) -> bool | None:
        """Does one thing. Returns None if there may be more, and otherwise whether to wait for it."""
        held = await self._renewed()
        if held is None:
            return False
        if tests := await resolvers.pending_tests(self._database.reads, self._id):
            await self._test(held, tests[0])
            return None
        webhook = held.webhook
        if not webhook.enabled or (webhook.retry_at and webhook.retry_at > self._database.clock()):
            return False
        account = await self._account(held)
        if account is None:
            return False
        try:
            entry = await self._next(webhook, account)
        except Forbidden:
            return await self._disable(webhook, WebhookDisabledReason.ACCESS_LOST)
        except (CursorExpired, StreamReset):
            return await self._disable(webhook, WebhookDisabledReason.CURSOR_EXPIRED)
        return True if entry is None else await self._deliver(held, entry, account)

    async def _renewed(self) -> Held | None:
        """Returns the webhook as it is now, or None if its lease is lost. At least half of the lease is left."""
        held = await resolvers.held(self._database.reads, self._id, self._works.me)
        if held is None or held.webhook.lease_until is None:
            return None
        if held.webhook.lease_until - self._database.clock() > self._works.lease / 2:
            return held
        await self._note_seen(held.webhook)
        renew = partial(resolvers.renew, webhook_id=self._id, me=self._works.me, until=self._works.lease_ends)
        if not await self._works.transact(renew):
            return None
        return await resolvers.held(self._database.reads, self._id, self._works.me)

    async def _note_seen(self, webhook: Webhook) -> None:
        """Stores how far the courier has read past entries that are not for the webhook."""
        if position_of(webhook) == self._base != self._seen:
            passed = partial(resolvers.passed, webhook=webhook, me=self._works.me, to=self._seen)
            if await self._works.transact(passed):
                self._base = self._seen

    async def _account(self, held: Held) -> Viewer | None:
        """Returns the webhook's account. Disables the webhook if it has none that may sign in."""
        account_id = held.webhook.account_id
        if account_id is None or held.is_suspended:
            await self._disable(held.webhook, WebhookDisabledReason.ACCESS_LOST)
            return None
        return Viewer(account_id, held.webhook.name)

    async def _next(self, webhook: Webhook, account: Viewer) -> Entry | None:
        """Returns the next entry that the webhook gets, or None at the end of the log.

        Rights are read after the entries, so they include every change that the entries follow. Raises FORBIDDEN,
        CURSOR_EXPIRED.
        """
        if self._base != position_of(webhook):
            self._base = self._seen = position_of(webhook)
        size = FEW
        while entries := await log.after(self._database.reads, webhook.gallery_id, self._seen, size):
            async with self._database.snapshot(account) as snapshot:
                found = await visibilities_of(snapshot, webhook.gallery_id, [account])
            if account.id not in found:
                raise Forbidden("The account has lost its access.")
            for entry in entries:
                if found[account.id].sees(entry.event.audience) and _is_wanted(webhook, entry):
                    return entry
                self._seen = entry.position
            size = min(2 * size, MANY)
        return None

    async def _deliver(self, held: Held, entry: Entry, account: Viewer) -> bool | None:
        webhook, works = held.webhook, self._works
        name, began_at = message_id(webhook.id, entry.position), self._database.clock()
        body = await payload_of(works.services, webhook, held.room_id, entry, account)
        outcome = await self._call(webhook, name, body)
        if outcome is None:
            return await self._disable(webhook, WebhookDisabledReason.KEY_CHANGED)
        attempt = _attempt(name, type_name(entry.event), entry.position, began_at, outcome)
        if outcome.failure is None:
            until = works.lease_ends
            done = partial(resolvers.delivered, webhook=webhook, me=works.me, attempt=attempt, until=until)
            return None if await works.transact(done) else False
        asked = asked_pause(outcome.retry_after, self._database.clock()) if outcome.retry_after else None
        failed = partial(resolvers.failed, is_gone=outcome.is_gone, asked=asked)
        await works.transact(partial(failed, webhook=webhook, me=works.me, attempt=attempt))
        return False

    async def _test(self, held: Held, test: WebhookDelivery) -> None:
        webhook, began_at = held.webhook, self._database.clock()
        ids = {
            "galleryId": global_id("Gallery", webhook.gallery_id),
            "roomId": global_id("Room", held.room_id),
            "webhookId": global_id("Webhook", webhook.id),
        }
        body = payload(test.event_type, test.created_at, {"ids": ids})
        outcome = await self._call(webhook, test.message_id, body) or Outcome(WebhookDeliveryFailure.KEY, None, 0)
        attempt = _attempt(test.message_id, test.event_type, None, began_at, outcome)
        await self._works.transact(partial(resolvers.tested, test_id=test.id, attempt=attempt))

    async def _call(self, webhook: Webhook, name: str, body: bytes) -> Outcome | None:
        """Sends the body, signed. Returns None if the secret cannot be read."""
        now, sealer = self._database.clock(), self._works.services.webhooks.sealer
        both = webhook.old_secret_until is not None and webhook.old_secret_until > now
        sealed = [webhook.secret, *([webhook.old_secret] if both and webhook.old_secret else [])]
        try:
            secrets = [sealer.unseal(webhook.id, each) for each in sealed] if sealer else []
        except Unreadable:
            secrets = []
        if not secrets:
            return None
        headers = HEADERS + signed(name, now, body, secrets)
        return await self._works.receivers.call(webhook.url, headers, body)

    async def _disable(self, webhook: Webhook, reason: WebhookDisabledReason) -> bool:
        await self._works.transact(partial(resolvers.disable, webhook=webhook, me=self._works.me, reason=reason))
        return False


def _is_wanted(webhook: Webhook, entry: Entry) -> bool:
    return not webhook.event_types or type_name(entry.event) in webhook.event_types


def _attempt(name: str, kind: str, position: Position | None, began_at: datetime, outcome: Outcome) -> Attempt:
    return Attempt(name, kind, position, began_at, outcome.failure, outcome.status, outcome.milliseconds)
