"""Tokens that this project signs itself, for trying things out. In production the identity provider issues them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import jwt

from server.identity import LONGEST_SUBJECT, is_identity
from server.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


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
