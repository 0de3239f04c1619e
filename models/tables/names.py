"""Search of people by any part of their names, with an index of trigrams.

The index finds the names that contain all trigrams of the search text. It does not know their positions, so LIKE
rechecks the names. One or two characters are searched as a prefix of a trigram: two END characters after each name make
sure that there is one.
"""

from sqlalchemy import ColumnElement

from models.storage.full_text import FullText
from models.tables.people import User
from models.values.text import sort_key

END = "\x00\x00"  # no name contains it


def name_words(name_key: str) -> str:
    """Returns the trigrams of a name as they are stored and indexed."""
    return " ".join(dict.fromkeys(_threes(name_key + END)))


def named_like(search: str) -> ColumnElement[bool]:
    """Returns a condition on the full-text index, for users whose names may contain `search`.

    LIKE has to recheck them.
    """
    looked_for = sort_key(search)
    if len(looked_for) < 3:
        begun = _stored(looked_for)
        return FullText(User.search_words, User.search_row, f"{begun}:*", f"{begun}*")
    threes = list(dict.fromkeys(_threes(looked_for)))
    return FullText(User.search_words, User.search_row, " & ".join(threes), " AND ".join(threes))


def _threes(text: str) -> list[str]:
    return [_stored(text[place : place + 3]) for place in range(len(text) - 2)]


def _stored(three: str) -> str:
    return three.encode(errors="replace").hex()
