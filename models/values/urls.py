"""Addresses that people give: http(s) only, since pages put them into links and players (rule 20)."""

import unicodedata
from urllib.parse import urlsplit

from models.errors import Invalid

URL_LIMIT = 2_000

# Controls, lone surrogates, and separators, spaces among them.
_NEVER = frozenset(("Cc", "Cs", "Zl", "Zp", "Zs"))


def clean_url(value: str, *field: str) -> str:
    """An absolute http(s) URL, trimmed and otherwise as given. Raises Invalid naming `field`."""
    url = value.strip()
    if len(url) > URL_LIMIT:
        raise Invalid(f"This is longer than {URL_LIMIT} characters.", *field)
    # Browsers read a backslash as a slash, so what stands before it would not be the host that we see here.
    if any(char == "\\" or unicodedata.category(char) in _NEVER for char in url):
        raise Invalid("This holds spaces, control characters or backslashes.", *field)
    if not _is_web_address(url):
        raise Invalid("This must be an http or https URL with a host.", *field)
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:  # brackets that do not match, or a port that is none
        return False
