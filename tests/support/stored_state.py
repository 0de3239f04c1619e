"""Rule 64: the state at N, with the events after N folded in, equals the later state.

`read_state` reads everything that the log must tell of, from the tables; `fold_all` does what a client does that has only
the state and the events.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Select, func, select

from models.cursors import Position
from models.database.database import Database
from models.events import log
from models.events.log import LogEntry
from models.storage.base import Base, columns, read_facts
from models.storage.statements import AnyRow, Statements
from models.tables.chat import ChatMessage, MessageFacts
from models.tables.content import ContentFacts, ContentItem, ShownContent, as_told
from models.tables.galleries import Gallery, Membership, MembershipFacts
from models.tables.interactions import AnswerText, Interaction, InteractionOption
from models.tables.media import Media, MediaFacts, MediaStatus, Playlist, PlaylistFacts, PlaylistItem
from models.tables.participants import Participant, ParticipantFacts
from models.tables.questions import Question, QuestionFacts, QuestionReply, QuestionUpvote, ReplyFacts
from models.tables.recordings import Recording, RecordingFacts
from models.tables.rooms import AssignmentFacts, ModeratorAssignment, Room, RoomFacts
from models.tables.sessions import RoomSession, SessionFacts
from models.tables.site import LIMITS, THE_SITE, LimitFacts, RoomLimits, Site
from models.tables.webhooks import Webhook, WebhookFacts
from tests.support.event_folding import GalleryState, fold
from tests.support.stored_interactions import read_interactions
from tests.support.table_versions import TableVersions, Versions, versions_of

State = dict[UUID, GalleryState]
ById = dict[UUID, Any]
ByGallery = dict[UUID, ById]


async def read_state(database: Database) -> State:
    """All galleries, from the tables. A table is read again when a row of it has changed since the last call."""
    stored = _STORED.setdefault(database, _Stored(versions_of(database, TABLES)))
    parts = await stored.read(database)
    return {gallery.id: _state_of(gallery, parts) for gallery in parts["galleries"]}


@dataclass
class _Stored:
    """What was read of a database last."""

    tables: TableVersions
    versions: Versions = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)

    async def read(self, database: Database) -> Mapping[str, Any]:
        # A table that changes after its version is read has another version at the next call.
        before, versions = self.versions, await self.tables.read()
        parts = dict(self.parts)
        for name, part in PARTS.items():
            if name not in parts or any(versions[each] != before.get(each) for each in part.tables):
                parts[name] = await part.read(database.reads)
        self.versions, self.parts = versions, parts
        return parts


_STORED: WeakKeyDictionary[Database, _Stored] = WeakKeyDictionary()


def _state_of(gallery: Gallery, parts: Mapping[str, Any]) -> GalleryState:
    media = parts["media"].get(gallery.id, {})
    return GalleryState(
        position=Position(gallery.log_head, gallery.log_mark),
        title=gallery.title,
        description=gallery.description,
        moderate_media=gallery.moderate_media,
        **parts["site"],
        room=parts["rooms"].get(gallery.id),
        assignments=parts["assignments"].get(gallery.id, ()),
        media=media,
        pending_count=sum(each.status is MediaStatus.PENDING for each in media.values()),
        **{name: parts[name].get(gallery.id, {}) for name in BY_ID},
    )


async def _read_site(run: Statements) -> dict[str, Any]:
    site = await run.first(THE_SITE)
    assert site
    limits = tuple([read_facts(LimitFacts, row) for row in await run.all(LIMITS)])
    return {
        "qna_default": site.qna_default,
        "group_chat_default": site.group_chat_default,
        "room_limits": limits,
        "reaction_emoji": tuple(site.reaction_emoji),
    }


async def _read_rooms(run: Statements) -> dict[UUID, RoomFacts]:
    return {row.gallery_id: read_facts(RoomFacts, row) for row in await run.all(select(Room))}


_ASSIGNED = (
    select(Room.gallery_id.label("gallery"), *columns(AssignmentFacts, ModeratorAssignment))
    .join(Room, Room.id == ModeratorAssignment.room_id)
    .order_by(ModeratorAssignment.position)
)


async def _read_assignments(run: Statements) -> dict[UUID, tuple[AssignmentFacts, ...]]:
    found: dict[UUID, tuple[AssignmentFacts, ...]] = {}
    for row in await run.rows(_ASSIGNED):
        found[row.gallery] = (*found.get(row.gallery, ()), read_facts(AssignmentFacts, row))
    return found


_ITEMS = select(PlaylistItem).order_by(PlaylistItem.playlist_id, PlaylistItem.position)


async def _read_playlists(run: Statements) -> ByGallery:
    media: dict[UUID, list[UUID]] = {}
    for item in await run.all(_ITEMS):
        media.setdefault(item.playlist_id, []).append(item.media_id)
    found: ByGallery = {}
    for row in await run.rows(select(Playlist)):
        found.setdefault(row.gallery_id, {})[row.id] = _playlist(row, media.get(row.id, []))
    return found


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


async def _read_shown(run: Statements) -> ByGallery:
    found: ByGallery = {}
    for row in await run.rows(select(ShownContent).where(ShownContent.item_id.is_not(None))):
        found.setdefault(row.gallery_id, {})[row.session_id] = as_told(row)
    return found


# Replies and upvotes are counted by their rows, which the counts that are kept must equal.
_COUNTED = {
    "reply_count": select(func.count()).where(QuestionReply.question_id == Question.id).scalar_subquery(),
    "upvotes": select(func.count()).where(QuestionUpvote.question_id == Question.id).scalar_subquery(),
}
_QUESTIONS = select(
    Question.gallery_id.label("gallery"),
    *(
        _COUNTED[each.key].label(each.key) if each.key in _COUNTED else each
        for each in columns(QuestionFacts, Question)
    ),
)
_SESSIONS = select(Room.gallery_id.label("gallery"), *columns(SessionFacts, RoomSession)).join(
    Room, Room.id == RoomSession.room_id
)
_REPLIES = select(Question.gallery_id.label("gallery"), *columns(ReplyFacts, QuestionReply)).join(Question)


@dataclass(frozen=True)
class Part:
    """A part of all states, and the tables that it is read from."""

    read: Callable[[Statements], Awaitable[Any]]
    tables: tuple[type[Base], ...]


def _rows(facts: type[object], statement: Select[Any], *tables: type[Base]) -> Part:
    """The rows of a statement by gallery and id."""

    async def read(run: Statements) -> ByGallery:
        found: ByGallery = {}
        for row in await run.rows(statement):
            found.setdefault(row.gallery, {})[row.id] = read_facts(facts, row)
        return found

    return Part(read, tables)


def _table(facts: type[object], table: Any) -> Part:
    return _rows(facts, select(table.gallery_id.label("gallery"), *columns(facts, table)), table)


BY_ID = {
    "memberships": _table(MembershipFacts, Membership),
    "playlists": Part(_read_playlists, (Playlist, PlaylistItem)),
    "sessions": _rows(SessionFacts, _SESSIONS, RoomSession),
    "participants": _table(ParticipantFacts, Participant),
    "recordings": _table(RecordingFacts, Recording),
    "messages": _table(MessageFacts, ChatMessage),
    "content": _table(ContentFacts, ContentItem),
    "shown": Part(_read_shown, (ShownContent,)),
    "interactions": Part(read_interactions, (Interaction, InteractionOption, AnswerText)),
    "questions": _rows(QuestionFacts, _QUESTIONS, Question, QuestionReply, QuestionUpvote),
    "replies": _rows(ReplyFacts, _REPLIES, QuestionReply),
    "webhooks": _table(WebhookFacts, Webhook),
}
PARTS = {
    "site": Part(_read_site, (Site, RoomLimits)),
    "galleries": Part(lambda run: run.all(select(Gallery)), (Gallery,)),
    "rooms": Part(_read_rooms, (Room,)),
    "assignments": Part(_read_assignments, (ModeratorAssignment,)),
    "media": _table(MediaFacts, Media),
    **BY_ID,
}
TABLES = {table: None for part in PARTS.values() for table in part.tables}.keys()

_NEWEST = select(Gallery.id, func.max(LogEntry.number).label("number")).outerjoin(LogEntry).group_by(Gallery.id)


async def fold_all(database: Database, before: State) -> State:
    """Each gallery's earlier state with the events since folded in. A new gallery starts from its creation."""
    after: State = {}
    for row in await database.reads.rows(_NEWEST):
        state = before.get(row.id) or await _just_created(database, row.id)
        if row.number is not None and row.number > state.position.number:
            for entry in await log.after(database.reads, row.id, state.position, limit=100_000):
                state = replace(fold(state, entry.event), position=entry.position)
        after[row.id] = state
    return after


async def _just_created(database: Database, gallery_id: UUID) -> GalleryState:
    # The room of a new gallery is not in an event: it always starts the same (rule 21).
    now = (await read_state(database))[gallery_id]
    empty: dict[str, Any] = {name: {} for name in BY_ID}
    begun = replace(now, position=Position(0, 0), media={}, pending_count=0, assignments=(), **empty)
    return replace(begun, title="", description="", moderate_media=False)
