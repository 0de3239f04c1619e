"""Filters of media lists (rule 19). A medium has to match all given filters."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from models.errors import Invalid
from models.tables.media import UNPUBLISHED, Media, MediaKind, MediaStatus
from models.tables.search import indexed, words_of, written
from models.values.lists import checked_list, clean_tags
from models.values.moments import clean_moment
from models.values.text import clean_search


@dataclass(frozen=True, slots=True)
class MediaFilters:
    """The filters of a query. A filter that is None does not apply."""

    search: str | None = None
    kinds: Sequence[MediaKind] | None = None
    statuses: Sequence[MediaStatus] | None = None
    tags: Sequence[str] | None = None
    owner_id: UUID | None = None
    recordings_only: bool = False
    created_after: datetime | None = None
    created_before: datetime | None = None

    def checked(self) -> "Chosen":
        """Returns the validated filters. Raises INVALID naming the wrong filter, even if the viewer sees no media."""
        if self.kinds is not None:
            checked_list(self.kinds, len(MediaKind), "filter", "kinds")
        if self.statuses is not None:
            checked_list(self.statuses, len(MediaStatus), "filter", "statuses")
        return Chosen(
            kinds=self.kinds,
            statuses=self.statuses,
            owner_id=self.owner_id,
            recordings_only=self.recordings_only,
            after=None if self.created_after is None else clean_moment(self.created_after, "filter", "createdAfter"),
            before=None
            if self.created_before is None
            else clean_moment(self.created_before, "filter", "createdBefore"),
            words=[] if self.search is None else _words(self.search),
            tags=[] if self.tags is None else clean_tags(self.tags, "filter", "tags"),
        )


EVERYTHING = MediaFilters()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Validated filters, as SQL conditions."""

    kinds: Sequence[MediaKind] | None
    statuses: Sequence[MediaStatus] | None
    owner_id: UUID | None
    recordings_only: bool
    after: datetime | None
    before: datetime | None
    words: Sequence[str]
    tags: Sequence[str]

    def conditions(self, media: type[Media]) -> Iterator[ColumnElement[bool]]:
        """Yields the conditions of all filters except words and tags."""
        if self.kinds is not None:
            yield media.kind.in_(self.kinds)
        if self.statuses is not None:
            yield media.status.in_(self.statuses)
        if self.owner_id is not None:
            yield media.owner_id == self.owner_id
        if self.recordings_only:
            yield media.recording_id.is_not(None)
        if self.after is not None:
            yield media.created_at > self.after
        if self.before is not None:
            yield media.created_at < self.before

    def written(self, media: type[Media]) -> Iterator[ColumnElement[bool]]:
        """Returns the conditions of words and tags, for queries that do not use the index."""
        return written(media, self.words, self.tags)

    def found(self, galleries: Collection[UUID]) -> ColumnElement[bool] | None:
        """Returns a condition that an index can answer, or None if the filters are not likely to match few media."""
        kinds, recorded = self.kinds or (), self.recordings_only
        if self.words or self.tags or self.owner_id or recorded:
            return indexed(galleries, self.words, self.tags, kinds, self.owner_id, recorded=recorded)
        if self.statuses is not None and MediaStatus.PUBLISHED not in self.statuses:
            return and_(Media.gallery_id.in_(galleries), UNPUBLISHED, Media.status.in_(self.statuses))
        if kinds:
            return indexed(galleries, (), (), kinds)
        if self.after or self.before:
            return and_(Media.gallery_id.in_(galleries), *self.conditions(Media))
        return None


def _words(search: str) -> list[str]:
    words = words_of(clean_search(search, "filter", "search"))
    if not words:
        raise Invalid("This must contain at least one word.", "filter", "search")
    return words
