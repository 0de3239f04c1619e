"""Delivers events to webhooks. Every running process does this, and each webhook is one process's at a time (rule 92).

A courier leases a webhook, follows the log of its gallery, and goes when nothing happens for a while. Commits wake it by
the bus, and a poll finds what a lost wake-up missed.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Self
from uuid import UUID

from models.errors import Unavailable
from models.storage.base import new_id
from resolvers.webhook_deliveries import active_webhooks
from schema.context import Services
from server.receivers import Receivers
from server.settings import Settings
from server.webhook_courier import Courier, Works
from subscriptions.bus import Bus

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
"""Wake-ups that come within this time are looked at together."""
MARGIN_SECONDS = 2
REST_SECONDS = 30
"""How long a webhook rests in this process after a fault of the server."""
COURIERS_FOR_EACH_CALL = 10
"""Most couriers wait for news, and few for a receiver."""


@asynccontextmanager
async def webhooks(settings: Settings, services: Services, bus: Bus) -> AsyncIterator[None]:
    """Delivers events while entered."""
    async with AsyncExitStack() as stack:
        at_once = settings.webhook_calls
        receivers = await stack.enter_async_context(
            Receivers(services.webhooks.reachable, settings.webhook_seconds, at_once)
        )
        works = Works(
            services=services,
            receivers=receivers,
            me=new_id(),
            # A call begins with at least half of the lease.
            lease=timedelta(seconds=max(settings.webhook_lease_seconds, 2 * settings.webhook_seconds + MARGIN_SECONDS)),
            calls=asyncio.Semaphore(at_once),
            # Receivers that hang cannot take the places of those that answer.
            calls_after_failures=asyncio.Semaphore(max(1, at_once // 2)),
        )
        await stack.enter_async_context(
            Dispatch(works, bus, settings.webhook_look_seconds, at_once * COURIERS_FOR_EACH_CALL)
        )
        yield


class Dispatch:
    """Starts a courier for each webhook that something is to be done for, and wakes those that wait."""

    def __init__(self, works: Works, bus: Bus, look_seconds: float, most: int) -> None:
        self._most = most
        self._works = works
        self._bus = bus
        self._look_seconds = look_seconds
        self._couriers: dict[UUID, tuple[Courier, asyncio.Task[None]]] = {}
        self._resting: dict[UUID, float] = {}
        self._galleries: set[UUID] = set()
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._for_ever())]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        tasks = self._tasks + [task for _, task in self._couriers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async for wake_up in self._bus.listen():
            # Commits in galleries without webhooks cost nothing here.
            if wake_up.gallery_id is None or wake_up.gallery_id in self._galleries:
                self._news.set()

    async def _for_ever(self) -> None:
        while True:
            await self._wait()
            self._news.clear()
            try:
                await self._look()
            except Unavailable:
                pass  # It is in the log already.
            except Exception:
                logger.exception("could not look for webhooks; trying again")
            await asyncio.sleep(GATHER_SECONDS)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._look_seconds * random.uniform(0.8, 1.0)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _look(self) -> None:
        database = self._works.services.database
        active = await active_webhooks(database.reads, database.clock())
        self._galleries = {each.gallery_id for each in active}
        for each in active:
            if each.id in self._couriers:
                self._couriers[each.id][0].hear(each)
            elif each.is_due and self._may_start(each.id):
                self._start(each.id)

    def _may_start(self, webhook_id: UUID) -> bool:
        rests_until = self._resting.get(webhook_id, 0.0)
        return len(self._couriers) < self._most and asyncio.get_running_loop().time() >= rests_until

    def _start(self, webhook_id: UUID) -> None:
        courier = Courier(self._works, webhook_id)
        task = asyncio.create_task(courier.run(), name=f"webhook {webhook_id}")
        self._couriers[webhook_id] = courier, task
        task.add_done_callback(partial(self._ended, webhook_id))

    def _ended(self, webhook_id: UUID, task: asyncio.Task[None]) -> None:
        del self._couriers[webhook_id]
        if not task.cancelled() and (error := task.exception()):
            logger.error("a webhook could not be served; trying again", exc_info=error)
            self._resting[webhook_id] = asyncio.get_running_loop().time() + REST_SECONDS
        else:
            self._resting.pop(webhook_id, None)
