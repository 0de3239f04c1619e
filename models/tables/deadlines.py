"""Deadlines, stored as rows: they survive restarts, and any running process can work on them.

A deadline is set and cleared in the transaction of the change that it depends on, under the gallery's lock
(docs/decisions/0011).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.storage.base import Base
from models.storage.statements import Statements, among
from models.tables.galleries import Gallery
from models.tables.participants import Participant


class DeadlineKind(StrEnum):
    """What happens when the deadline is due."""

    ABSENCE = "ABSENCE"  # a disconnected participant leaves (rules 33, 36)
    HOST_ABSENCE = "HOST_ABSENCE"  # a session without a room moderator ends (rule 39)
    INVITATION = "INVITATION"  # a participant's invitation to the stage lapses (rule 43)
    RECORDING = "RECORDING"  # a recording without a report fails (rule 58)
    INTERACTION_OPENING = "INTERACTION_OPENING"  # a scheduled interaction opens (rule 76)
    INTERACTION_END = "INTERACTION_END"  # an open interaction closes (rule 76)
    INTERACTION_TALLY = "INTERACTION_TALLY"  # an open interaction's new results are announced (rule 77)
    SHOWN_SEEK = "SHOWN_SEEK"  # the last seek in what a session shows is announced (rule 72)
    REACTIONS = "REACTIONS"  # a message's new reaction counts are announced (rule 55)
    CROWD_REACTIONS = "CROWD_REACTIONS"  # a session's new crowd reactions are announced (rule 81)


class Deadline(Base):
    __tablename__ = "deadlines"

    kind: Mapped[DeadlineKind] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(
        primary_key=True
    )  # a participant, session, recording, interaction, message
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


_NEW = insert(Deadline)  # PostgreSQL's INSERT ... ON CONFLICT, which compiles for SQLite as well
_SET = _NEW.on_conflict_do_update(
    index_elements=[Deadline.kind, Deadline.subject_id], set_={"due_at": _NEW.excluded.due_at}
)
_CLEAR = delete(Deadline).where(Deadline.kind == bindparam("of_kind"), among(Deadline.subject_id))
_OF_PARTICIPANTS = (DeadlineKind.ABSENCE, DeadlineKind.INVITATION)
_OF_INTERACTIONS = (
    DeadlineKind.INTERACTION_OPENING,
    DeadlineKind.INTERACTION_END,
    DeadlineKind.INTERACTION_TALLY,
)
_FORGET_INTERACTIONS = delete(Deadline).where(Deadline.kind.in_(_OF_INTERACTIONS), among(Deadline.subject_id))
_OF_SESSION_ITSELF = (DeadlineKind.HOST_ABSENCE, DeadlineKind.CROWD_REACTIONS)
_FORGET_SESSION = delete(Deadline).where(
    Deadline.kind.in_(_OF_SESSION_ITSELF), Deadline.subject_id == bindparam("session")
)
_OF_PARTICIPANT = delete(Deadline).where(Deadline.kind.in_(_OF_PARTICIPANTS))
_FORGET = _OF_PARTICIPANT.where(Deadline.subject_id == bindparam("participant"))
# A subquery, so the statement's size does not depend on the number of participants.
_OF_SESSION = select(Participant.id).where(Participant.session_id == bindparam("session"))
_FORGET_PEOPLE = _OF_PARTICIPANT.where(Deadline.subject_id.in_(_OF_SESSION))


async def set_deadline(
    run: Statements, kind: DeadlineKind, subject_id: UUID, gallery_id: UUID, due_at: datetime
) -> None:
    """Sets the subject's deadline of this kind. It replaces an earlier one."""
    await run.execute(_SET, {"kind": kind, "subject_id": subject_id, "gallery_id": gallery_id, "due_at": due_at})


async def set_deadlines(
    run: Statements, kind: DeadlineKind, subjects: Collection[UUID], gallery_id: UUID, due_at: datetime
) -> None:
    """Sets the deadline of this kind for many subjects."""
    due = {"kind": kind, "gallery_id": gallery_id, "due_at": due_at}
    if subjects:
        await run.execute(_SET, [due | {"subject_id": each} for each in subjects])


async def clear_deadlines(run: Statements, kind: DeadlineKind, subjects: Collection[UUID]) -> None:
    """Deletes the subjects' deadlines of this kind, if they have any."""
    if subjects:
        await run.execute(_CLEAR, {"of_kind": kind, "ids": list(subjects)})


async def forget_participant(run: Statements, participant_id: UUID) -> None:
    """Deletes all deadlines of a participant who is gone."""
    await run.execute(_FORGET, {"participant": participant_id})


async def forget_session(run: Statements, session_id: UUID) -> None:
    """Deletes all deadlines of a session that has ended and of its participants, but not its recording's."""
    await run.execute(_FORGET_PEOPLE, {"session": session_id})
    await run.execute(_FORGET_SESSION, {"session": session_id})


async def forget_interactions(run: Statements, interactions: Collection[UUID]) -> None:
    """Deletes all deadlines of interactions that were closed, or that their session's end makes drafts again."""
    if interactions:
        await run.execute(_FORGET_INTERACTIONS, {"ids": list(interactions)})


# The subquery has a limit, so that SQLite too reads the index on due_at instead of all deadlines in the order of
# galleries.
_SOON = (
    select(Deadline.gallery_id, Deadline.due_at)
    .where(Deadline.due_at <= bindparam("until"))
    .order_by(Deadline.due_at)
    .limit(100_000)
    .subquery()
)
_FIRST = func.min(_SOON.c.due_at)
_FIRST_OF_EACH = select(_SOON.c.gallery_id, _FIRST).group_by(_SOON.c.gallery_id).order_by(_FIRST)
_DUE = (
    select(Deadline)
    .where(Deadline.gallery_id == bindparam("gallery"), Deadline.due_at <= bindparam("now"))
    .order_by(Deadline.due_at, Deadline.subject_id)
    .limit(bindparam("limit"))
)


async def first_due(run: Statements, until: datetime) -> dict[UUID, datetime]:
    """Returns the galleries with deadlines due by `until`, each with its first due time, earliest first."""
    rows = await run.rows(_FIRST_OF_EACH, {"until": until})
    return {row[0]: row[1] for row in rows}


async def due_in(run: Statements, gallery_id: UUID, now: datetime, limit: int) -> Sequence[Deadline]:
    """Returns the due deadlines of a gallery, oldest first."""
    return await run.all(_DUE, {"gallery": gallery_id, "now": now, "limit": limit})


def _hold(*, skip_locked: bool) -> Select[UUID]:
    return select(Gallery.id).where(Gallery.id == bindparam("id")).with_for_update(of=Gallery, skip_locked=skip_locked)


_WAIT_FOR, _TRY = _hold(skip_locked=False), _hold(skip_locked=True)
_STILL_DUE = (
    Deadline.kind == bindparam("of_kind"),
    Deadline.subject_id == bindparam("of"),
    Deadline.due_at <= bindparam("now"),
)
_TAKE = delete(Deadline).where(*_STILL_DUE)
_POSTPONE = update(Deadline).where(*_STILL_DUE).values(due_at=bindparam("later"))


async def hold(run: Statements, gallery_id: UUID, *, wait: bool) -> bool:
    """Locks the gallery's row, before any deadline's, as mutations do. Returns whether the lock was taken."""
    return await run.value(_WAIT_FOR if wait else _TRY, {"id": gallery_id}) is not None


async def take(run: Statements, due: Deadline, now: datetime) -> bool:
    """Deletes a due deadline, so that the caller can act on it.

    Returns whether it was still there and due: only one of two callers gets True.
    """
    return bool(await run.execute(_TAKE, {"of_kind": due.kind, "of": due.subject_id, "now": now}))


async def postpone(run: Statements, due: Deadline, now: datetime, later: datetime) -> None:
    """Moves a deadline to `later`, if it is still there and due."""
    await run.execute(_POSTPONE, {"of_kind": due.kind, "of": due.subject_id, "now": now, "later": later})
