"""Reading participants: of a session, by id, the viewer's own, and what of them the viewer is told (rules 34, 37, 47)."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, false, func, not_, or_, select

from models.access.visibility import Visibility, chat_moderated, visibilities
from models.audiences import Audience, AudienceKey
from models.database.transaction import Snapshot
from models.storage.base import read_facts
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.storage.statements import among
from models.tables.participants import Participant, ParticipantFacts, ParticipantState
from models.tables.people import User
from models.values.text import clean_search, like_pattern

BY_ADMISSION = (Key(Participant.id),)
IN_TURN = (Key(Participant.hand_turn),)
# The key is that of the name and then the user name, which the others in a session are not told.
_WITHOUT_USERNAME = func.length(User.name_key) - func.length(func.coalesce(User.username, ""))
_NAME = select(func.substr(User.name_key, 1, _WITHOUT_USERNAME)).where(User.id == Participant.user_id).scalar_subquery()
_IS_INSIDE = Participant.state == ParticipantState.ADMITTED
_SEEN_INSIDE = {
    ParticipantState.ADMITTED: _IS_INSIDE,
    ParticipantState.LEFT: and_(not_(_IS_INSIDE), not_(Participant.removed)),
    ParticipantState.REMOVED: Participant.removed,
}
"""The state that `ParticipantFacts.seen_inside` shows, as SQL conditions."""


async def participants_of(
    snapshot: Snapshot,
    sessions: Mapping[UUID, UUID],
    states: Sequence[ParticipantState] | None,
    search: str | None,
    arguments: PageArguments,
) -> dict[UUID, Page[ParticipantFacts]]:
    """Returns a page of each session's participants whose name contains `search`. `sessions` maps sessions to galleries.

    The page is empty unless the viewer is or was inside the session, or is one of the room's moderators.
    """
    arguments.checked()
    found: dict[UUID, Page[ParticipantFacts]] = dict.fromkeys(sessions, EMPTY)
    visible = await visibilities(snapshot, set(sessions.values()))
    shown = _shown(visible, sessions)
    moderated = [session for session in shown if visible[sessions[session]].moderates]
    told_all = or_(Participant.session_id.in_(moderated), Participant.user_id == snapshot.viewer.id)
    people = select(Participant).where(or_(told_all, Participant.was_admitted))
    if states is not None:
        seen = [_SEEN_INSIDE[state] for state in _SEEN_INSIDE if state in states]
        people = people.where(case((told_all, Participant.state.in_(set(states))), else_=or_(false(), *seen)))
    if search:
        people = people.where(_NAME.like(like_pattern(clean_search(search, "search")), escape="\\"))
    if shown:
        pages = await page_each(snapshot, people, Participant.session_id, shown, BY_ADMISSION, arguments)
        found |= {each: _as_seen(visible[sessions[each]], page) for each, page in pages.items()}
    return found


def _as_seen(visible: Visibility, page: Page[Participant]) -> Page[ParticipantFacts]:
    return page.of(partial(_seen_by, visible))


def _seen_by(visible: Visibility, row: Participant) -> ParticipantFacts:
    one = read_facts(ParticipantFacts, row)
    return one if visible.sees(AudienceKey(Audience.PERSON, one.user_id)) else one.seen_inside


def _shown(visible: Mapping[UUID, Visibility], sessions: Mapping[UUID, UUID]) -> list[UUID]:
    return [
        session
        for session, gallery in sessions.items()
        if gallery in visible and visible[gallery].sees(AudienceKey(Audience.PEOPLE, session))
    ]


async def participants_listed_in(
    snapshot: Snapshot, sessions: Mapping[UUID, UUID], listed: Select[*tuple[Any, ...]]
) -> dict[UUID, list[ParticipantFacts]]:
    """Runs `listed`, and returns its participants by session. `sessions` maps sessions to galleries.

    The list is empty if the viewer may not see the session's participants. Besides that check, runs one statement.
    """
    found: dict[UUID, list[ParticipantFacts]] = {session: [] for session in sessions}
    shown = _shown(await visibilities(snapshot, set(sessions.values())), sessions)
    for row in await snapshot.rows(listed, {"ids": shown}) if shown else ():
        found[row.session_id].append(read_facts(ParticipantFacts, row))
    return found


_HANDS = select(Participant).where(_IS_INSIDE, Participant.hand_turn.is_not(None))


async def hands_of(
    snapshot: Snapshot, sessions: Mapping[UUID, UUID], arguments: PageArguments
) -> dict[UUID, Page[ParticipantFacts]]:
    """Returns a page of the participants with a raised hand in each session, in the order in which they raised it.

    `sessions` maps sessions to galleries. The page is empty where `participants_of` returns an empty one.
    """
    arguments.checked()
    found: dict[UUID, Page[ParticipantFacts]] = dict.fromkeys(sessions, EMPTY)
    visible = await visibilities(snapshot, set(sessions.values()))
    shown = _shown(visible, sessions)
    if shown:
        pages = await page_each(snapshot, _HANDS, Participant.session_id, shown, IN_TURN, arguments, {})
        found |= {each: _as_seen(visible[sessions[each]], page) for each, page in pages.items()}
    return found


async def own_participants(snapshot: Snapshot, sessions: Collection[UUID]) -> dict[UUID, ParticipantFacts]:
    """Returns the viewer's participant in each session, if there is one."""
    mine = select(Participant).where(Participant.session_id.in_(sessions), Participant.user_id == snapshot.viewer.id)
    return {row.session_id: read_facts(ParticipantFacts, row) for row in await snapshot.all(mine)}


_PARTICIPANTS = select(Participant).where(among(Participant.id))


async def participants_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ParticipantFacts]:
    """Returns the viewer's own participants, and those of sessions whose participants the viewer sees."""
    rows = await snapshot.all(_PARTICIPANTS, {"ids": list(ids)})
    visible = await visibilities(snapshot, {row.gallery_id for row in rows})
    return {
        row.id: _seen_by(visible[row.gallery_id], row)
        for row in rows
        if row.gallery_id in visible and _sees(visible[row.gallery_id], row)
    }


def _sees(visible: Visibility, row: Participant) -> bool:
    if visible.sees(AudienceKey(Audience.PERSON, row.user_id)):
        return True
    return row.was_admitted and visible.sees(AudienceKey(Audience.PEOPLE, row.session_id))


async def told_of(snapshot: Snapshot, people: Sequence[ParticipantFacts]) -> set[UUID]:
    """Returns the ids of participants who are the viewer, or whose room the viewer moderates."""
    others = {one.gallery_id for one in people if one.user_id != snapshot.viewer.id}
    visible = await visibilities(snapshot, others) if others else {}
    return {
        one.id
        for one in people
        if one.user_id == snapshot.viewer.id or (one.gallery_id in visible and visible[one.gallery_id].moderates)
    }


async def told_of_blocks(snapshot: Snapshot, people: Sequence[ParticipantFacts]) -> set[UUID]:
    """Returns the ids of participants whose chat block the viewer may see.

    These are the viewer, and participants of sessions in which the viewer is or was a chat moderator, or whose record
    the viewer reads.
    """
    others = {one.session_id for one in people if one.chat_blocked and one.user_id != snapshot.viewer.id}
    moderated = await chat_moderated(snapshot, others) | {snapshot.viewer.record_of}
    return {one.id for one in people if one.user_id == snapshot.viewer.id or one.session_id in moderated}
