"""How much of this process one user, and one address, may hold at once: streams, subscriptions and operations.

A share is counted in each process by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from graphql import GraphQLError, OperationType

from schema.execution.codes import RequestErrorCode
from server.settings import Settings

RETRY_AFTER_SECONDS = 5


class TooMany(GraphQLError):
    """The user or the address holds as many as it may."""

    def __init__(self, code: RequestErrorCode, whose: str, most: int, what: str) -> None:
        extensions = {"code": code.value, "retryAfterSeconds": RETRY_AFTER_SECONDS}
        super().__init__(f"One {whose} may have {most} {what} at once.", extensions=extensions)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer over HTTP."""
        return {"retry-after": str(RETRY_AFTER_SECONDS)}


class Share:
    """Counts what is held of one kind, at most so many for each user and for each address."""

    def __init__(self, code: RequestErrorCode, what: str, of_user: int, of_address: int) -> None:
        self._code = code
        self._what = what
        self._most = {"user": of_user, "address": of_address}
        self._held: dict[UUID | str, int] = {}
        self.total = 0

    def take(self, user: UUID | None, address: str | None, count: int = 1) -> None:
        """Counts so many more for the user and the address. Raises TooMany."""
        for whose, holder in (("user", user), ("address", address)):
            if holder is not None and self._held.get(holder, 0) + count > self._most[whose]:
                raise TooMany(self._code, whose, self._most[whose], self._what)
        self.total += 0 if address is None else count
        for holder in (user, address):
            if holder is not None and count:
                self._held[holder] = self._held.get(holder, 0) + count

    def give_back(self, user: UUID | None, address: str | None, count: int = 1) -> None:
        """Counts so many less."""
        self.total -= 0 if address is None else count
        for holder in (user, address):
            if holder is not None and count:
                self._held[holder] -= count
                if not self._held[holder]:
                    del self._held[holder]

    @contextmanager
    def held(self, user: UUID | None, address: str | None, count: int = 1) -> Iterator[None]:
        """Counts so many more meanwhile. Raises TooMany."""
        self.take(user, address, count)
        try:
            yield
        finally:
            self.give_back(user, address, count)


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of a process."""

    streams: Share
    subscriptions: Share
    operations: Share

    @classmethod
    def of(cls, settings: Settings) -> Self:
        code = RequestErrorCode
        return cls(
            Share(
                code.TOO_MANY_STREAMS, "WebSockets and HTTP streams", settings.user_streams, settings.address_streams
            ),
            Share(
                code.TOO_MANY_SUBSCRIPTIONS,
                "subscriptions",
                settings.user_subscriptions,
                settings.address_subscriptions,
            ),
            Share(
                code.TOO_MANY_OPERATIONS,
                "queries and mutations",
                settings.user_operations,
                settings.address_operations,
            ),
        )

    def of_kind(self, kind: OperationType) -> Share:
        """Returns the share that an operation of this kind counts in."""
        return self.subscriptions if kind is OperationType.SUBSCRIPTION else self.operations
