"""Plain text as it is stored (rule 20): trimmed, NFC, without control characters, with a maximum length.

Stored text also shows something, and does not change how a page shows what is beside it (appearance.py).
"""

import unicodedata
from collections.abc import Callable

from models.errors import Invalid
from models.values.appearance import (
    MARKS_LIMIT,
    piles_up_marks,
    shows_nothing,
    turns_its_surroundings,
    visible,
    without_directions,
)

TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 5_000
MESSAGE_LIMIT = 4_000
KEY_LIMIT = 255
SEARCH_LIMIT = 200

_LINE_BREAKS = frozenset("\n\t")
_JOINER = "\u200d"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # Two letters are one flag.


def clean_line(value: str, limit: int, *field: str) -> str:
    """Returns one line of text that shows something. Raises Invalid naming `field`."""
    return _contained(_legible(_checked(value, limit, field, allowed=frozenset(), may_be_empty=False), field), field)


def clean_text(value: str, limit: int, *field: str, may_be_empty: bool = False) -> str:
    """Returns text that may contain line breaks and tabs. Raises Invalid naming `field`."""
    unix = value.replace("\r\n", "\n")
    text = _checked(unix, limit, field, allowed=_LINE_BREAKS, may_be_empty=may_be_empty)
    return _contained(_legible(text, field), field)


def clean_message(value: str, *field: str) -> str:
    """Returns the text of a message. Raises Invalid.

    Directions need not be closed: pages show each message by itself, and people paste from programs that add them.
    """
    unix = value.replace("\r\n", "\n")
    return _legible(_checked(unix, MESSAGE_LIMIT, field, allowed=_LINE_BREAKS, may_be_empty=False), field)


def clean_search(value: str, *field: str) -> str:
    """Returns one line to search for. It is not stored, so it may look like anything. Raises Invalid."""
    return _checked(value, SEARCH_LIMIT, field, allowed=frozenset(), may_be_empty=False)


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


def _legible(text: str, field: tuple[str, ...]) -> str:
    if text.isascii():  # Trimmed ASCII without control characters always is.
        return text
    if shows_nothing(text):
        raise Invalid("This must show something: it has only invisible characters.", *field)
    if piles_up_marks(text):
        raise Invalid(f"This has more than {MARKS_LIMIT} combining marks on one character.", *field)
    return text


def _contained(text: str, field: tuple[str, ...]) -> str:
    if not text.isascii() and turns_its_surroundings(text):
        raise Invalid(
            "This changes the direction of the text around it: close embeddings and isolates on their line, and use"
            " an override only inside an isolate.",
            *field,
        )
    return text


def shortened(value: str, limit: int) -> str:
    """Returns at most `limit` characters, with an ellipsis if text was cut. Grapheme clusters are not split."""
    if len(value) <= limit:
        return value
    end = limit - 1
    while end > 0 and _belongs_together(value, end):
        end -= 1
    kept = value[:end].rstrip()
    # The end of an isolate may have been cut off.
    return (without_directions(kept) if turns_its_surroundings(kept) else kept) + "\u2026"


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


def word_key(value: str) -> str:
    """Returns the key that words are compared by. It ignores letter case, compatibility forms and what nobody can see."""
    return sort_key(visible(value))


def like_pattern(search: str) -> str:
    """Returns a LIKE pattern that matches sort keys which contain `search`. The escape character is the backslash."""
    escaped = sort_key(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
