"""Rule 64: the state at N, with the events after N folded in, equals the later state.

`read_state` reads everything that the log must tell of, from the tables; `fold` does what a client does that has only the
state and the events. Both know of every table and every event, or do not type-check.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select

from models import events, log
from models.base import columns, facts
from models.chat import ChatMessage, MessageFacts
from models.cursors import Position
from models.database import Database
from models.events import Event
from models.galleries import Gallery, Membership, MembershipFacts
from models.media import Media, MediaFacts, MediaStatus, Playlist, PlaylistFacts, PlaylistItem
from models.rooms import AssignmentFacts, ModeratorAssignment, Room, RoomFacts
from models.sessions import (
    Participant,
    ParticipantFacts,
    ParticipantState,
    RoomSession,
    SessionFacts,
)
from models.site import THE_SITE
from models.statements import Statements


@dataclass(frozen=True)
class GalleryState:
    """One gallery, as its log tells of it."""

    position: Position
    title: str
    description: str
    moderate_media: bool
    qna_default: bool
    group_chat_default: bool
    memberships: Mapping[UUID, MembershipFacts]
    media: Mapping[UUID, MediaFacts]
    pending_count: int
    playlists: Mapping[UUID, PlaylistFacts]
    room: RoomFacts | None
    assignments: tuple[AssignmentFacts, ...]
    sessions: Mapping[UUID, SessionFacts]
    participants: Mapping[UUID, ParticipantFacts]
    messages: Mapping[UUID, MessageFacts]


State = dict[UUID, GalleryState]


async def read_state(database: Database) -> State:
    """All galleries, from the tables."""
    run = database.reads
    galleries = await run.all(select(Gallery))
    return {gallery.id: await _read_gallery(run, gallery) for gallery in galleries}


_HERE: BindParameter[UUID] = bindparam("gallery")
_ROOM = select(*columns(RoomFacts, Room)).where(Room.gallery_id == _HERE)
_ASSIGNED = (
    select(*columns(AssignmentFacts, ModeratorAssignment))
    .join(Room, Room.id == ModeratorAssignment.room_id)
    .where(Room.gallery_id == _HERE)
    .order_by(ModeratorAssignment.position)
)
_SESSIONS = (
    select(*columns(SessionFacts, RoomSession))
    .join(Room, Room.id == RoomSession.room_id)
    .where(Room.gallery_id == _HERE)
)
_PEOPLE = select(*columns(ParticipantFacts, Participant)).where(Participant.gallery_id == _HERE)
_MESSAGES = select(*columns(MessageFacts, ChatMessage)).where(ChatMessage.gallery_id == _HERE)


async def _read_gallery(run: Statements, gallery: Gallery) -> GalleryState:
    here = {"gallery": gallery.id}
    return GalleryState(
        position=Position(gallery.log_head, gallery.log_mark),
        title=gallery.title,
        description=gallery.description,
        moderate_media=gallery.moderate_media,
        **await _read_content(run, gallery.id),
        room=facts(RoomFacts, await run.row(_ROOM, here)),
        assignments=tuple(facts(AssignmentFacts, row) for row in await run.rows(_ASSIGNED, here)),
        sessions={row.id: facts(SessionFacts, row) for row in await run.rows(_SESSIONS, here)},
        participants={row.id: facts(ParticipantFacts, row) for row in await run.rows(_PEOPLE, here)},
        messages={row.id: facts(MessageFacts, row) for row in await run.rows(_MESSAGES, here)},
    )


async def _read_content(run: Statements, here: UUID) -> dict[str, Any]:
    site = await run.first(THE_SITE)
    assert site
    members = select(*columns(MembershipFacts, Membership)).where(Membership.gallery_id == here)
    media = select(*columns(MediaFacts, Media)).where(Media.gallery_id == here)
    found = {row.id: facts(MediaFacts, row) for row in await run.rows(media)}
    playlists = await run.all(select(Playlist).where(Playlist.gallery_id == here))
    items = select(PlaylistItem).order_by(PlaylistItem.playlist_id, PlaylistItem.position)
    rows = await run.all(items)
    return {
        "qna_default": site.qna_default,
        "group_chat_default": site.group_chat_default,
        "memberships": {row.id: facts(MembershipFacts, row) for row in await run.rows(members)},
        "media": found,
        "pending_count": sum(each.status is MediaStatus.PENDING for each in found.values()),
        "playlists": {
            each.id: _playlist(each, [row.media_id for row in rows if row.playlist_id == each.id]) for each in playlists
        },
    }


def _playlist(row: Playlist, media_ids: list[UUID]) -> PlaylistFacts:
    return PlaylistFacts(
        id=row.id,
        gallery_id=row.gallery_id,
        title=row.title,
        description=row.description,
        created_at=row.created_at,
        updated_at=row.updated_at,
        media_ids=media_ids,
    )


async def fold_all(database: Database, before: State) -> State:
    """Each gallery's earlier state with the events since folded in. A new gallery starts from its creation."""
    after: State = {}
    for gallery_id in await database.reads.values(select(Gallery.id)):
        state = before.get(gallery_id) or await _just_created(database, gallery_id)
        for entry in await log.after(database.reads, gallery_id, state.position, limit=100_000):
            state = replace(fold(state, entry.event), position=entry.position)
        after[gallery_id] = state
    return after


async def _just_created(database: Database, gallery_id: UUID) -> GalleryState:
    # The room of a new gallery is not in an event: it always starts the same (rule 21).
    row = await database.reads.row(_ROOM, {"gallery": gallery_id})
    site = await database.reads.first(THE_SITE)
    assert site
    return GalleryState(
        position=Position(0, 0),
        title="",
        description="",
        moderate_media=False,
        qna_default=site.qna_default,
        group_chat_default=site.group_chat_default,
        memberships={},
        media={},
        pending_count=0,
        playlists={},
        room=facts(RoomFacts, row),
        assignments=(),
        sessions={},
        participants={},
        messages={},
    )


def fold(state: GalleryState, event: Event) -> GalleryState:
    """The state after the event."""
    match event:
        case events.GalleryChanged():
            return replace(state, title=event.title, description=event.description, moderate_media=event.moderate_media)
        case events.SiteDefaultsChanged():
            return replace(state, qna_default=event.qna_default, group_chat_default=event.group_chat_default)
        case events.MembershipsChanged():
            kept = {key: one for key, one in state.memberships.items() if key not in event.removed}
            return replace(state, memberships=kept | {one.id: one for one in event.saved})
        case events.MediaAdded() | events.MediaReviewed() | events.MediaChanged():
            return replace(state, media={**state.media, event.media.id: event.media})
        case events.MediaRemoved():
            return _media_removed(state, event.media.id)
        case events.PendingCountChanged():
            return replace(state, pending_count=event.pending_count)
        case events.PlaylistSaved():
            return replace(state, playlists={**state.playlists, event.playlist.id: event.playlist})
        case events.PlaylistDeleted():
            others = {key: one for key, one in state.playlists.items() if key != event.playlist_id}
            return replace(state, playlists=others)
        case events.RoomConfigured():
            return replace(state, room=event.room)
        case events.AccessChanged():
            return replace(state, assignments=tuple(event.assignments))
        case events.SessionStarted():
            session = event.session
            assert state.room
            room = replace(state.room, session_id=session.id)
            return replace(state, room=room, sessions={**state.sessions, session.id: session})
        case events.SessionEnded():
            return _session_ended(state, event.session)
        case events.ParticipantJoined() | events.ParticipantLeft():
            return _moved(state, event)
        case events.MessagePosted():
            return replace(state, messages={**state.messages, event.message.id: event.message})
        case _:
            assert_never(event)


def _media_removed(state: GalleryState, media_id: UUID) -> GalleryState:
    # a removed medium leaves its playlists, and the items behind it move up
    media = {key: one for key, one in state.media.items() if key != media_id}
    playlists = {
        key: replace(one, media_ids=[each for each in one.media_ids if each != media_id])
        for key, one in state.playlists.items()
    }
    return replace(state, media=media, playlists=playlists)


def _session_ended(state: GalleryState, session: SessionFacts) -> GalleryState:
    def after(one: ParticipantFacts) -> ParticipantFacts:
        inside = one.session_id == session.id and one.state is ParticipantState.ADMITTED
        return replace(one, state=ParticipantState.LEFT, left_at=session.ended_at) if inside else one

    people = {key: after(one) for key, one in state.participants.items()}
    return replace(state, sessions={**state.sessions, session.id: session}, participants=people)


def _moved(state: GalleryState, event: events.ParticipantJoined | events.ParticipantLeft) -> GalleryState:
    one = event.participant
    session = replace(
        state.sessions[one.session_id],
        participant_count=event.participant_count,
        peak_participants=event.peak_participants,
    )
    people = {**state.participants, one.id: one}
    return replace(state, participants=people, sessions={**state.sessions, session.id: session})
