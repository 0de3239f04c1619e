"""Validates URLs in inputs: http(s) only, because pages put them into links and players (rule 20)."""

import unicodedata
from urllib.parse import urlsplit

from models.errors import Invalid

URL_LIMIT = 2_000

# Control characters, lone surrogates, and separators including spaces.
_NEVER = frozenset(("Cc", "Cs", "Zl", "Zp", "Zs"))


def clean_url(value: str, *field: str) -> str:
    """Returns an absolute http(s) URL, trimmed but otherwise unchanged. Raises Invalid naming `field`."""
    url = value.strip()
    if len(url) > URL_LIMIT:
        raise Invalid(f"This is longer than {URL_LIMIT} characters.", *field)
    # Browsers read a backslash as a slash, so they could see another host than urlsplit.
    if any(char == "\\" or unicodedata.category(char) in _NEVER for char in url):
        raise Invalid("This contains spaces, control characters or backslashes.", *field)
    if not _is_web_address(url):
        raise Invalid("This must be an http or https URL with a host.", *field)
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:  # unmatched brackets, or an invalid port
        return False
