"""Validates URLs in inputs: http(s) only, because pages put them into links and players (rule 20)."""

import unicodedata
from urllib.parse import SplitResult, urlsplit

from models.errors import Invalid
from models.values.hosts import is_host, is_ipv6

URL_LIMIT = 2_000

# Control characters, lone surrogates, separators including spaces, and invisible characters.
_NEVER = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))
_JOINERS = "\u200c\u200d"  # words of several languages and joined emoji contain them


def clean_url(value: str, *field: str) -> str:
    """Returns an absolute http(s) URL, trimmed but otherwise unchanged. Raises Invalid naming `field`."""
    url = value.strip()
    if len(url) > URL_LIMIT:
        raise Invalid(f"This is longer than {URL_LIMIT} characters.", *field)
    # Browsers read a backslash as a slash, so they could see another host than urlsplit.
    if any(char == "\\" or (unicodedata.category(char) in _NEVER and char not in _JOINERS) for char in url):
        raise Invalid("This contains spaces, control characters, invisible characters or backslashes.", *field)
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid("This must be an http or https URL with a host.", *field)
    if "@" in parts.netloc:
        raise Invalid("This must not contain a user name or password.", *field)
    if not (is_ipv6(parts.hostname) if "[" in parts.netloc else is_host(parts.hostname)):
        raise Invalid("The host must be a domain name, with each label in one script, or an IP address.", *field)
    return url


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for an invalid port
    except ValueError:  # also for unmatched brackets
        return None
    return parts
