"""Revoked tokens: a published list that the process reads again and again, so that no restart is needed."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from server.claims import AuthUnavailable, Claims, Unauthenticated, moment
from server.keys import FETCH_SECONDS, publication
from server.setting_types import is_url

logger = logging.getLogger(__name__)

FILE_SECONDS, URL_SECONDS = 1, 5  # between two reads
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revoked:
    """Ids of tokens (`jti`), and for each subject the time before which all tokens were issued in vain."""

    tokens: frozenset[str] = frozenset()
    subjects: Mapping[str, datetime] | None = None

    def includes(self, claims: Claims) -> bool:
        """Returns whether the token is revoked. A token that does not say when it was issued counts as old."""
        before = self.subjects.get(claims.subject) if self.subjects else None
        return claims.token_id in self.tokens or (before is not None and (claims.issued_at or _BEGINNING) < before)


class Revocations:
    """The list as last read. A failed read keeps the earlier list; before the first read no token is accepted."""

    def __init__(self, source: str | None) -> None:
        self._published = publication(source) if source else None
        self._seconds = URL_SECONDS if source and is_url(source) else FILE_SECONDS
        self._revoked = None if source else Revoked()
        self._failed = False

    async def watch(self) -> None:
        """Reads the list again and again. Returns only if there is none."""
        while self._published:
            await asyncio.sleep(self._seconds)
            await self.refresh()

    async def refresh(self) -> None:
        """Reads the list now."""
        if self._published is None:
            return
        try:
            async with asyncio.timeout(2 * FETCH_SECONDS):
                self._revoked = revoked_by(await asyncio.to_thread(self._published))
        except (OSError, ValueError, RecursionError, jwt.PyJWTError, Unauthenticated) as failure:
            if not self._failed:
                logger.warning("The list of revoked tokens cannot be read: %r", failure)
            self._failed = True
        else:
            self._failed = False

    def includes(self, claims: Claims) -> bool:
        """Returns whether the token is known to be revoked."""
        return self._revoked is not None and self._revoked.includes(claims)

    def check(self, claims: Claims) -> None:
        """Raises Unauthenticated if the token is revoked, AuthUnavailable if the list was never read."""
        if self._revoked is None:
            raise AuthUnavailable("Tokens cannot be checked at present.")
        if self._revoked.includes(claims):
            raise Unauthenticated("The token was revoked.")


def revoked_by(published: Any) -> Revoked:
    """Returns the list. Raises ValueError or Unauthenticated if it has another form: half a list revokes too little."""
    match published:
        case {"tokens": [*tokens], "subjects": dict(subjects)} if all(isinstance(each, str) for each in tokens):
            return Revoked(frozenset(tokens), {subject: moment(before, 0) for subject, before in subjects.items()})
        case _:
            raise ValueError("not a list of revoked tokens")
