"""What a text looks like: whether it shows something, covers other lines, or turns the text around it (rule 20)."""

import re
import unicodedata

MARKS_LIMIT = 10
"""The maximum number of combining marks on one character.

Hebrew with cantillation has up to five, and the tallest stacks of Tibetan have nine.
"""
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols that draw nothing
_FORMATS = ("Cc", "Cf", "Cs")
_MARKS = ("Mn", "Me")
# Unassigned characters that stay invisible when they are assigned.
_RESERVED = re.compile("[\u2065\ufff0-\ufff8\U000e0000-\U000e0fff]")
# UAX #9: each embedding or override ends with PDF, each isolate with PDI.
_PDF, _PDI = "\u202c", "\u2069"
_CLOSED_BY = dict.fromkeys("\u202a\u202b\u202d\u202e", _PDF) | dict.fromkeys("\u2066\u2067\u2068", _PDI)
_OVERRIDES = frozenset("\u202d\u202e")
_DIRECTIONS = str.maketrans(dict.fromkeys([*_CLOSED_BY, _PDF, _PDI]))
_LINE_ENDS = re.compile("[\n\u2029]")


def shows_nothing(text: str) -> bool:
    """Returns whether the text has only spaces, invisible characters, and combining marks without a letter."""
    return not any(map(_is_seen, text))


def piles_up_marks(text: str) -> bool:
    """Returns whether a character has more than MARKS_LIMIT combining marks, which would cover other lines."""
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        if kind in _MARKS:
            marks += 1
        elif kind != "Cf":  # a joiner between two marks does not begin a new character
            marks = 0
        if marks > MARKS_LIMIT:
            return True
    return False


def turns_its_surroundings(text: str) -> bool:
    """Returns whether an embedding, override or isolate is not closed on its line, or closes one outside of the text.

    Such a text changes the order of what a page shows beside it. An override must also stand inside an isolate:
    otherwise it also moves its neighbours, and no name needs one.
    """
    return any(not _is_balanced(line) for line in _LINE_ENDS.split(text))


def without_directions(text: str) -> str:
    """Returns the text without embeddings, overrides and isolates."""
    return text.translate(_DIRECTIONS)


def visible(text: str) -> str:
    """Returns the text without invisible characters: texts that look the same become equal."""
    return "".join(char for char in text if not _is_invisible(char))


def _is_seen(char: str) -> bool:
    return unicodedata.category(char)[0] not in "MZ" and not _is_invisible(char)


def _is_invisible(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or char == "\u034f"
    hidden = char in _FILLERS or selector or _RESERVED.match(char)
    return bool(hidden) or unicodedata.category(char) in _FORMATS


def _is_balanced(line: str) -> bool:
    opened: list[str] = []
    for char in line:
        if char in _OVERRIDES and _PDI not in opened:
            return False
        if closing := _CLOSED_BY.get(char):
            opened.append(closing)
        elif char in (_PDF, _PDI) and (not opened or opened.pop() != char):
            return False
    return not opened
