"""The keys of an issuer that signs tokens with RS256 or ES256: read from its JSON Web Key Set (RFC 7517)."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from server.claims import AuthUnavailable, Unauthenticated
from server.setting_types import is_url

logger = logging.getLogger(__name__)

FETCH_SECONDS = 5


class KeySet:
    """An issuer's public keys (RFC 7517), as last read. A failed read keeps the earlier keys."""

    def __init__(self, source: str, algorithm: str, now: Callable[[], datetime]) -> None:
        self._algorithm = algorithm
        self._now = now
        self._published = publication(source)
        self._fresh_for = timedelta(minutes=5) if is_url(source) else timedelta(seconds=1)
        self._patience = timedelta(seconds=30) if is_url(source) else timedelta(seconds=1)
        self._stale_at = self._next_try_at = datetime.min.replace(tzinfo=UTC)
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._failed = True
        self._reading = asyncio.Lock()

    async def find(self, kid: str | None) -> jwt.PyJWK:
        """Returns the key of that name. A token that names no key gets the only key."""
        # A caller whose key is missing waits for a read that is under way; a caller whose key is known does not.
        if kid not in self._keys or self._due(kid):
            async with self._reading:
                if self._due(kid):
                    await self._refresh()
        if key := self._keys.get(kid):
            return key
        if self._failed:
            raise AuthUnavailable("Tokens cannot be checked at present.")
        raise Unauthenticated("The token is signed with an unknown key.")

    def _due(self, kid: str | None) -> bool:
        return self._now() >= (self._stale_at if kid in self._keys else self._next_try_at)

    async def _refresh(self) -> None:
        self._stale_at = self._next_try_at = self._now() + self._patience
        self._failed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * FETCH_SECONDS):
                await asyncio.to_thread(self._read)

    def _read(self) -> None:
        # The thread finishes and keeps the keys even if its caller is cancelled.
        try:
            self._keys = usable_keys(self._published(), self._algorithm)
            self._stale_at = self._now() + self._fresh_for
            self._failed = False
        except (OSError, ValueError, RecursionError, jwt.PyJWTError) as failure:
            logger.warning("The keys that verify tokens cannot be read: %r", failure)


def publication(source: str) -> Callable[[], object]:
    if is_url(source):
        # Only PyJWKClient's guarded fetch is used: its cache blocks, and fetches again immediately after each failure.
        return jwt.PyJWKClient(source, cache_jwk_set=False, timeout=FETCH_SECONDS).fetch_data
    return lambda: json.loads(Path(source).read_bytes())


def usable_keys(published: object, algorithm: str) -> dict[str | None, jwt.PyJWK]:
    match published:
        case {"keys": [*entries]}:
            keys = [key for entry in entries if (key := usable_key(entry, algorithm))]
        case _:
            raise ValueError("not a JSON Web Key Set")
    named: dict[str | None, jwt.PyJWK] = {key.key_id: key for key in keys if isinstance(key.key_id, str)}
    return named | {None: keys[0]} if len(keys) == 1 else named


def usable_key(entry: object, algorithm: str) -> jwt.PyJWK | None:
    """Returns the key if it is a public key for this algorithm. No such algorithm uses a shared key (kty "oct")."""
    if not isinstance(entry, dict) or "d" in entry:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        return jwt.PyJWK(entry, algorithm)
    except jwt.PyJWTError:
        return None
