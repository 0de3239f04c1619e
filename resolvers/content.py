"""Reading the shelf of a room, and what sessions show (rules 68, 69, 72, 73)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, exists, or_, select

from models.access.content import ITEM, keeps_shelf, state_of
from models.access.rights import SEES_ROOM, WAS_ADMITTED
from models.access.rooms import RoomAccess
from models.database.transaction import Snapshot
from models.storage.base import columns, read_facts
from models.storage.paging import Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow, among
from models.tables.content import ContentFacts, ContentItem, ContentState, ShownContent, ShownFacts
from models.tables.participants import Participant


@dataclass(frozen=True, slots=True)
class ReadContent:
    """An item of a shelf, and whether it can be shown now."""

    item: ContentFacts
    state: ContentState


_SHELF = cast("Select[AnyRow]", ITEM)  # its rows, each with the status of its medium
IN_ORDER = (Key(ContentItem.position),)
_BY_ID = ITEM.where(among(ContentItem.id), SEES_ROOM)


async def content_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ReadContent]:
    """Returns the items that the viewer may see. Runs one statement."""
    rows = await snapshot.rows(_BY_ID, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: read_content(row) for row in rows}


async def shelves_of(
    snapshot: Snapshot, rooms: Mapping[UUID, RoomAccess], arguments: PageArguments
) -> dict[UUID, Page[AnyRow] | None]:
    """Returns a page of each room's shelf in its order, or None where the viewer may not see it.

    `rooms` maps galleries to their rooms. Runs one statement.
    """
    arguments.checked()
    found: dict[UUID, Page[AnyRow] | None] = dict.fromkeys(rooms)
    seen = [gallery for gallery, room in rooms.items() if room.room.shelf_visible or keeps_shelf(room)]
    if seen:
        given = {"viewer": snapshot.viewer.id}
        found |= await page_each(snapshot, _SHELF, ContentItem.gallery_id, seen, IN_ORDER, arguments, given)
    return found


def read_content(row: AnyRow) -> ReadContent:
    """Returns the item of a row of ITEM."""
    item = read_facts(ContentFacts, row)
    return ReadContent(item, state_of(item, row.media_status))


_PEOPLE = or_(
    exists().where(
        Participant.session_id == ShownContent.session_id,
        Participant.user_id == bindparam("viewer"),
        WAS_ADMITTED,
    ),
    ShownContent.session_id.is_not_distinct_from(bindparam("record", type_=Uuid())),
)
_SHOWN = select(*columns(ShownFacts, ShownContent)).where(
    among(ShownContent.session_id), ShownContent.item_id.is_not(None), _PEOPLE
)


async def shown_in(snapshot: Snapshot, sessions: Collection[UUID]) -> dict[UUID, ShownFacts]:
    """Returns what each session shows, if the viewer is or was inside. Omits the others. Runs one statement."""
    asked = {"ids": list(sessions), "viewer": snapshot.viewer.id, "record": snapshot.viewer.record_of}
    rows = await snapshot.rows(_SHOWN, asked) if sessions else ()
    return {row.session_id: read_facts(ShownFacts, row) for row in rows}
