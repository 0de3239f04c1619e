"""Calls to the receivers of webhooks: to addresses that were checked, within a time, and without reading the answer.

The address that is checked is the address that is connected to, so a name that resolves to another address a moment
later (DNS rebinding) reaches nothing (rule 95).
"""

import asyncio
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from http import HTTPStatus
from ipaddress import ip_address
from socket import SOCK_STREAM, gaierror, getaddrinfo
from types import TracebackType
from typing import Any, Self

import httpcore

from models.tables.webhooks import WebhookDeliveryFailure
from models.values.networks import Address, Reachable

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 15.0
SKIP_SECONDS = 1.0
SKIPPED_BYTES = 16 * 1024
"""A connection is used again after an answer with a body of at most this size. Otherwise it is closed."""
BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""The statuses whose Retry-After is honoured."""


class AddressRefused(Exception):
    """The host has no address, or one that may not be connected to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, after how many milliseconds. `retry_after` is the header of that name, from a receiver that is busy."""

    failure: WebhookDeliveryFailure | None
    status: int | None
    milliseconds: int
    retry_after: str | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver asked for no more."""
        return self.status == HTTPStatus.GONE


class CheckedConnections(httpcore.AsyncNetworkBackend):
    """Opens connections to hosts all of whose addresses are allowed."""

    def __init__(self, reachable: Reachable, resolver: ThreadPoolExecutor) -> None:
        self._reachable = reachable
        self._resolver = resolver
        # httpcore has a stand-in of this name for where anyio is missing.
        self._network: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]  # see above

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to one of the host's addresses. Raises AddressRefused."""
        address = await self.address_of(host, port)
        return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)

    async def address_of(self, host: str, port: int) -> Address:
        """Returns an address of the host. Raises AddressRefused if the host has none, or one that is not allowed."""
        try:
            resolve = partial(getaddrinfo, host, port, type=SOCK_STREAM)
            found = await asyncio.get_running_loop().run_in_executor(self._resolver, resolve)
            addresses = [ip_address(each[4][0]) for each in found]
        except (gaierror, UnicodeError, ValueError):
            raise AddressRefused from None
        # A host with one address of its own network and one of the internet is no honest receiver.
        if not addresses or not all(map(self._reachable.allows, addresses)):
            raise AddressRefused
        return addresses[0]

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class Receivers:
    """Calls receivers. It is an async context manager, and entered once."""

    def __init__(self, reachable: Reachable, seconds: float, at_once: int) -> None:
        self._reachable = reachable
        self._seconds = seconds
        self._at_once = at_once
        # Threads of their own: a name whose servers hang takes one for long, and other work needs the loop's own.
        self._resolver = ThreadPoolExecutor(at_once, thread_name_prefix="resolver")

    @cached_property
    def _pool(self) -> httpcore.AsyncConnectionPool:
        # Reading the certificates takes long, so it waits until there is a webhook.
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=self._at_once,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=CheckedConnections(self._reachable, self._resolver),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resolver.shutdown(wait=False, cancel_futures=True)
        if "_pool" in vars(self):
            await self._pool.aclose()

    async def call(self, url: str, headers: list[tuple[str, str]], body: bytes) -> Outcome:
        """Sends a POST. Returns how it ended, whatever happens."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        failure, status, retry_after = None, None, None
        try:
            async with asyncio.timeout(self._seconds):
                status, retry_after = await self._answer(url, headers, body)
            failure = None if 200 <= status < 300 else WebhookDeliveryFailure.STATUS
        except AddressRefused:
            failure = WebhookDeliveryFailure.ADDRESS
        except (TimeoutError, httpcore.TimeoutException):
            failure = WebhookDeliveryFailure.TIMEOUT
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            failure = WebhookDeliveryFailure.CONNECTION
        return Outcome(failure, status, round((loop.time() - began) * 1_000), retry_after)

    async def _answer(self, url: str, headers: list[tuple[str, str]], body: bytes) -> tuple[int, str | None]:
        """Returns the status and, from a receiver that is busy, when it wants to be called again."""
        patience = {"connect": CONNECT_SECONDS}
        request = self._pool.stream("POST", url, headers=headers, content=body, extensions={"timeout": patience})
        async with request as response:
            await _skip(response)
            if response.status not in BUSY:
                return response.status, None
            asked = _header(response, b"retry-after")
            return response.status, asked.decode("latin-1") if asked else None


async def _skip(response: httpcore.Response) -> None:
    length = _header(response, b"content-length") or b""
    if length.isdigit() and int(length) <= SKIPPED_BYTES:
        # The status is what counts. A body that does not come must not make a delivery fail that the receiver took.
        with suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
            async with asyncio.timeout(SKIP_SECONDS):
                await response.aread()


def _header(response: httpcore.Response, name: bytes) -> bytes | None:
    # httpcore leaves names as they were written.
    return next((value for given, value in response.headers if given.lower() == name), None)
