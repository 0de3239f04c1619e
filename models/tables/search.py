"""Full-text search that finds the same on both databases: words are made here, and the databases only index them.

A word is a run of letters, digits and their marks, without case and accents. It is stored as the hexadecimal digits of its
UTF-8: then no tokenizer has an opinion about it, and what begins a word still begins what is stored. A medium's words are
those of its title, description and tags; one more stands for its gallery, so that the index answers for one gallery however
large the others are, one for its kind, one for its owner, one for where it comes from if that is the room, and one for each
whole tag. What is searched for is split in the same way, and each of its words has to begin a word of the medium.
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
_RECORDED = "recorded"  # an r is no hexadecimal digit, so no text's word begins like it


def words_of(text: str) -> list[str]:
    """The words of a text, each once, in order."""
    unaccented = (char for char in _folded(_folded(text)) if not 200 <= unicodedata.combining(char) <= 240)
    runs = groupby(unaccented, key=lambda char: unicodedata.category(char)[0] in "LNM")
    return list(dict.fromkeys("".join(run)[:LONGEST_WORD] for is_word, run in runs if is_word))


def _folded(text: str) -> str:
    # Once is not enough: a letter can appear only after what stands for it was taken apart, and has its own case.
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
    """What is stored of a medium to be indexed. The owner's word stays when the account goes: nobody asks for it then."""
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
    """Asks the full-text index for media of one of the galleries.

    They have a word for each of these that it begins, all these tags, one of the kinds if any are given, and the owner;
    and they come from the room, if only what was recorded is wanted.
    """
    exact = [*map(_tag, tags), *([] if owner_id is None else [_owner(owner_id)]), *[_RECORDED] * recorded]
    begun = [_stored(word) for word in words]
    one_of = [each for each in (list(map(_gallery, galleries)), list(map(_kind, kinds))) if each]
    postgres = [*(f"({' | '.join(each)})" for each in one_of), *exact, *(f"{word}:*" for word in begun)]
    sqlite = [*(f"({' OR '.join(each)})" for each in one_of), *exact, *(f"{word}*" for word in begun)]
    return FullText(Media.search_words, Media.search_row, " & ".join(postgres), " AND ".join(sqlite))


def written(media: type[Media], words: Iterable[str], tags: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """The same of one medium's words and tags, without an index."""
    stored = literal(" ").concat(media.search_words).concat(" ")
    for word in words:
        yield Holds(stored, literal(f" {_stored(word)}"))
    for tag in tags:
        yield Holds(stored, literal(f" {_tag(tag)} "))


def _stored(word: str) -> str:
    return word.encode(errors="replace").hex()


def _gallery(gallery_id: UUID) -> str:
    return f"g{gallery_id.hex}"  # a g is no hexadecimal digit, so no text's word begins like it


def _kind(kind: MediaKind) -> str:
    return f"k{kind.lower()}"


def _owner(owner_id: UUID) -> str:
    return f"o{owner_id.hex}"


def _tag(tag: str) -> str:
    # A digest, because a folded tag can be longer than the longest word that PostgreSQL stores.
    return f"t{hashlib.sha256(sort_key(tag).encode(errors='replace')).hexdigest()[:32]}"
