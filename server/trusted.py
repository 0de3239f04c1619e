"""Trusted documents: the manifest that a client's build writes, read and checked when the process starts.

Two forms are accepted. Apollo's `generate-persisted-query-manifest` writes a list of operations with their ids. Relay's
compiler and GraphQL Code Generator write an object of texts by their hashes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError

from schema.execution.documents import DOCUMENTS, Document
from schema.root import schema
from server.settings import SettingsError, variable

APOLLO = ("apollo-persisted-query-manifest", 1)
SHA256 = "sha256:"


class ManifestError(SettingsError):
    """The manifest cannot be used. The message names the file and the entry."""

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"{variable('trusted_documents')}: {path}: {fault}")


@dataclass(frozen=True)
class Trusted:
    """Trusted documents: texts by id, and also by their SHA-256. They are parsed and valid, and stay in memory."""

    texts: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    pinned: tuple[Document, ...] = ()


def plain_id(name: str) -> str:
    """Returns an id without the prefix that GraphQL over HTTP puts before a hash."""
    return name.removeprefix(SHA256)


def read_trusted(path: str | None) -> Trusted:
    """Returns the documents of a manifest. Raises ManifestError for the first entry that is wrong."""
    if not path:
        return Trusted()
    texts: dict[str, str] = {}
    pinned = []
    for name, text in _entries(path):
        if texts.setdefault(plain_id(name), text) != text:
            raise ManifestError(path, f"the id {name} has two different documents.")
        pinned.append(_pinned(path, name, text))
    hashes = {sha256(text.encode()).hexdigest(): text for text in texts.values()}
    return Trusted(hashes | texts, frozenset(texts.values()), tuple(pinned))


def _entries(path: str) -> Iterator[tuple[str, str]]:
    try:
        manifest = orjson.loads(Path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError) as fault:
        raise ManifestError(path, f"it cannot be read as JSON: {fault}.") from None
    if not isinstance(manifest, dict):
        raise ManifestError(path, "it must be a JSON object: texts by their ids, or Apollo's manifest.")
    entries = _apollo(path, manifest) if isinstance(manifest.get("operations"), list) else manifest.items()
    for name, text in entries:
        if not isinstance(name, str) or not name or not isinstance(text, str):
            raise ManifestError(path, f"the entry {name} must be a document's text under its id.")
        yield name, text


def _apollo(path: str, manifest: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    form = (manifest.get("format"), manifest.get("version"))
    if form != APOLLO:
        raise ManifestError(path, f"`format` and `version` must be {APOLLO[0]} and {APOLLO[1]}.")
    for number, operation in enumerate(manifest["operations"]):
        if not isinstance(operation, dict) or not {"id", "body"} <= operation.keys():
            raise ManifestError(path, f"operation {number} must have an `id` and a `body`.")
        yield operation["id"], operation["body"]


def _pinned(path: str, name: str, text: str) -> Document:
    try:
        document = DOCUMENTS.pin(text)
    except GraphQLError as error:
        raise ManifestError(path, f"the document {name}: {error.message}") from None
    for wrong in schema.errors_in(document):
        raise ManifestError(path, f"the document {name}: {wrong.message}")
    return document
