"""Rule 64: the state at N, with the events after N folded in, equals the later state.

`read_state` reads everything that the log must tell of, from the tables; `fold_all` does what a client does that has only
the state and the events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, exists, func, select
from sqlalchemy.sql.base import Executable as AnyStatement

from models.cursors import Position
from models.database.database import Database
from models.events import log
from models.storage.base import Base, columns, read_facts
from models.storage.statements import AnyRow, Run, Statements
from models.tables.chat import ChatMessage, MessageFacts
from models.tables.galleries import Gallery, Membership, MembershipFacts
from models.tables.media import Media, MediaFacts, MediaStatus, Playlist, PlaylistFacts, PlaylistItem
from models.tables.participants import Participant, ParticipantFacts
from models.tables.polls import Poll, PollFacts, PollOption, Tally
from models.tables.questions import Question, QuestionFacts, QuestionReply, QuestionUpvote, ReplyFacts
from models.tables.recordings import Recording, RecordingFacts
from models.tables.rooms import AssignmentFacts, ModeratorAssignment, Room, RoomFacts
from models.tables.sessions import RoomSession, SessionFacts
from models.tables.site import LIMITS, THE_SITE, LimitFacts
from tests.support.event_folding import GalleryState, fold

State = dict[UUID, GalleryState]


# What is empty in most tests, and so not read: a state is read twice for each mutation.
_OFTEN_EMPTY = (Recording, Poll, ChatMessage, Question, QuestionReply, Playlist, RoomSession, Participant)
_ANY = select(*(exists().where(table.id.is_not(None)).label(table.__tablename__) for table in _OFTEN_EMPTY))


class _Filled(Statements):
    """Reads nothing of tables without rows."""

    def __init__(self, run: Run, empty: frozenset[str]) -> None:
        super().__init__(run)
        self._empty = empty

    async def rows_of(self, table: type[Base], statement: AnyStatement, here: Mapping[str, UUID]) -> Sequence[AnyRow]:
        return () if table.__tablename__ in self._empty else await self.rows(statement, here)


async def read_state(database: Database) -> State:
    """All galleries, from the tables."""
    row = await database.reads.row(_ANY)
    assert row
    run = _Filled(database.reads._run, frozenset(name for name, some in row._mapping.items() if not some))
    of_site = await _read_site(run)
    galleries = await run.all(select(Gallery))
    return {gallery.id: await _read_gallery(run, gallery, of_site) for gallery in galleries}


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
_RECORDINGS = select(*columns(RecordingFacts, Recording)).where(Recording.gallery_id == _HERE)
_POLLS = select(*columns(PollFacts, Poll), Poll.told_ballots).where(Poll.gallery_id == _HERE)
_OPTIONS = (
    select(PollOption)
    .join(Poll, Poll.id == PollOption.poll_id)
    .where(Poll.gallery_id == _HERE)
    .order_by(PollOption.position)
)
_MESSAGES = select(*columns(MessageFacts, ChatMessage)).where(ChatMessage.gallery_id == _HERE)

_REPLIES = select(*columns(ReplyFacts, QuestionReply)).join(Question).where(Question.gallery_id == _HERE)
# Replies and upvotes are counted by their rows, which the counts that are kept must equal.
_COUNTED = {
    "reply_count": select(func.count()).where(QuestionReply.question_id == Question.id).scalar_subquery(),
    "upvotes": select(func.count()).where(QuestionUpvote.question_id == Question.id).scalar_subquery(),
}
_QUESTIONS = select(
    *(_COUNTED[each.key].label(each.key) if each.key in _COUNTED else each for each in columns(QuestionFacts, Question))
).where(Question.gallery_id == _HERE)


async def _read_gallery(run: _Filled, gallery: Gallery, of_site: Mapping[str, Any]) -> GalleryState:
    here = {"gallery": gallery.id}
    return GalleryState(
        position=Position(gallery.log_head, gallery.log_mark),
        title=gallery.title,
        description=gallery.description,
        moderate_media=gallery.moderate_media,
        **of_site,
        **await _read_content(run, gallery.id),
        room=read_facts(RoomFacts, await run.row(_ROOM, here)),
        assignments=tuple(read_facts(AssignmentFacts, row) for row in await run.rows(_ASSIGNED, here)),
        sessions={row.id: read_facts(SessionFacts, row) for row in await run.rows_of(RoomSession, _SESSIONS, here)},
        participants={
            row.id: read_facts(ParticipantFacts, row) for row in await run.rows_of(Participant, _PEOPLE, here)
        },
        recordings={row.id: read_facts(RecordingFacts, row) for row in await run.rows_of(Recording, _RECORDINGS, here)},
        messages={row.id: read_facts(MessageFacts, row) for row in await run.rows_of(ChatMessage, _MESSAGES, here)},
        polls=await _read_polls(run, here),
        questions={row.id: read_facts(QuestionFacts, row) for row in await run.rows_of(Question, _QUESTIONS, here)},
        replies={row.id: read_facts(ReplyFacts, row) for row in await run.rows_of(QuestionReply, _REPLIES, here)},
    )


async def _read_polls(run: _Filled, here: dict[str, UUID]) -> dict[UUID, tuple[PollFacts, Tally]]:
    votes: dict[UUID, dict[UUID, int]] = {}
    for option in await run.rows_of(Poll, _OPTIONS, here):
        votes.setdefault(option.poll_id, {})[option.id] = option.told_votes
    polls = await run.rows_of(Poll, _POLLS, here)
    return {row.id: (read_facts(PollFacts, row), Tally(row.told_ballots, votes[row.id])) for row in polls}


_PLAYLISTS = select(Playlist).where(Playlist.gallery_id == _HERE)
_ITEMS = select(PlaylistItem).order_by(PlaylistItem.playlist_id, PlaylistItem.position)


async def _read_content(run: _Filled, here: UUID) -> dict[str, Any]:
    members = select(*columns(MembershipFacts, Membership)).where(Membership.gallery_id == here)
    media = select(*columns(MediaFacts, Media)).where(Media.gallery_id == here)
    found = {row.id: read_facts(MediaFacts, row) for row in await run.rows(media)}
    playlists = await run.rows_of(Playlist, _PLAYLISTS, {"gallery": here})
    rows = await run.rows_of(Playlist, _ITEMS, {})
    return {
        "memberships": {row.id: read_facts(MembershipFacts, row) for row in await run.rows(members)},
        "media": found,
        "pending_count": sum(each.status is MediaStatus.PENDING for each in found.values()),
        "playlists": {
            each.id: _playlist(each, [row.media_id for row in rows if row.playlist_id == each.id]) for each in playlists
        },
    }


async def _read_site(run: Statements) -> dict[str, Any]:
    site = await run.first(THE_SITE)
    assert site
    return {
        "qna_default": site.qna_default,
        "group_chat_default": site.group_chat_default,
        "room_limits": await _read_limits(run),
    }


async def _read_limits(run: Statements) -> tuple[LimitFacts, ...]:
    return tuple([read_facts(LimitFacts, row) for row in await run.all(LIMITS)])


def _playlist(row: AnyRow, media_ids: list[UUID]) -> PlaylistFacts:
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
    return GalleryState(
        position=Position(0, 0),
        title="",
        description="",
        moderate_media=False,
        **await _read_site(database.reads),
        memberships={},
        media={},
        pending_count=0,
        playlists={},
        room=read_facts(RoomFacts, row),
        assignments=(),
        sessions={},
        participants={},
        recordings={},
        messages={},
        polls={},
        questions={},
        replies={},
    )
