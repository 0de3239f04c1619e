"""Plain text as it is stored (rule 20): trimmed, NFC, without control characters, with a maximum length."""

import unicodedata
from collections.abc import Callable
from itertools import groupby

from models.errors import Invalid

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 5_000
MESSAGE_LIMIT = 4_000
MARKS_LIMIT = 30
"""The maximum number of combining marks on one character, as in Unicode's stream-safe text (UAX #15).

No script needs more.
"""
KEY_LIMIT = 255
SEARCH_LIMIT = 200

_LINE_BREAKS = frozenset("\n\t")
_JOINER = "\u200d"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # Two letters are one flag.


def clean_line(value: str, limit: int, *field: str) -> str:
    """Returns one non-empty line of text. Raises Invalid naming `field`."""
    return _checked(value, limit, field, allowed=frozenset(), may_be_empty=False)


def clean_text(value: str, limit: int, *field: str, may_be_empty: bool = False) -> str:
    """Returns text that may contain line breaks and tabs. Raises Invalid naming `field`."""
    return _checked(value.replace("\r\n", "\n"), limit, field, allowed=_LINE_BREAKS, may_be_empty=may_be_empty)


def clean_message(value: str, *field: str) -> str:
    """Returns a message: text with visible characters and without stacks of combining marks. Raises Invalid."""
    text = clean_text(value, MESSAGE_LIMIT, *field)
    kinds = [unicodedata.category(char) for char in text]
    if all(kind == "Cf" or kind[0] == "Z" for kind in kinds):
        raise Invalid("This must not be empty.", *field)
    marks = (sum(1 for _ in run) for is_mark, run in groupby(kinds, lambda kind: kind in ("Mn", "Me")) if is_mark)
    if max(marks, default=0) > MARKS_LIMIT:
        raise Invalid(f"This has more than {MARKS_LIMIT} combining marks on one character.", *field)
    return text


def accepted(clean: Callable[[str], str], value: object) -> str | None:
    """Returns `clean(value)`, or None if `clean` raises Invalid or the value is not a string."""
    try:
        return clean(value) if isinstance(value, str) else None
    except Invalid:
        return None


def _checked(value: str, limit: int, field: tuple[str, ...], *, allowed: frozenset[str], may_be_empty: bool) -> str:
    trimmed = value.strip()
    # Normalising a run of marks takes quadratic time, and NFC shrinks text to a quarter at most.
    # So text longer than four times the limit is refused without normalising it.
    text = unicodedata.normalize("NFC", trimmed).strip() if len(trimmed) <= 4 * limit else trimmed
    if not text and not may_be_empty:
        raise Invalid("This must not be empty.", *field)
    if len(text) > limit:
        raise Invalid(f"This is longer than {limit} characters.", *field)
    # Cc: control characters. Cs: lone surrogates, which neither the databases nor UTF-8 can store.
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        raise Invalid("This contains control characters.", *field)
    return text


def shortened(value: str, limit: int) -> str:
    """Returns at most `limit` characters, with an ellipsis if text was cut. Grapheme clusters are not split."""
    if len(value) <= limit:
        return value
    end = limit - 1
    while end > 0 and _belongs_together(value, end):
        end -= 1
    return value[:end].rstrip() + "\u2026"


def _belongs_together(text: str, at: int) -> bool:
    # The rules of Unicode's grapheme clusters that apply to NFC text: marks, emoji modifiers, joined emoji, and flags.
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after).startswith("M") or after in _SKIN_TONES:
        return True
    flags = len(text[:at]) - len(text[:at].rstrip(_FLAG_LETTERS))
    return after in _FLAG_LETTERS and flags % 2 == 1


def sort_key(value: str) -> str:
    """Returns the key that lists are sorted and searched by. It ignores letter case and compatibility forms."""
    return unicodedata.normalize("NFKC", value).casefold()


def like_pattern(search: str) -> str:
    """Returns a LIKE pattern that matches sort keys which contain `search`. The escape character is the backslash."""
    escaped = sort_key(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
