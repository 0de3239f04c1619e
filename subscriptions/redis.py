"""The bus between processes, over the publish/subscribe of Redis or Valkey."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff, NoBackoff
from redis.exceptions import RedisError
from redis.utils import str_if_bytes

from subscriptions.wakeup import RESYNC, encode

logger = logging.getLogger("enfilade.bus")

SOCKET_TIMEOUT = 2.0  # seconds for one connect, write or reply
HEALTH_TIMEOUT = 1.0  # seconds; a readiness probe must not wait longer for its answer
BACKOFF = EqualJitterBackoff(base=0.05, cap=2.0)  # seconds

Result = TypeVar("Result")


class RedisBackend(BroadcastBackend):
    """Publishes and listens on one channel. While the broker cannot be reached, both try again.

    A broker drops what is published while nobody is subscribed, so every subscription begins with a resync. Neither
    publishing nor listening raises: both return once they have succeeded. `heartbeat` is in seconds. A broker that is
    silent for twice as long counts as lost, even if its socket is open.
    """

    def __init__(self, url: str, heartbeat: float = 2.0) -> None:
        self._redis = _client(url)
        self._broker = _name(self._redis)
        self._heartbeat = heartbeat
        self._channel = ""
        self._wanted = asyncio.Event()
        self._pubsub: PubSub | None = None
        self._failures: Counter[str] = Counter()

    async def connect(self) -> None:
        """Does nothing: the server starts even if the broker is down."""

    async def disconnect(self) -> None:
        await self._hang_up()
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def subscribe(self, group: str) -> None:
        self._channel = group
        self._wanted.set()

    async def unsubscribe(self, group: str) -> None:
        self._wanted.clear()

    async def publish(self, channel: str, message: Any) -> None:
        async def attempt() -> None:
            await self._redis.publish(channel, message)

        await self._persist("publishing", attempt)

    async def next_published(self) -> Event:
        await self._wanted.wait()
        return Event(self._channel, await self._persist("listening", self._hear))

    async def healthy(self) -> bool:
        """Returns whether the broker answers a ping now."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT):
                return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def _persist(self, doing: str, attempt: Callable[[], Awaitable[Result]]) -> Result:
        while True:
            try:
                result = await attempt()
            except Exception as error:  # noqa: BLE001  raising anything would end broadcaster's listener for good
                await self._failed(doing, error)
            else:
                self._succeeded(doing)
                return result

    async def _hear(self) -> str:
        try:
            if self._pubsub is None:
                self._pubsub = self._redis.pubsub()
                await self._pubsub.subscribe(self._channel)
            return await self._next_text(self._pubsub)
        except Exception:
            await self._hang_up()
            raise

    async def _next_text(self, pubsub: PubSub) -> str:
        while True:
            message = await self._next_message(pubsub)
            # The broker confirms the subscription. Messages from before may be missing.
            if message["type"] == "subscribe":
                return encode(RESYNC)
            if message["type"] == "message":
                return str_if_bytes(message["data"])

    async def _next_message(self, pubsub: PubSub) -> dict[str, Any]:
        message: dict[str, Any] | None = await pubsub.get_message(timeout=self._heartbeat)
        if message is None:
            await pubsub.ping()
            message = await pubsub.get_message(timeout=self._heartbeat)
        if message is None:
            raise TimeoutError("no answer to a ping")
        return message

    async def _hang_up(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with suppress(RedisError, OSError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py does not type it

    async def _failed(self, doing: str, error: Exception) -> None:
        if not self._failures:
            reason = f"{type(error).__name__}: {error}"
            logger.warning("Lost the broker at %s while %s, and trying again. %s", self._broker, doing, reason)
        self._failures[doing] += 1
        await asyncio.sleep(BACKOFF.compute(min(self._failures[doing], 10)))  # 2**failures overflows above 1000

    def _succeeded(self, doing: str) -> None:
        # Listening and publishing fail together, so they share one log line.
        if self._failures.pop(doing, 0) and not self._failures:
            logger.info("The broker at %s is back.", self._broker)


def _client(url: str) -> Redis:
    try:
        return Redis.from_url(
            url,
            protocol=2,  # Every version and proxy supports protocol 2, and its handshake is the shortest.
            socket_timeout=SOCKET_TIMEOUT,
            socket_connect_timeout=SOCKET_TIMEOUT,
            retry=Retry(NoBackoff(), 0),  # `_persist` retries, with a log line and a backoff
        )
    except ValueError:
        # The original message quotes the text that it read as the port. That text can be part of the password.
        raise ValueError("The broker's address is no redis://, rediss:// or unix:// URL.") from None


def _name(client: Redis) -> str:
    address = client.connection_pool.connection_kwargs
    return address.get("path") or f"{address.get('host', 'localhost')}:{address.get('port', 6379)}"
