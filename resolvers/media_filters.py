"""What a list of media can be narrowed by (rule 19). All that is given has to hold."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from models.errors import Invalid
from models.lists import checked_list, clean_tags
from models.media import Media, MediaKind, MediaStatus
from models.search import indexed, words_of
from models.text import SEARCH_LIMIT, clean_line


@dataclass(frozen=True, slots=True)
class MediaFilters:
    """None narrows nothing."""

    search: str | None = None
    kinds: Sequence[MediaKind] | None = None
    statuses: Sequence[MediaStatus] | None = None
    tags: Sequence[str] | None = None
    owner_id: UUID | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


EVERYTHING = MediaFilters()


def narrowed(filters: MediaFilters, galleries: Collection[UUID]) -> list[ColumnElement[bool]]:
    """The conditions on media of these galleries. INVALID names what is wrong, whoever asks."""
    conditions = list(_plain(filters))
    words = [] if filters.search is None else _words(filters.search)
    tags = [] if filters.tags is None else clean_tags(filters.tags, "filter", "tags")
    return [*conditions, indexed(galleries, words, tags)] if words or tags else conditions


def _plain(filters: MediaFilters) -> Iterator[ColumnElement[bool]]:
    if filters.kinds is not None:
        yield Media.kind.in_(checked_list(filters.kinds, len(MediaKind), "filter", "kinds"))
    if filters.statuses is not None:
        yield Media.status.in_(checked_list(filters.statuses, len(MediaStatus), "filter", "statuses"))
    if filters.owner_id is not None:
        yield Media.owner_id == filters.owner_id
    if filters.created_after is not None:
        yield Media.created_at > _moment(filters.created_after, "createdAfter")
    if filters.created_before is not None:
        yield Media.created_at < _moment(filters.created_before, "createdBefore")


def _words(search: str) -> list[str]:
    words = words_of(clean_line(search, SEARCH_LIMIT, "filter", "search"))
    if not words:
        raise Invalid("This needs a word to look for.", "filter", "search")
    return words


def _moment(given: datetime, name: str) -> datetime:
    try:
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    except OverflowError:
        raise Invalid("This lies outside the calendar.", "filter", name) from None
