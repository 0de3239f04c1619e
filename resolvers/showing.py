"""Showing something, turning its pages, playing and seeking it, and stopping (rules 70 to 72)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from models.access.content import ContentAccess, access_content_to_show, access_shown
from models.access.participants import access_participant, must_be_inside
from models.access.rooms import must_have_entered
from models.database.transaction import Transaction
from models.errors import Conflict, Invalid
from models.events.content import ShownChanged
from models.events.stage import StageChanged
from models.permissions import Permission
from models.storage.base import read_facts
from models.storage.statements import AnyRow
from models.tables.content import FASTEST, SLOWEST, TOLD, ContentState, ShownContent, ShownFacts
from models.tables.deadlines import DeadlineKind
from models.tables.media import DURATION_LIMIT, Media, MediaKind
from models.tables.sessions import SessionCounts
from models.values.checks import all_invalid
from resolvers.participants import change_participant
from resolvers.shown import end_shown_by, end_shown_in
from resolvers.throttle import is_told_now

SEEKS_TOLD_EVERY = timedelta(seconds=0.25)
NOT_READY = {
    ContentState.UNPUBLISHED: "This medium is not published.",
    ContentState.REMOVED: "This medium was removed from the gallery.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be shown. None leaves a value as it is."""

    page: int | None
    playing: bool | None
    position_seconds: float | None
    rate: float | None


_NEW = insert(ShownContent)
_SHOW = _NEW.on_conflict_do_update(
    index_elements=[ShownContent.session_id],
    set_={
        column.name: _NEW.excluded[column.name] for column in ShownContent.__table__.columns if not column.primary_key
    },
)
_ROW = select(ShownContent).where(ShownContent.session_id == bindparam("session"))
_MEDIUM = select(Media).where(Media.id == bindparam("id"))


async def show_content(tx: Transaction, content_id: UUID, place: Place, expected_version: int | None) -> UUID:
    """Shows an item in the running session, in place of what was shown before. Returns the session's id.

    Raises CONFLICT (a medium that cannot be shown, another version than expected), INVALID, NOT_IN_SESSION,
    SESSION_ENDED.
    """
    access = await access_content_to_show(tx, content_id, "input", "contentId")
    if access.state is not ContentState.READY:
        raise Conflict(NOT_READY[access.state], "input", "contentId")
    session, participant = must_have_entered(access.room, "input", "contentId")
    row = await tx.row(_ROW, {"session": session.id})
    _must_be(row, expected_version)
    begun = await _begun(tx, access, session.id, participant.id, version=(row.version if row else 0) + 1)
    shown = _placed(begun, place, tx.now)
    told = {"told_position_seconds": shown.position_seconds, "told_set_at": shown.set_at}
    stored = {name: getattr(shown, name) for name in ShownFacts.__dataclass_fields__}
    await tx.execute(_SHOW, {**stored, **told, "told_version": shown.version, "told_at": tx.now})
    await tx.record(shown.gallery_id, ShownChanged(shown=shown))
    return session.id


async def _begun(
    tx: Transaction, access: ContentAccess, session_id: UUID, participant_id: UUID, *, version: int
) -> ShownFacts:
    """Returns what is shown, at the item's beginning: the first page, or the first second and paused."""
    item = access.item
    medium = await tx.first(_MEDIUM, {"id": item.media_id}) if item.media_id else None
    plays = medium is not None and medium.kind is not MediaKind.IMAGE
    return ShownFacts(
        session_id=session_id,
        gallery_id=item.gallery_id,
        item_id=item.id,
        kind=item.kind,
        title=(medium.title if medium else item.title) or "",
        url=medium.url if medium else item.url,
        page_count=item.page_count,
        media_id=item.media_id,
        duration_seconds=(medium.duration_seconds or None) if medium and plays else None,
        shown_by=participant_id,
        by_moderator=Permission.MANAGE_CONTENT in access.room.permissions,
        page=1 if item.page_count else None,
        playing=False if plays else None,
        position_seconds=0.0 if plays else None,
        rate=1.0 if plays else None,
        set_at=tx.now,
        version=version,
    )


async def update_shown(tx: Transaction, session_id: UUID, place: Place, expected_version: int | None) -> UUID:
    """Turns to a page, plays, pauses, seeks or changes the rate of what is shown. Returns the session's id.

    A call that changes nothing records no event. Raises CONFLICT (nothing is shown, another version than expected),
    INVALID, FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED.
    """
    row = (await access_shown(tx, session_id, "input", "sessionId")).row
    if row is None or row.item_id is None:
        raise Conflict("Nothing is shown now.", "input", "sessionId")
    _must_be(row, expected_version)
    before = read_facts(ShownFacts, row)
    after = _placed(before, place, tx.now)
    if after != before:
        await _put(tx, row.told_at, before, replace(after, version=before.version + 1))
    return session_id


async def _put(tx: Transaction, told_at: datetime, before: ShownFacts, after: ShownFacts) -> None:
    session_id, gallery_id = after.session_id, after.gallery_id
    is_seek = (before.page, before.playing, before.rate) == (after.page, after.playing, after.rate)
    kind = DeadlineKind.SHOWN_SEEK
    told = not is_seek or await is_told_now(tx, kind, session_id, gallery_id, told_at, SEEKS_TOLD_EVERY)
    now: dict[str, Any] = {"position_seconds": after.position_seconds, "set_at": after.set_at, "version": after.version}
    if told:
        now |= {name: now[name.removeprefix("told_")] for name in TOLD} | {"told_at": tx.now}
    place = {"page": after.page, "playing": after.playing, "rate": after.rate}
    await tx.execute(update(ShownContent).where(ShownContent.session_id == session_id).values(**place, **now))
    if told:
        await tx.record(gallery_id, ShownChanged(shown=after))


async def stop_showing(tx: Transaction, session_id: UUID, expected_version: int | None) -> UUID:
    """Stops showing anything, and returns the session's id. Nothing shown is a success without an event.

    Raises CONFLICT (another version than expected), FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_shown(tx, session_id, "input", "sessionId")
    _must_be(access.row, expected_version)
    await end_shown_in(tx, access.room.room.gallery_id, session_id)
    return session_id


async def set_may_show(tx: Transaction, participant_id: UUID, *, may_show: bool) -> UUID:
    """Lets somebody on the stage show content, or takes that back, which ends what they show. Returns their id.

    Raises CONFLICT (not on the stage), NOT_FOUND, FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_participant(tx, participant_id, Permission.MANAGE_CONTENT, "input", "participantId")
    must_be_inside(access, "input", "participantId")
    before = access.participant
    if before.may_show is may_show:
        return participant_id
    if may_show and before.stage_turn is None:
        raise Conflict("This participant is not on the stage.", "input", "participantId")
    changed = await change_participant(tx, participant_id, {"may_show": may_show})
    await end_shown_by(tx, before)
    counts = read_facts(SessionCounts, access.session)
    await tx.record(changed.gallery_id, StageChanged(participant=changed, counts=counts, lets_show=True))
    return participant_id


def _must_be(row: AnyRow | None, expected_version: int | None) -> None:
    version = row.version if row and row.item_id else 0
    if expected_version is not None and expected_version != version:
        raise Conflict("Something else is shown now, or another place of it.", "input", "expectedVersion")


def _placed(shown: ShownFacts, place: Place, now: datetime) -> ShownFacts:
    """Returns what is shown at the place, or `shown` itself if nothing changes. Raises Invalid naming the field."""
    _check(shown, place)
    if shown.playing is None:
        return replace(shown, page=place.page or shown.page)
    playing = shown.playing if place.playing is None else place.playing
    rate = shown.rate if place.rate is None else place.rate
    seeks = place.position_seconds is not None and (shown.playing or place.position_seconds != shown.position_seconds)
    if not seeks and (playing, rate) == (shown.playing, shown.rate):
        return shown
    at = shown.position_at(now) if place.position_seconds is None else place.position_seconds
    return replace(shown, playing=playing, rate=rate, position_seconds=at, set_at=now)


def _check(shown: ShownFacts, place: Place) -> None:
    longest = shown.duration_seconds or DURATION_LIMIT
    with all_invalid() as check:
        check.given(_check_page, place.page, shown.page_count)
        check.given(_check_plays, place.playing, shown, "playing")
        check.given(_check_number, place.position_seconds, shown, 0, longest, "positionSeconds")
        check.given(_check_number, place.rate, shown, SLOWEST, FASTEST, "rate")


def _check_page(page: int, page_count: int | None) -> None:
    if not 1 <= page <= (page_count or 0):
        pages = f"This must be between 1 and {page_count}." if page_count else "This has no pages."
        raise Invalid(pages, "input", "page")


def _check_plays(_value: object, shown: ShownFacts, name: str) -> None:
    if shown.playing is None:
        raise Invalid("This does not play.", "input", name)


def _check_number(value: float, shown: ShownFacts, lowest: float, highest: float, name: str) -> None:
    _check_plays(value, shown, name)
    if not lowest <= value <= highest:
        raise Invalid(f"This must be between {lowest} and {highest}.", "input", name)
