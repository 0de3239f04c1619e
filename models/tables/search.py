"""Full-text search with the same results on both databases.

This module splits texts into words; the databases index them. A word is a run of letters, digits and marks, without
case and accents. It is stored as the hexadecimal digits of its UTF-8, so that no tokenizer changes it and a prefix of a
word is a prefix of the stored word. A medium has the words of its title, description and tags. It has further words for
its gallery (so that the size of other galleries does not slow a search), its kind, its owner and each whole tag, and
one if it is a recording. A search text is split in the same way: each of its words must be a prefix of one of the
medium's words.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, literal

from models.storage.full_text import FullText, Holds
from models.tables.media import Media, MediaKind
from models.values.text import sort_key

LONGEST_WORD = 64
_RECORDED = "recorded"  # r is not a hexadecimal digit, so no stored word of a text starts with it


def words_of(text: str) -> list[str]:
    """Returns the words of a text in order, without duplicates."""
    unaccented = (char for char in _folded(_folded(text)) if not 200 <= unicodedata.combining(char) <= 240)
    runs = groupby(unaccented, key=lambda char: unicodedata.category(char)[0] in "LNM")
    return list(dict.fromkeys("".join(run)[:LONGEST_WORD] for is_word, run in runs if is_word))


def _folded(text: str) -> str:
    # Callers fold twice: decomposing a compatibility character can yield letters that still have a case.
    return unicodedata.normalize("NFKD", text.casefold())


def stored_words(
    gallery_id: UUID,
    kind: MediaKind,
    owner_id: UUID | None,
    title: str,
    description: str,
    tags: Iterable[str],
    *,
    recorded: bool = False,
) -> str:
    """Returns the words of a medium as they are stored and indexed.

    The owner's word stays after the account is deleted: nobody can search for it then.
    """
    tags = list(tags)
    fixed = [_gallery(gallery_id), _kind(kind), *([] if owner_id is None else [_owner(owner_id)])]
    fixed += [_RECORDED] * recorded
    words = map(_stored, words_of(" ".join([title, description, *tags])))
    return " ".join([*fixed, *map(_tag, tags), *words])


def indexed(
    galleries: Collection[UUID],
    words: Iterable[str],
    tags: Iterable[str],
    kinds: Iterable[MediaKind] = (),
    owner_id: UUID | None = None,
    *,
    recorded: bool = False,
) -> ColumnElement[bool]:
    """Returns a condition on the full-text index, for media in one of the galleries.

    A medium matches if each of `words` is a prefix of one of its words, and if it has all of `tags`, one of `kinds` if
    there are any, and the owner if there is one. With `recorded`, only recordings match.
    """
    exact = [*map(_tag, tags), *([] if owner_id is None else [_owner(owner_id)]), *[_RECORDED] * recorded]
    begun = [_stored(word) for word in words]
    one_of = [each for each in (list(map(_gallery, galleries)), list(map(_kind, kinds))) if each]
    postgres = [*(f"({' | '.join(each)})" for each in one_of), *exact, *(f"{word}:*" for word in begun)]
    sqlite = [*(f"({' OR '.join(each)})" for each in one_of), *exact, *(f"{word}*" for word in begun)]
    return FullText(Media.search_words, Media.search_row, " & ".join(postgres), " AND ".join(sqlite))


def written(media: type[Media], words: Iterable[str], tags: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """Yields the same conditions for words and tags, checked on the medium's row without the index."""
    stored = literal(" ").concat(media.search_words).concat(" ")
    for word in words:
        yield Holds(stored, literal(f" {_stored(word)}"))
    for tag in tags:
        yield Holds(stored, literal(f" {_tag(tag)} "))


def _stored(word: str) -> str:
    return word.encode(errors="replace").hex()


def _gallery(gallery_id: UUID) -> str:
    return f"g{gallery_id.hex}"  # g is not a hexadecimal digit, so no stored word of a text starts with it


def _kind(kind: MediaKind) -> str:
    return f"k{kind.lower()}"


def _owner(owner_id: UUID) -> str:
    return f"o{owner_id.hex}"


def _tag(tag: str) -> str:
    # A digest, because a folded tag can be longer than PostgreSQL's maximum for a word.
    return f"t{hashlib.sha256(sort_key(tag).encode(errors='replace')).hexdigest()[:32]}"
