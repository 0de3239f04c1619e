"""Access to the items of a room's shelf, and to what a session shows (rules 4, 68 to 73).

The room's moderators and participants who may show see the whole shelf. Everyone else who sees the room sees it where
the room says so, without items whose medium is not published (rules 16, 73). As in models/access/media.py, the lock
statement checks visibility itself, so that hidden and absent items cost the same.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from models.access.authorise import allow, refused
from models.access.rights import IS_ROOM_MODERATOR, SEES_ROOM, with_rights
from models.access.rooms import ROOM, RoomAccess, access_session, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.storage.statements import AnyRow
from models.tables.content import ContentFacts, ContentItem, ContentKind, ContentState, ShownContent
from models.tables.galleries import Gallery
from models.tables.media import Media, MediaStatus
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.rooms import Room
from models.tables.sessions import SessionFacts


@dataclass(frozen=True, slots=True)
class ContentAccess:
    """An item that the viewer sees, whether it can be shown, and its room."""

    room: RoomAccess
    item: ContentFacts
    state: ContentState


@dataclass(frozen=True, slots=True)
class ShownAccess:
    """The running session, which the viewer is inside, and its row of what it shows, if it ever showed something."""

    room: RoomAccess
    session: SessionFacts
    participant: ParticipantFacts
    row: AnyRow | None


_Inside = aliased(Participant)
_IS_INSIDE = (
    exists()
    .where(
        _Inside.gallery_id == Gallery.id,
        _Inside.user_id == bindparam("viewer"),
        _Inside.state == ParticipantState.ADMITTED,
    )
    .correlate(Gallery)
)
# Inside, the snapshot counts, and outside the stored rights (rule 32).
_KEEPS_SHELF = or_(
    _IS_INSIDE.where(or_(_Inside.moderates, _Inside.may_show)), and_(not_(_IS_INSIDE), IS_ROOM_MODERATOR)
)
_IS_VISIBLE = exists().where(Room.gallery_id == Gallery.id, Room.shelf_visible).correlate(Gallery)
_IS_READY = or_(ContentItem.kind != ContentKind.MEDIA, Media.status == MediaStatus.PUBLISHED)
SEES_ITEM = or_(_KEEPS_SHELF, and_(_IS_VISIBLE, _IS_READY))
"""A condition on items that are joined with their gallery and their medium. It is used with SEES_ROOM."""

ITEM = (
    select(*columns(ContentFacts, ContentItem), Media.status.label("media_status"))
    .join_from(ContentItem, Gallery, Gallery.id == ContentItem.gallery_id)
    .outerjoin(Media, Media.id == ContentItem.media_id)
    .where(SEES_ITEM)
)
_BY_ID = ITEM.where(ContentItem.id == bindparam("id"))
_GALLERY = select(ContentItem.gallery_id).where(ContentItem.id == bindparam("id")).scalar_subquery()
_LOCK = (
    select(Gallery.id)
    .join_from(ContentItem, Gallery, Gallery.id == ContentItem.gallery_id)
    .outerjoin(Media, Media.id == ContentItem.media_id)
    .where(ContentItem.id == bindparam("id"), SEES_ROOM, SEES_ITEM)
    .with_for_update(of=Gallery)
)
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)


def state_of(item: ContentFacts, media_status: MediaStatus | None) -> ContentState:
    """Returns whether the item can be shown. `media_status` is of its medium (rule 69)."""
    if item.kind is not ContentKind.MEDIA or media_status is MediaStatus.PUBLISHED:
        return ContentState.READY
    return ContentState.REMOVED if item.media_id is None else ContentState.UNPUBLISHED


def keeps_shelf(room: RoomAccess) -> bool:
    """Returns whether the viewer sees the whole shelf, also where it is hidden from others (rules 68, 70)."""
    return Permission.MANAGE_CONTENT in room.permissions or _may_show(room)


def _may_show(room: RoomAccess) -> bool:
    return room.inside is not None and room.inside.may_show


async def access_content(tx: Transaction, content_id: UUID, *field: str) -> ContentAccess:
    """Returns the item, if the viewer sees it and manages content. Raises NOT_FOUND, FORBIDDEN."""
    return await _access_content(tx, content_id, field, to_show=False)


async def access_content_to_show(tx: Transaction, content_id: UUID, *field: str) -> ContentAccess:
    """Returns the item, if the viewer manages content or may show it (rule 70), and is inside the running session.

    Raises NOT_FOUND, FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await _access_content(tx, content_id, field, to_show=True)
    must_have_entered(access.room, *field)
    return access


async def _access_content(tx: Transaction, content_id: UUID, field: tuple[str, ...], *, to_show: bool) -> ContentAccess:
    act = Act(Permission.MANAGE_CONTENT, "item", content_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_BY_ID, {"id": content_id, "viewer": tx.viewer.id})
    item, at = unpack(row, 0, ContentFacts) if row else (None, 0)
    if row is None or item is None:
        raise refused(tx, act, not_found("item", *field))
    await _allow(tx, act, room, own=to_show and _may_show(room), field=field)
    return ContentAccess(room, item, state_of(item, row[at]))


_SHOWN = select(ShownContent).where(ShownContent.session_id == bindparam("session"))


async def access_shown(tx: Transaction, session_id: UUID, *field: str) -> ShownAccess:
    """Returns what the running session shows, if the viewer is inside and may turn its pages and stop it (rule 71).

    These are the person who shows it and the room's moderators. Raises NOT_FOUND, FORBIDDEN, NOT_IN_SESSION,
    SESSION_ENDED.
    """
    room = await access_session(tx, session_id, Permission.ENTER, *field)
    row = await tx.row(_SHOWN, {"session": session_id})
    theirs = row is None or row.item_id is None or (room.inside and row.shown_by == room.inside.id)
    act = Act(Permission.MANAGE_CONTENT, "session", session_id, None)
    await _allow(tx, act, room, own=_may_show(room) and bool(theirs), field=field)
    session, participant = must_have_entered(room, *field, session_id=session_id)
    return ShownAccess(room, session, participant, row)


async def _allow(tx: Transaction, act: Act, room: RoomAccess, *, own: bool, field: tuple[str, ...]) -> None:
    role = room.granting(act.permission)
    if role is None and own:
        act = Act(Permission.ENTER, act.target, act.target_id, None)
        role = room.granting(act.permission)
    await allow(tx, act, role, field)
