"""Access to the reports of a session, for the gallery's managers and the room's moderators (rules 83 to 85)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from models.access.authorise import allow
from models.access.rooms import reach_session
from models.database.transaction import Act, Snapshot
from models.errors import Forbidden
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.tables.participants import Participant
from models.tables.sessions import RoomSession, SessionFacts


@dataclass(frozen=True, slots=True)
class ReportAccess:
    """A session whose reports the viewer may read, and how much of them.

    Reports tell a room moderator nothing that the session hid from them. Managers may read the whole record, so their
    reports tell as much.
    """

    gallery_id: UUID
    session: SessionFacts
    manages: bool
    was_admitted: bool
    moderated_chat: bool  # whether the viewer was admitted as chat moderator

    @property
    def reads_content(self) -> bool:
        """Whether the viewer may read what was said in the session, and its interactions (rules 45, 75)."""
        return self.manages or self.was_admitted

    @property
    def reads_private(self) -> bool:
        """Whether the viewer may read all questions, and who answered what (rules 50, 78)."""
        return self.manages or self.moderated_chat


_SESSION = (
    select(*columns(SessionFacts, RoomSession), Participant.was_admitted, Participant.chat_moderates)
    .outerjoin(Participant, and_(Participant.session_id == RoomSession.id, Participant.user_id == bindparam("viewer")))
    .where(RoomSession.id == bindparam("id"))
)


async def access_report(handle: Snapshot, session_id: UUID, *field: str) -> ReportAccess:
    """Returns access to the reports of a running or ended session. Raises NOT_FOUND, FORBIDDEN.

    The role that counts is the one held now. Inside the room's running session, it is that of the snapshot (rule 32).
    """
    act = Act(Permission.READ_REPORTS, "session", session_id, None)
    room = await reach_session(handle, act, field)
    await allow(handle, act, room.granting(act.permission), field)
    row = await handle.row(_SESSION, {"id": session_id, "viewer": handle.viewer.id})
    assert row
    session, at = unpack(row, 0, SessionFacts)
    assert session
    was_admitted, chat_moderates = row[at:]
    return ReportAccess(
        room.room.gallery_id,
        session,
        manages=Permission.READ_RECORDS in room.permissions,
        was_admitted=bool(was_admitted),
        moderated_chat=bool(was_admitted and chat_moderates),
    )


def must_read_content(access: ReportAccess) -> None:
    """Raises FORBIDDEN if the viewer may not read what was said in the session, and its interactions."""
    if not access.reads_content:
        raise Forbidden("Only managers, and room moderators who were in the session, may read this.")


def must_read_private(access: ReportAccess) -> None:
    """Raises FORBIDDEN if the viewer may not read who answered what."""
    if not access.reads_private:
        raise Forbidden("Only managers, and moderators who moderated the session's chat, may read this.")
