"""What falls due by itself, as rows: they survive restarts, and whichever process is up works them off.

A deadline is set and cleared in the transaction of what it depends on, under the gallery's lock; docs/decisions/0011.
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
    """What happens when it falls due."""

    ABSENCE = "ABSENCE"  # a participant, of whom nothing has been heard, has left (rules 33, 36)
    HOST_ABSENCE = "HOST_ABSENCE"  # a session without a room moderator ends (rule 39)
    INVITATION = "INVITATION"  # a participant's invitation to the stage lapses (rule 43)
    RECORDING = "RECORDING"  # a recording of which no report came has failed (rule 58)
    POLL_END = "POLL_END"  # an open poll's time is over (rule 53)
    POLL_TALLY = "POLL_TALLY"  # of an open poll there is more to tell than was told (rule 53)
    REACTIONS = "REACTIONS"  # how people react to a message is told (rule 55)


class Deadline(Base):
    __tablename__ = "deadlines"

    kind: Mapped[DeadlineKind] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(
        primary_key=True
    )  # of the participant, the session, the recording, the poll or the message
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


_NEW = insert(Deadline)  # PostgreSQL's, in words that SQLite understands as well
_SET = _NEW.on_conflict_do_update(
    index_elements=[Deadline.kind, Deadline.subject_id], set_={"due_at": _NEW.excluded.due_at}
)
_CLEAR = delete(Deadline).where(Deadline.kind == bindparam("of_kind"), among(Deadline.subject_id))
_OF_PARTICIPANTS = (DeadlineKind.ABSENCE, DeadlineKind.INVITATION)
_OF_POLLS = (DeadlineKind.POLL_END, DeadlineKind.POLL_TALLY)
_FORGET_POLLS = delete(Deadline).where(Deadline.kind.in_(_OF_POLLS), among(Deadline.subject_id))
_OF_PARTICIPANT = delete(Deadline).where(Deadline.kind.in_(_OF_PARTICIPANTS))
_FORGET = _OF_PARTICIPANT.where(Deadline.subject_id == bindparam("participant"))
# By the session: however many people are in it, the statement stays as long as it is.
_OF_SESSION = select(Participant.id).where(Participant.session_id == bindparam("session"))
_FORGET_PEOPLE = _OF_PARTICIPANT.where(Deadline.subject_id.in_(_OF_SESSION))


async def set_deadline(
    run: Statements, kind: DeadlineKind, subject_id: UUID, gallery_id: UUID, due_at: datetime
) -> None:
    """Set the one deadline of this kind that the subject has, in place of an earlier one."""
    await run.execute(_SET, {"kind": kind, "subject_id": subject_id, "gallery_id": gallery_id, "due_at": due_at})


async def set_deadlines(
    run: Statements, kind: DeadlineKind, subjects: Collection[UUID], gallery_id: UUID, due_at: datetime
) -> None:
    """The same for many subjects at once."""
    due = {"kind": kind, "gallery_id": gallery_id, "due_at": due_at}
    if subjects:
        await run.execute(_SET, [due | {"subject_id": each} for each in subjects])


async def clear_deadlines(run: Statements, kind: DeadlineKind, subjects: Collection[UUID]) -> None:
    """Forget these subjects' deadlines of this kind, if they have any."""
    if subjects:
        await run.execute(_CLEAR, {"of_kind": kind, "ids": list(subjects)})


async def forget_participant(run: Statements, participant_id: UUID) -> None:
    """Forget all deadlines of a participant who is gone."""
    await run.execute(_FORGET, {"participant": participant_id})


async def forget_session(run: Statements, session_id: UUID) -> None:
    """Forget all deadlines of a session that is over, and of everyone in it. Its recording has one of its own."""
    await run.execute(_FORGET_PEOPLE, {"session": session_id})
    await clear_deadlines(run, DeadlineKind.HOST_ABSENCE, [session_id])


async def forget_polls(run: Statements, polls: Collection[UUID]) -> None:
    """Forget all deadlines of polls that are closed."""
    if polls:
        await run.execute(_FORGET_POLLS, {"ids": list(polls)})


# In two steps, with a limit, so that SQLite too goes by the index on the time and not through all of them by gallery.
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
    """The galleries where something falls due by then, each with when the first of it does, the earliest first."""
    rows = await run.rows(_FIRST_OF_EACH, {"until": until})
    return {row[0]: row[1] for row in rows}


async def due_in(run: Statements, gallery_id: UUID, now: datetime, limit: int) -> Sequence[Deadline]:
    """What has fallen due in a gallery, the oldest first."""
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
    """Take the gallery's row lock, before any deadline's, as mutations do. Gives whether it could be had."""
    return await run.value(_WAIT_FOR if wait else _TRY, {"id": gallery_id}) is not None


async def take(run: Statements, due: Deadline, now: datetime) -> bool:
    """Remove what has fallen due, to act on it. Gives whether it was still there and due: of two who try, one is told so."""
    return bool(await run.execute(_TAKE, {"of_kind": due.kind, "of": due.subject_id, "now": now}))


async def postpone(run: Statements, due: Deadline, now: datetime, later: datetime) -> None:
    """Let it fall due later, if it is still there and due."""
    await run.execute(_POSTPONE, {"of_kind": due.kind, "of": due.subject_id, "now": now, "later": later})
