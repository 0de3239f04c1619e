"""Which entries of a gallery's log a viewer may see. This is checked for each recipient at each delivery (rule 63)."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.rights import WAS_ADMITTED, Rights, rights_in, rights_of
from models.audiences import Audience, AudienceKey
from models.database.transaction import Snapshot
from models.permissions import Permission, Viewer
from models.storage.statements import AnyRow, among
from models.tables.participants import Participant, ParticipantRole, ParticipantState
from models.tables.sessions import RoomSession


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which entries of a gallery's log a viewer may see now (rule 63)."""

    viewer_id: UUID
    inside: bool  # whether the viewer is inside the running session, whose snapshot then decides `moderates` (rule 32)
    belongs: bool
    reviews: bool
    manages: bool
    moderates: bool
    may_show: bool  # whether the viewer is inside and may show content, and so sees the shelf (rule 70)
    sessions: frozenset[UUID]
    backchannels: frozenset[UUID]
    chat_moderated: frozenset[UUID]  # sessions to which the viewer was admitted as chat moderator
    record_of: UUID | None  # the session whose record the viewer reads: all of it except the backchannel

    def sees(self, key: AudienceKey) -> bool:
        match key.audience:
            case Audience.PEOPLE:
                return self.moderates or key.of in self.sessions
            case Audience.PERSON:
                return self.moderates or key.of == self.viewer_id
            case Audience.INSIDE:
                return key.of in self.sessions
            case Audience.SHELF:
                return self.moderates or self.may_show
            case Audience.BACKCHANNEL:
                return key.of in self.backchannels
            case Audience.CHAT_MODERATORS | Audience.THREAD:
                return key.of in self.chat_moderated or key.of == self.record_of or self._asked_in(key)
            case _:
                return self._sees_of_gallery(key)

    def _sees_of_gallery(self, key: AudienceKey) -> bool:
        match key.audience:
            case Audience.EVERYONE:
                return True
            case Audience.MEMBERS:
                return self.belongs
            case Audience.MANAGERS:
                return self.manages
            case _:  # REVIEWERS, whose `key.of` is None, and OWNER
                return self.reviews or (self.belongs and key.of == self.viewer_id)

    def _asked_in(self, thread: AudienceKey) -> bool:
        return thread.user_id == self.viewer_id and thread.of in self.sessions


_SESSIONS = (
    select(
        Participant.gallery_id,
        Participant.session_id,
        Participant.backchannel,
        Participant.moderates,
        Participant.may_show,
        Participant.chat_moderates,
        Participant.state,
        RoomSession.ended_at,
    )
    .join(RoomSession, RoomSession.id == Participant.session_id)
    .where(WAS_ADMITTED)
)
_MY_SESSIONS = _SESSIONS.where(
    Participant.user_id == bindparam("viewer"), Participant.gallery_id.in_(bindparam("galleries", expanding=True))
)
_SESSIONS_OF_MANY = _SESSIONS.add_columns(Participant.user_id).where(
    Participant.gallery_id == bindparam("gallery"), among(Participant.user_id, "users")
)
_USERS_AT_ONCE = 5_000  # a statement can have 32,767 parameters


async def visibilities(handle: Snapshot, galleries: Collection[UUID]) -> dict[UUID, Visibility]:
    """Returns what the viewer may see of each gallery's log now. Omits galleries without access.

    Runs two statements.
    """
    rights = await rights_in(handle, galleries, handle.viewer.id)
    mine: dict[UUID, list[AnyRow]] = {gallery: [] for gallery in galleries}
    for row in await handle.rows(_MY_SESSIONS, {"galleries": list(galleries), "viewer": handle.viewer.id}):
        mine[row.gallery_id].append(row)
    return {
        gallery: _visibility(handle.viewer, rights[gallery], rows)
        for gallery, rows in mine.items()
        if rights[gallery].any or any(_is_inside_now(row) for row in rows)
    }


async def visibilities_of(handle: Snapshot, gallery_id: UUID, viewers: Collection[Viewer]) -> dict[UUID, Visibility]:
    """Returns what each of these viewers may see of the gallery's log now, by user. Omits viewers without access.

    Runs two statements for each 5,000 users.
    """
    users = list({viewer.id for viewer in viewers})
    rights = await rights_of(handle, gallery_id, users)
    theirs: dict[UUID, list[AnyRow]] = {user: [] for user in users}
    for start in range(0, len(users), _USERS_AT_ONCE):
        some = {"gallery": gallery_id, "users": users[start : start + _USERS_AT_ONCE]}
        for row in await handle.rows(_SESSIONS_OF_MANY, some):
            theirs[row.user_id].append(row)
    return {
        viewer.id: _visibility(viewer, rights[viewer.id], theirs[viewer.id])
        for viewer in viewers
        if rights[viewer.id].any or any(_is_inside_now(row) for row in theirs[viewer.id])
    }


_CHAT_MODERATED = select(Participant.session_id).where(
    among(Participant.session_id),
    Participant.user_id == bindparam("viewer"),
    WAS_ADMITTED,
    Participant.chat_moderates,
)


async def chat_moderated(handle: Snapshot, sessions: Collection[UUID]) -> set[UUID]:
    """Returns those of the sessions to which the viewer is or was admitted as chat moderator."""
    if not sessions:
        return set()
    return set(await handle.values(_CHAT_MODERATED, {"ids": list(sessions), "viewer": handle.viewer.id}))


def _is_inside_now(row: AnyRow) -> bool:
    return row.state is ParticipantState.ADMITTED and row.ended_at is None


def _visibility(viewer: Viewer, rights: Rights, sessions: Collection[AnyRow]) -> Visibility:
    here = next((row for row in sessions if _is_inside_now(row)), None)
    stored = ParticipantRole.ROOM_MODERATOR in rights.room_roles
    return Visibility(
        viewer_id=viewer.id,
        inside=here is not None,
        belongs=rights.gallery_role is not None,
        reviews=Permission.REVIEW_MEDIA in rights.permissions,
        manages=Permission.MANAGE_GALLERY in rights.permissions,
        moderates=here.moderates if here else stored,
        may_show=here is not None and here.may_show,
        sessions=_one(frozenset(row.session_id for row in sessions) | {each for each in [viewer.record_of] if each}),
        backchannels=_one(frozenset(row.session_id for row in sessions if row.backchannel)),
        chat_moderated=_one(frozenset(row.session_id for row in sessions if row.chat_moderates)),
        record_of=viewer.record_of,
    )


@lru_cache(maxsize=1_000)
def _one(sessions: frozenset[UUID]) -> frozenset[UUID]:
    """Returns the same object for equal sets. All who are in a room have equal ones."""
    return sessions
