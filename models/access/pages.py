"""Access to a gallery's page, with what proves that a page made before is still true.

What plain members see of a gallery changes only with an entry of the log that all members may see, or with the name of
a person (docs/decisions/0016-validated-responses.md).
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, select, true

from models.access.authorise import GalleryAccess
from models.access.rights import held_in, with_rights
from models.cursors import Position
from models.errors import Invalid, not_found
from models.events.log import SHOWN_TO_ALL, LogEntry
from models.permissions import Permission, Viewer
from models.storage.statements import Statements
from models.tables.galleries import Gallery
from models.tables.media import UNPUBLISHED, Media
from models.tables.site import Site
from models.values.text import KEY_LIMIT, clean_line


@dataclass(frozen=True, slots=True)
class PageAccess:
    """A gallery that the viewer may see, with the viewer's rights in it, and the versions of what its page shows.

    `position` is that of the last entry that all members may see. If that entry was pruned, it is that of the oldest
    entry left. `people_mark` changes with the name or picture of any person. `has_unpublished` says whether the viewer
    owns media that other members do not see.
    """

    access: GalleryAccess
    position: Position
    people_mark: int
    has_unpublished: bool

    @property
    def is_alike(self) -> bool:
        """Whether the viewer sees the same of the gallery's content as all others with the same roles."""
        return not self.has_unpublished and Permission.REVIEW_MEDIA not in self.access.rights.permissions


_SHOWN_LAST = (
    select(func.max(LogEntry.number)).where(LogEntry.gallery_id == Gallery.id, SHOWN_TO_ALL).correlate(Gallery)
).scalar_subquery()
# Entries before the floor may be gone, so an older entry may seem to be the last one again.
_PROVING = case((Gallery.log_floor <= _SHOWN_LAST, _SHOWN_LAST), else_=Gallery.log_floor)
_HAS_UNPUBLISHED = (
    exists().where(Media.gallery_id == Gallery.id, Media.owner_id == bindparam("viewer"), UNPUBLISHED)
).correlate(Gallery)


def _page(which: ColumnElement[bool], gallery: ColumnElement[UUID]) -> Select[*tuple[Any, ...]]:
    read = (
        select(
            Gallery,
            LogEntry.number.label("shown_number"),
            LogEntry.mark.label("shown_mark"),
            Site.people_mark,
            _HAS_UNPUBLISHED.label("has_unpublished"),
        )
        .join_from(Gallery, Site, true())
        .join(LogEntry, and_(LogEntry.gallery_id == Gallery.id, LogEntry.number == _PROVING))
        .where(which)
    )
    return with_rights(read, gallery)


_BY_EXTERNAL_ID = Gallery.external_id == bindparam("key")
_PAGE = _page(Gallery.id == bindparam("key"), bindparam("key"))
_PAGE_OF_COURSE = _page(_BY_EXTERNAL_ID, select(Gallery.id).where(_BY_EXTERNAL_ID).scalar_subquery())


async def access_page(run: Statements, viewer: Viewer, gallery_id: UUID) -> PageAccess:
    """Returns the page of a gallery, if the viewer is a member. Runs one statement. Raises NOT_FOUND."""
    return await _access(run, viewer, _PAGE, gallery_id)


async def access_page_of_course(run: Statements, viewer: Viewer, external_id: str) -> PageAccess:
    """Returns the page of a course's gallery, as `access_page` does."""
    try:
        key = clean_line(external_id, KEY_LIMIT)
    except Invalid:
        raise not_found("gallery") from None
    return await _access(run, viewer, _PAGE_OF_COURSE, key)


async def _access(run: Statements, viewer: Viewer, read: Select[*tuple[Any, ...]], key: UUID | str) -> PageAccess:
    rows = await run.rows(read, {"key": key, "viewer": viewer.id})
    rights = held_in(rows)
    if rights.gallery_role is None:
        raise not_found("gallery")
    row = rows[0]
    # The row has all columns of Gallery, and further columns; see Statements.
    access = GalleryAccess(cast("Gallery", row), rights)
    position = Position(row.shown_number, row.shown_mark)
    return PageAccess(access, position, row.people_mark, bool(row.has_unpublished))
