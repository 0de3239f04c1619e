"""Validates the hosts of URLs and e-mail addresses: names and IP addresses with only one reading (rule 20).

A host that browsers, mail servers and people may read differently can pass for another one. So a label has one script,
and IP addresses have their usual form.
"""

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_HOST_LIMIT, _LABEL_LIMIT = 253, 63  # RFC 1035
_PUNYCODE = "xn--"
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)
# Japanese, Korean and Chinese names mix scripts, also with Latin letters ("highly restrictive" in UTS #39).
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)


def is_host(host: str) -> bool:
    """Returns whether this is a domain name, or an IPv4 address of four decimal numbers."""
    return _is_ipv4(host) or is_domain(host)


def is_domain(host: str) -> bool:
    """Returns whether this is a name of labels, none of them empty, and each in one script."""
    labels = host.split(".")
    # Browsers read a host whose last label is a number as an IPv4 address, also 0x7f.1 or 2130706433.
    return len(host) <= _HOST_LIMIT and not _NUMBER.fullmatch(labels[-1]) and all(map(_is_label, labels))


def is_ipv6(host: str) -> bool:
    """Returns whether this is an IPv6 address, without brackets, a zone or an IPv4 address in it."""
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return False
    return address.scope_id is None and address.ipv4_mapped is None


def _is_ipv4(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= _LABEL_LIMIT or not _has_label_characters(label):
        return False
    if label[:4].lower() != _PUNYCODE:
        return label.isascii() or _has_one_reading(label)
    try:
        meant = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return not meant.isascii() and _has_label_characters(meant) and _has_one_reading(meant)


def _has_label_characters(label: str) -> bool:
    """Returns whether these are letters, digits, marks, hyphens and underscores, without a hyphen at either end."""
    inside = all(char in "-_" or unicodedata.category(char)[0] in "LNM" for char in label)
    return inside and not label.startswith("-") and not label.endswith("-")


def _has_one_reading(label: str) -> bool:
    # Browsers replace compatibility characters such as fullwidth letters, so the host would not be the one that is shown.
    if unicodedata.normalize("NFKC", label) != label or unicodedata.category(label[0])[0] == "M":
        return False
    scripts = {_script(char) for char in label} - {None}
    return len(scripts) <= 1 or any(scripts <= mix for mix in _TOGETHER)


def _script(char: str) -> str | None:
    """Returns the script of a character by its Unicode name; None for what every script uses."""
    if char in "-_" or char in "0123456789" or unicodedata.category(char)[0] == "M":
        return None
    name = unicodedata.name(char, "UNKNOWN").removeprefix("EXTENDED ")
    return re.split("[ -]", name)[0]
