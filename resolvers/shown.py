"""What a session shows, when something else changes: its item, its medium, the stage, the session (rules 69, 71, 72).

The callers hold the gallery's lock.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, update

from models.database.transaction import Transaction
from models.events.content import ContentChanged, ShownChanged, ShownEnded
from models.storage.base import columns, read_facts
from models.storage.statements import among
from models.tables.content import TOLD, ContentFacts, ContentItem, ShownContent, ShownFacts
from models.tables.media import MediaFacts, MediaStatus
from models.tables.participants import ParticipantFacts
from models.tables.rooms import Room

_IS_SHOWN = ShownContent.item_id.is_not(None)
_CHANGE = update(ShownContent).where(_IS_SHOWN).returning(*columns(ShownFacts, ShownContent))
_END = update(ShownContent).where(_IS_SHOWN).values(item_id=None).returning(ShownContent.session_id)
_UNTOLD = _CHANGE.where(
    ShownContent.session_id == bindparam("of"), ShownContent.told_version < ShownContent.version
).values(**TOLD, told_at=bindparam("at", type_=ShownContent.told_at.type))


async def tell_seek(tx: Transaction, session_id: UUID) -> None:
    """Announces the last seek, if it was not announced yet."""
    await _tell(tx, await tx.rows(_UNTOLD, {"of": session_id, "at": tx.now}))


async def item_changed(tx: Transaction, item: ContentFacts) -> None:
    """Shows the new title, address and number of pages, if a session shows the item."""
    which = ShownContent.item_id == item.id
    row = await tx.row(select(ShownContent.page).where(which))
    if row is not None:
        page = min(row.page, item.page_count) if row.page and item.page_count else row.page
        await _change(tx, which, title=item.title, url=item.url, page_count=item.page_count, page=page)


async def item_removed(tx: Transaction, item: ContentFacts) -> None:
    """Stops showing the item."""
    await _end(tx, item.gallery_id, ShownContent.item_id == item.id)


async def end_shown_in(tx: Transaction, gallery_id: UUID, session_id: UUID) -> None:
    """Stops showing anything in the session."""
    await _end(tx, gallery_id, ShownContent.session_id == session_id)


async def end_shown_by(tx: Transaction, participant: ParticipantFacts) -> None:
    """Stops what the participant shows by a right that a moderator gave them, which they lose (rule 72).

    `participant` is from before the loss.
    """
    if participant.may_show:
        theirs = (ShownContent.session_id == participant.session_id) & (ShownContent.shown_by == participant.id)
        await _end(tx, participant.gallery_id, theirs & ~ShownContent.by_moderator)


_ITEMS_OF = (
    select(*columns(ContentFacts, ContentItem), Room.shelf_visible)
    .join(Room, Room.gallery_id == ContentItem.gallery_id)
    .where(among(ContentItem.media_id))
    .order_by(ContentItem.position)
)


async def media_changed(tx: Transaction, media: Sequence[MediaFacts]) -> None:
    """Records an event for each item of these media, which are in one gallery, and shows their new titles (rule 69)."""
    known = {each.id: each for each in media}
    rows = await tx.rows(_ITEMS_OF, {"ids": list(known)}) if known else ()
    if not rows:
        return
    events = []
    for row in rows:
        published = known[row.media_id].status is MediaStatus.PUBLISHED
        events.append(ContentChanged(item=read_facts(ContentFacts, row), to_all=row.shelf_visible and published))
    await tx.record_many(media[0].gallery_id, events)
    for each in media:
        await _change(tx, (ShownContent.media_id == each.id) & (ShownContent.title != each.title), title=each.title)


async def media_removed(tx: Transaction, medium: MediaFacts) -> None:
    """Takes a medium, which is about to be deleted, from its items, which stay, and from what is shown (rule 69)."""
    rows = await tx.rows(_ITEMS_OF, {"ids": [medium.id]})
    if not rows:
        return
    await _end(tx, medium.gallery_id, ShownContent.media_id == medium.id)
    await tx.execute(update(ContentItem).where(ContentItem.media_id == medium.id).values(media_id=None))
    events = []
    for row in rows:
        item = replace(read_facts(ContentFacts, row), media_id=None)
        to_all = row.shelf_visible and medium.status is MediaStatus.PUBLISHED
        events.append(ContentChanged(item=item, to_all=to_all))
    await tx.record_many(medium.gallery_id, events)


async def _change(tx: Transaction, which: ColumnElement[bool], **values: Any) -> None:
    now = {"told_at": tx.now, "told_version": ShownContent.version + 1}
    told = {name: column for name, column in TOLD.items() if name != "told_version"}
    await _tell(
        tx, await tx.rows(_CHANGE.where(which).values(**values, version=ShownContent.version + 1, **told, **now))
    )


async def _tell(tx: Transaction, rows: Sequence[Any]) -> None:
    for row in rows:
        shown = read_facts(ShownFacts, row)
        await tx.record(shown.gallery_id, ShownChanged(shown=shown))


async def _end(tx: Transaction, gallery_id: UUID, which: ColumnElement[bool]) -> None:
    ended = await tx.values(_END.where(which))
    await tx.record_many(gallery_id, [ShownEnded(session_id=each) for each in ended])
