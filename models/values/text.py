"""Plain text as it is stored (rule 20): trimmed, NFC, without control characters, bounded."""

import unicodedata
from collections.abc import Callable
from itertools import groupby

from models.errors import Invalid

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 5_000
MESSAGE_LIMIT = 4_000
MARKS_LIMIT = 30
"""How many marks a character takes: as many as in Unicode's stream-safe text (UAX #15), and more than any writing needs."""
KEY_LIMIT = 255
SEARCH_LIMIT = 200

_LINE_BREAKS = frozenset("\n\t")
_JOINER = "\u200d"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # two of them are one flag


def clean_line(value: str, limit: int, *field: str) -> str:
    """One line of text, not empty. Raises Invalid naming `field`."""
    return _checked(value, limit, field, allowed=frozenset(), may_be_empty=False)


def clean_text(value: str, limit: int, *field: str, may_be_empty: bool = False) -> str:
    """Text that may hold line breaks and tabs. Raises Invalid naming `field`."""
    return _checked(value.replace("\r\n", "\n"), limit, field, allowed=_LINE_BREAKS, may_be_empty=may_be_empty)


def clean_message(value: str, *field: str) -> str:
    """What someone says to others: text with something to see in it, and nothing piled up over their lines. INVALID."""
    text = clean_text(value, MESSAGE_LIMIT, *field)
    kinds = [unicodedata.category(char) for char in text]
    if all(kind == "Cf" or kind[0] == "Z" for kind in kinds):
        raise Invalid("This must not be empty.", *field)
    marks = (sum(1 for _ in run) for is_mark, run in groupby(kinds, lambda kind: kind in ("Mn", "Me")) if is_mark)
    if max(marks, default=0) > MARKS_LIMIT:
        raise Invalid(f"This holds more than {MARKS_LIMIT} marks on one character.", *field)
    return text


def accepted(clean: Callable[[str], str], value: object) -> str | None:
    """The value as `clean` gives it; None where that raises Invalid, and for what is no text."""
    try:
        return clean(value) if isinstance(value, str) else None
    except Invalid:
        return None


def _checked(value: str, limit: int, field: tuple[str, ...], *, allowed: frozenset[str], may_be_empty: bool) -> str:
    trimmed = value.strip()
    # To normalise a run of marks costs the square of its length; what NFC shrinks, it shrinks to a quarter at most.
    text = unicodedata.normalize("NFC", trimmed).strip() if len(trimmed) <= 4 * limit else trimmed
    if not text and not may_be_empty:
        raise Invalid("This must not be empty.", *field)
    if len(text) > limit:
        raise Invalid(f"This is longer than {limit} characters.", *field)
    # Cc are the control characters; Cs are lone surrogates, which no database stores and no UTF-8 carries.
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        raise Invalid("This holds control characters.", *field)
    return text


def shortened(value: str, limit: int) -> str:
    """At most so many characters, with an ellipsis where something was cut. What is read as one stays whole."""
    if len(value) <= limit:
        return value
    end = limit - 1
    while end > 0 and _belongs_together(value, end):
        end -= 1
    return value[:end].rstrip() + "\u2026"


def _belongs_together(text: str, at: int) -> bool:
    # The rules of Unicode's grapheme clusters that NFC text can meet: marks, emoji modifiers, joined emoji, and flags.
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after).startswith("M") or after in _SKIN_TONES:
        return True
    flags = len(text[:at]) - len(text[:at].rstrip(_FLAG_LETTERS))
    return after in _FLAG_LETTERS and flags % 2 == 1


def sort_key(value: str) -> str:
    """What lists order and search by: letter case and compatibility forms do not count."""
    return unicodedata.normalize("NFKC", value).casefold()


def like_pattern(search: str) -> str:
    """A LIKE pattern, escaped by backslash, for 'contains `search`' over sort keys."""
    escaped = sort_key(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
