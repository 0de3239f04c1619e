"""Inputs for the items of a shelf, checked: which fields an item has depends on its kind (rules 20, 68)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from models.errors import Invalid
from models.storage.base import new_id
from models.tables.content import PAGES_LIMIT, ContentFacts, ContentKind
from models.values.checks import all_invalid
from models.values.text import TITLE_LIMIT, clean_line
from models.values.urls import clean_url

FIELDS: Final[Mapping[ContentKind, frozenset[str]]] = {
    ContentKind.MEDIA: frozenset({"mediaId"}),
    ContentKind.DOCUMENT: frozenset({"title", "url", "pageCount"}),
    ContentKind.IMAGE: frozenset({"title", "url"}),
    ContentKind.LINK: frozenset({"title", "url"}),
    ContentKind.WHITEBOARD: frozenset({"title"}),
    ContentKind.SCREEN: frozenset({"title"}),
}
"""The fields that each kind of item has, by their names in inputs."""


@dataclass(frozen=True, slots=True)
class NewContent:
    """The input for a new item. `before_id` is the item that it comes before, or None for the end."""

    kind: ContentKind
    title: str | None
    url: str | None
    page_count: int | None
    media_id: UUID | None
    before_id: UUID | None


@dataclass(frozen=True, slots=True)
class ContentChanges:
    """The changes of an item. None leaves a value unchanged."""

    title: str | None
    url: str | None
    page_count: int | None


def new_item(new: NewContent, gallery_id: UUID, added_by: UUID, now: datetime) -> ContentFacts:
    """Returns the item, without a position yet. Raises Invalid naming a field that is missing, too much or unfit."""
    given = _given(new.title, new.url, new.page_count) | {"mediaId": new.media_id}
    with all_invalid() as check:
        for name in FIELDS[new.kind]:
            check(_needed, new.kind, name, given[name])
        checked = check(_checked, new.kind, given)
    return ContentFacts(
        id=new_id(),
        gallery_id=gallery_id,
        kind=new.kind,
        title=checked.get("title"),
        url=checked.get("url"),
        page_count=1 if new.kind is ContentKind.IMAGE else checked.get("page_count"),
        media_id=new.media_id,
        position=0,
        added_by=added_by,
        added_at=now,
    )


def changed_item(before: ContentFacts, changes: ContentChanges) -> ContentFacts:
    """Returns the item with the changes. Raises Invalid naming a field that is too much or unfit."""
    return replace(before, **_checked(before.kind, _given(changes.title, changes.url, changes.page_count)))


def _given(title: str | None, url: str | None, page_count: int | None) -> dict[str, Any]:
    return {"title": title, "url": url, "pageCount": page_count}


def _checked(kind: ContentKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the given values as they are stored, by column."""
    with all_invalid() as check:
        values = {name: check(_value, kind, name, value) for name, value in given.items() if value is not None}
    return {_COLUMNS[name]: value for name, value in values.items() if name in _COLUMNS}


_COLUMNS = {"title": "title", "url": "url", "pageCount": "page_count"}


def _needed(kind: ContentKind, name: str, value: object) -> None:
    if value is None:
        raise Invalid(f"This is needed for {kind}.", "input", name)


def _value(kind: ContentKind, name: str, value: Any) -> Any:
    if name not in FIELDS[kind]:
        raise Invalid(f"{kind} does not have this.", "input", name)
    match name:
        case "title":
            return clean_line(value, TITLE_LIMIT, "input", name)
        case "url":
            return clean_url(value, "input", name)
        case "pageCount":
            return _pages(value)
    return value


def _pages(count: int) -> int:
    if not 1 <= count <= PAGES_LIMIT:
        raise Invalid(f"This must be between 1 and {PAGES_LIMIT}.", "input", "pageCount")
    return count
