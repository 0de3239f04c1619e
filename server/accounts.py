"""Accounts: verifies tokens, finds or creates their users, and ends connections that lose their right (rule 66)."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import bindparam, select

from models.database.database import Database
from models.errors import Unavailable
from models.permissions import Role, Viewer
from models.tables.people import User
from resolvers.people import user_of_profile
from server.auth import Authenticator
from server.claims import Claims, Unauthenticated
from server.settings import Settings

logger = logging.getLogger(__name__)

THE_SERVER = Viewer(UUID(int=0), "the server")
REMEMBERED = 10_000
FRESH = timedelta(seconds=3)  # a user is not looked up again for this long

_BY_IDENTITY = select(User).where(User.issuer == bindparam("issuer"), User.subject == bindparam("subject"))
_SUSPENDED = select(User.id).where(User.id.in_(bindparam("users", expanding=True)), User.suspended_at.is_not(None))


@dataclass(frozen=True, slots=True)
class Account:
    """The verified caller: the viewer, and the claims of the token."""

    viewer: Viewer
    claims: Claims


@dataclass(eq=False, slots=True)
class Lease:
    """A connection's right to stay open.

    `ended` is done when the token or the account is not valid any more. Its result says why.
    """

    account: Account
    ended: asyncio.Future[str]

    def end(self, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)


class Accounts:
    """Finds the accounts of tokens, and ends leases within `watch_seconds` after their token or account became invalid.

    This object is entered once. The end of a suspended user's leases takes one more read. The end of an expired or
    revoked token's leases does not need the database.
    """

    def __init__(self, settings: Settings, database: Database, watch_seconds: float = 1.0) -> None:
        self.authenticator = Authenticator(settings, database.clock)
        self._database = database
        self._site_roles = {settings.admin_scope: Role.SITE_ADMIN, settings.media_server_scope: Role.MEDIA_SERVER}
        self._watch_seconds = watch_seconds
        self._known: OrderedDict[Claims, tuple[datetime, Viewer]] = OrderedDict()
        self._leases: set[Lease] = set()

    async def __aenter__(self) -> Self:
        await self.authenticator.revocations.refresh()
        watches = (self._watch_tokens(), self._watch_suspensions(), self.authenticator.revocations.watch())
        self._tasks = [asyncio.create_task(watch) for watch in watches]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def of_token(self, token: str | None) -> Account:
        """Returns the account of a bearer token. Raises Unauthenticated with a message for the client."""
        if token is None:
            raise Unauthenticated("Give a bearer token in the Authorization header.")
        claims = await self.authenticator.verify(token)
        now = self._database.clock()
        known = self._known.get(claims)
        if known is None or known[0] < now:
            known = now + FRESH, await self._viewer(claims)
            self._known[claims] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return Account(known[1], claims)

    @contextmanager
    def lease(self, account: Account) -> Iterator[Lease]:
        """Yields a lease that lasts as long as the connection."""
        lease = self.begin(account)
        try:
            yield lease
        finally:
            self.release(lease)

    def begin(self, account: Account) -> Lease:
        """Returns a lease that lasts until it is released."""
        lease = Lease(account, asyncio.get_running_loop().create_future())
        self._leases.add(lease)
        return lease

    def release(self, lease: Lease) -> None:
        """Forgets a lease, as its connection does not need it any more."""
        self._leases.discard(lease)

    async def _viewer(self, claims: Claims) -> Viewer:
        identity = {"issuer": claims.issuer, "subject": claims.subject}
        user = await self._database.reads.first(_BY_IDENTITY, identity)
        if user is None or not claims.describes(user):
            user = await self._database.transact(
                THE_SERVER, "signIn", lambda tx: user_of_profile(tx, claims), repeatable=True
            )
        if user.suspended_at is not None:
            raise Unauthenticated("This account is suspended.")
        roles = frozenset(role for scope, role in self._site_roles.items() if scope in claims.scopes)
        return Viewer(user.id, user.name, roles)

    async def _watch_tokens(self) -> None:
        # This uses the wall clock: a machine that slept must not keep tokens that expired meanwhile.
        while True:
            await asyncio.sleep(self._watch_seconds)
            now = self._database.clock()
            for lease in self._leases:
                if lease.account.claims.expires_at <= now:
                    lease.end("The token has expired.")
                elif self.authenticator.revocations.includes(lease.account.claims):
                    lease.end("The token was revoked.")

    async def _watch_suspensions(self) -> None:
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                await self._end_suspended()
            except Unavailable:
                pass  # it is logged, and the next look is in a second
            except Exception:
                logger.exception("could not look for suspended users; trying again")

    async def _end_suspended(self) -> None:
        users = {lease.account.viewer.id for lease in self._leases if not lease.ended.done()}
        suspended = set(await self._database.reads.values(_SUSPENDED, {"users": list(users)})) if users else set()
        for lease in self._leases:
            if lease.account.viewer.id in suspended:
                lease.end("This account is suspended.")
