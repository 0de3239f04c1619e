"""Authentication: verifies a bearer token and returns its claims.

The settings name the one algorithm, issuer and audience, as RFC 8725 advises. Nothing in a token chooses them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
from jwt.types import Options

from server.claims import Claims, Unauthenticated, claims_of
from server.keys import KeySet
from server.revocations import Revocations
from server.settings import Settings

LONGEST_TOKEN = 8192
REMEMBERED_TOKENS = 4096
RECHECK_AFTER = timedelta(minutes=1)
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
        self.revocations = Revocations(settings.jwt_revocations)

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
        self.revocations.check(claims)
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


def bearer(header: str | None) -> str | None:
    """Returns the token of an Authorization header (RFC 6750), if any. Raises Unauthenticated for another scheme."""
    match (header or "").split():
        case []:
            return None
        case [scheme, token] if scheme.lower() == "bearer":
            return token
        case _:
            raise Unauthenticated("The authorization must be of the form: Bearer TOKEN.")


def connection_token(payload: Mapping[str, object], handshake: str | None = None) -> str | None:
    """Returns the token of a connection_init payload, with or without `Bearer` before it.

    It is in `authorization`, in upper or lower case, at the top of the payload or in its `headers`. If the payload has
    none, the handshake's Authorization header counts, which gql-cli sends. No page of a browser can set that header.
    """
    headers = payload.get("headers")
    places = (payload, headers if isinstance(headers, Mapping) else {})
    given = (value for place in places for key, value in place.items() if str(key).lower() == "authorization" and value)
    value = str(next(given, handshake or "")).strip()
    return bearer(value) if " " in value or value.lower() in ("", "bearer") else value
