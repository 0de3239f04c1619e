"""Finding people by any part of their names: what is indexed of a name is every three characters of it that stand together.

What is looked for is a part of a name if its own threes are among the name's, in the right places, which the index does not know
and LIKE tells. One or two characters are the beginning of some three, because each name is followed by two more.
"""

from sqlalchemy import ColumnElement

from models.storage.full_text import FullText
from models.tables.people import User
from models.values.text import sort_key

END = "\x00\x00"  # no name holds it


def name_words(name_key: str) -> str:
    """What is stored of a name to be indexed."""
    return " ".join(dict.fromkeys(_threes(name_key + END)))


def named_like(search: str) -> ColumnElement[bool]:
    """Asks the full-text index for users whose names may hold this. Which of them do is for LIKE to say."""
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
