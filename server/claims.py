"""The claims of a token: what its payload says of the caller, checked and cleaned (rule 20)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.values.emails import clean_email
from models.values.text import accepted, clean_line
from models.values.urls import clean_url
from resolvers.people import Profile
from server.identity import is_identity

LONGEST_NAME = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Unauthenticated(Exception):
    """The caller is not authenticated. The message is for the client, and never contains a part of the token."""


class AuthUnavailable(Unauthenticated):
    """The issuer's keys cannot be read at present. The same token may be accepted later."""


@dataclass(frozen=True, slots=True)
class Claims(Profile):
    """The claims of a verified token: its user's profile, and what the token allows.

    The token is accepted until `expires_at`: its `exp` plus the leeway.

    `token_id` and `issued_at` (jti and iat) are those by which tokens are revoked. They may be missing.
    """

    scopes: frozenset[str]
    expires_at: datetime
    token_id: str | None = None
    issued_at: datetime | None = None


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
    username = presentable(at_most(LONGEST_NAME, payload.get("preferred_username")))
    return Claims(
        issuer=payload["iss"],
        subject=subject,
        name=presentable(plain(payload.get("name"))[:LONGEST_NAME]) or username or subject[:LONGEST_NAME],
        username=username,
        email=accepted(clean_email, payload.get("email")),
        avatar_url=accepted(clean_url, payload.get("picture")),
        scopes=frozenset(scope for key in ("scope", "scp", "scopes") for scope in words(payload.get(key))),
        expires_at=expires_at,
        token_id=payload.get("jti"),
        issued_at=None if payload.get("iat") is None else moment(payload["iat"], 0),
    )


def moment(seconds: Any, shift: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds + shift, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Unauthenticated("The token's dates are not valid.") from None


def plain(value: object) -> str:
    """Returns the value as text by rule 20: NFC, trimmed, no control characters. Returns "" for any other value."""
    return unicodedata.normalize("NFC", CONTROL.sub("", value)).strip() if isinstance(value, str) else ""


def at_most(longest: int, value: object) -> str | None:
    return text if 0 < len(text := plain(value)) <= longest else None


def presentable(name: str | None) -> str | None:
    """Returns the name if other users may see it: it shows something, and does not turn the text beside it."""
    return accepted(lambda value: clean_line(value, LONGEST_NAME), name)


def words(value: object) -> list[str]:
    listed = value.split() if isinstance(value, str) else value
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []
