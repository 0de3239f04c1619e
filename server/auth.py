"""Authentication: verifies a bearer token and returns its claims.

The settings name the one algorithm, issuer and audience, as RFC 8725 advises. Nothing in a token chooses them.
"""

import asyncio
import json
import logging
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
from jwt.types import Options

from models.values.emails import clean_email
from models.values.text import accepted
from models.values.urls import clean_url
from server.settings import Settings, is_url

logger = logging.getLogger(__name__)

LONGEST_TOKEN, LONGEST_SUBJECT, LONGEST_NAME = 8192, 255, 200
REMEMBERED_TOKENS = 4096
RECHECK_AFTER = timedelta(minutes=1)
FETCH_SECONDS = 5
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
FIRM: Options = {"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True}
# PyJWT would check dates by the system's clock. `claims_of` checks them by the process's clock, which tests move.
WITHOUT_DATES: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
REFUSALS: dict[type[Exception], str] = {
    jwt.InvalidSignatureError: "The token's signature is not valid.",
    jwt.InvalidIssuerError: "The token is from another issuer.",
    jwt.InvalidAudienceError: "The token is for another audience.",
    jwt.MissingRequiredClaimError: "The token lacks one of exp, iss, aud and sub.",
    jwt.DecodeError: "The token is malformed.",
}


class Unauthenticated(Exception):
    """The caller is not authenticated. The message is for the client, and never contains a part of the token."""


class AuthUnavailable(Unauthenticated):
    """The issuer's keys cannot be read at present. The same token may be accepted later."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a verified token. The token is accepted until `expires_at`: its `exp` plus the leeway."""

    issuer: str
    subject: str
    name: str
    username: str | None
    email: str | None
    avatar_url: str | None
    scopes: frozenset[str]
    expires_at: datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


class Authenticator:
    """Verifies tokens, and caches the verified ones for a minute."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._now = now
        shared = settings.jwt_algorithm == "HS256"
        self._keys = None if shared else KeySet(str(settings.jwt_jwks), settings.jwt_algorithm, now)
        self._found_good = FoundGood()

    async def verify(self, token: str) -> Claims:
        """Returns the claims of a valid token. Raises Unauthenticated, or AuthUnavailable without the issuer's keys."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise Unauthenticated("The token is malformed.")
        now = self._now()
        digest = sha256(token.encode()).digest()
        claims = self._found_good.get(digest, now)
        if claims is None:
            claims = claims_of(await self._payload(token), now, self._settings.jwt_leeway_seconds)
            self._found_good.put(digest, claims, now)
        return claims

    async def _payload(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                await self._key(jwt.get_unverified_header(token)),
                algorithms=[self._settings.jwt_algorithm],
                issuer=self._settings.jwt_issuer,
                audience=self._settings.jwt_audience,
                options={**FIRM, **WITHOUT_DATES},
            )
        except jwt.PyJWTError as refusal:
            why = (sentence for kind, sentence in REFUSALS.items() if isinstance(refusal, kind))
            raise Unauthenticated(next(why, "The token is not valid.")) from None

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK | str:
        if header.get("alg") != self._settings.jwt_algorithm:
            raise Unauthenticated("The token is signed with an algorithm that is not accepted.")
        if self._keys is None:
            return self._settings.jwt_secret.get_secret_value()
        return await self._keys.find(header.get("kid"))


class FoundGood:
    """A cache of verified tokens, by hash. An entry stays for only a minute, so that a withdrawn key stops working."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, tuple[Claims, datetime]] = OrderedDict()

    def get(self, digest: bytes, now: datetime) -> Claims | None:
        claims, until = self._entries.get(digest, (None, now))
        if now >= until:
            return None
        self._entries.move_to_end(digest)
        return claims

    def put(self, digest: bytes, claims: Claims, now: datetime) -> None:
        self._entries[digest] = claims, min(now + RECHECK_AFTER, claims.expires_at)
        if len(self._entries) > REMEMBERED_TOKENS:
            self._entries.popitem(last=False)


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


def claims_of(payload: Mapping[str, Any], now: datetime, leeway: float) -> Claims:
    expires_at = moment(payload["exp"], leeway)
    if now >= expires_at:
        raise Unauthenticated("The token has expired.")
    if payload.get("nbf") is not None and now < moment(payload["nbf"], -leeway):
        raise Unauthenticated("The token is not valid yet.")
    subject = payload["sub"]
    # A subject that is not clean is refused: a corrected one could be another person's.
    if not is_identity(subject):
        raise Unauthenticated("The token's subject is not valid.")
    username = at_most(LONGEST_NAME, payload.get("preferred_username"))
    return Claims(
        issuer=payload["iss"],
        subject=subject,
        name=plain(payload.get("name"))[:LONGEST_NAME].rstrip() or username or subject[:LONGEST_NAME],
        username=username,
        email=accepted(clean_email, payload.get("email")),
        avatar_url=accepted(clean_url, payload.get("picture")),
        scopes=frozenset(scope for key in ("scope", "scp", "scopes") for scope in words(payload.get(key))),
        expires_at=expires_at,
    )


def moment(seconds: Any, shift: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds + shift, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Unauthenticated("The token's dates are not valid.") from None


def is_identity(subject: str) -> bool:
    return 0 < len(subject) <= LONGEST_SUBJECT and plain(subject) == subject


def plain(value: object) -> str:
    """Returns the value as text by rule 20: NFC, trimmed, no control characters. Returns "" for any other value."""
    return unicodedata.normalize("NFC", CONTROL.sub("", value)).strip() if isinstance(value, str) else ""


def at_most(longest: int, value: object) -> str | None:
    return text if 0 < len(text := plain(value)) <= longest else None


def words(value: object) -> list[str]:
    listed = value.split() if isinstance(value, str) else value
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []


def bearer(header: str | None) -> str | None:
    """Returns the token of an Authorization header (RFC 6750), if any. Raises Unauthenticated for another scheme."""
    match (header or "").split():
        case []:
            return None
        case [scheme, token] if scheme.lower() == "bearer":
            return token
        case _:
            raise Unauthenticated("The authorization must be of the form: Bearer TOKEN.")


def connection_token(payload: Mapping[str, object]) -> str | None:
    """Returns the token of a connection_init payload, with or without `Bearer` before it.

    It is in `authorization`, in upper or lower case, at the top of the payload or in its `headers`.
    """
    headers = payload.get("headers")
    places = (payload, headers if isinstance(headers, Mapping) else {})
    given = (value for place in places for key, value in place.items() if str(key).lower() == "authorization" and value)
    value = str(next(given, "")).strip()
    return bearer(value) if " " in value or value.lower() in ("", "bearer") else value


def issue_token(
    settings: Settings,
    subject: str,
    *,
    name: str | None = None,
    scopes: Iterable[str] = (),
    lifetime: timedelta = timedelta(hours=8),
    now: Callable[[], datetime] = utc_now,
) -> str:
    """Returns a token that an Authenticator with these settings accepts. Raises ValueError if it cannot issue one."""
    if settings.jwt_algorithm != "HS256":
        raise ValueError(f"Only HS256 tokens can be issued here, and the settings say {settings.jwt_algorithm}.")
    if not is_identity(subject):
        raise ValueError(f"A subject has 1 to {LONGEST_SUBJECT} characters, and no spaces around or controls in it.")
    about = {"sub": subject, "preferred_username": subject, "name": name or subject, "scope": " ".join(scopes)}
    dates = {"iat": now(), "exp": now() + lifetime}
    claims = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience, **about, **dates}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm="HS256")
