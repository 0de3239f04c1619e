"""Full-text search that finds the same on both databases: words are made here, and the databases only index them.

A word is a run of letters, digits and their marks, without case and accents. It is stored as the hexadecimal digits of its
UTF-8: then no tokenizer has an opinion about it, and what begins a word still begins what is stored. A medium's words are
those of its title, description and tags; one more stands for its gallery, so that the index answers for one gallery however
large the others are, and one for each whole tag. What is searched for is split in the same way, and each of its words has to
begin a word of the medium.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.media import Media
from models.text import sort_key

LONGEST_WORD = 64


def words_of(text: str) -> list[str]:
    """The words of a text, each once, in order."""
    unaccented = (char for char in _folded(_folded(text)) if not 200 <= unicodedata.combining(char) <= 240)
    runs = groupby(unaccented, key=lambda char: unicodedata.category(char)[0] in "LNM")
    return list(dict.fromkeys("".join(run)[:LONGEST_WORD] for is_word, run in runs if is_word))


def _folded(text: str) -> str:
    # Once is not enough: a letter can appear only after what stands for it was taken apart, and has its own case.
    return unicodedata.normalize("NFKD", text.casefold())


def stored_words(gallery_id: UUID, title: str, description: str, tags: Iterable[str]) -> str:
    """What is stored of a medium to be indexed."""
    tags = list(tags)
    written = map(_stored, words_of(" ".join([title, description, *tags])))
    return " ".join([_gallery(gallery_id), *map(_tag, tags), *written])


def search_row(media_id: UUID) -> int:
    """The integer key that SQLite's index knows a medium by: its random bits, so that two never share one."""
    return media_id.int & (2**63 - 1)


def indexed(galleries: Collection[UUID], words: Iterable[str], tags: Iterable[str]) -> ColumnElement[bool]:
    """Whether a medium is of one of the galleries, has all these tags, and a word for each of these that it begins."""
    exact = [_tag(tag) for tag in tags]
    begun = [_stored(word) for word in words]
    here = list(map(_gallery, galleries))
    postgres = [f"({' | '.join(here)})", *exact, *(f"{word}:*" for word in begun)]
    sqlite = [f"({' OR '.join(here)})", *exact, *(f"{word}*" for word in begun)]
    return _Indexed(Media.search_words, Media.search_row, literal(" & ".join(postgres)), literal(" AND ".join(sqlite)))


class _Indexed(FunctionElement[bool]):
    """Asks the full-text index, each database in its own language. Words hold nothing but letters and digits."""

    inherit_cache = True
    name = "indexed"
    type = Boolean()


@compiles(_Indexed, "postgresql")
def _on_postgres(element: _Indexed, compiler: SQLCompiler, **given: Any) -> str:
    words, _row, query, _sqlite = element.clauses  # what is not processed is not sent
    # The very expression of the index `ix_media_search_words`.
    found_in = f"array_to_tsvector(string_to_array({compiler.process(words, **given)}, ' '))"
    return f"{found_in} @@ CAST({compiler.process(query, **given)} AS tsquery)"


@compiles(_Indexed, "sqlite")
def _on_sqlite(element: _Indexed, compiler: SQLCompiler, **given: Any) -> str:
    _words, row, _postgres, query = element.clauses
    matches = f"SELECT rowid FROM media_search WHERE media_search MATCH {compiler.process(query, **given)}"  # noqa: S608  a bound parameter
    return f"{compiler.process(row, **given)} IN ({matches})"


def _stored(word: str) -> str:
    return word.encode(errors="replace").hex()


def _gallery(gallery_id: UUID) -> str:
    return f"g{gallery_id.hex}"  # a g is no hexadecimal digit, so no text's word begins like it


def _tag(tag: str) -> str:
    # A digest, because a folded tag can be longer than the longest word that PostgreSQL stores.
    return f"t{hashlib.sha256(sort_key(tag).encode(errors='replace')).hexdigest()[:32]}"
