"""What falls due by itself, as rows: they survive restarts, and whichever process is up works them off.

A deadline is set and cleared in the transaction of what it depends on, under the gallery's lock; docs/decisions/0011.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.statements import Statements, among


class DeadlineKind(StrEnum):
    """What happens when it falls due."""

    ABSENCE = "ABSENCE"  # a participant, of whom nothing has been heard, has left (rules 33, 36)
    HOST_ABSENCE = "HOST_ABSENCE"  # a session without a room moderator ends (rule 39)
    INVITATION = "INVITATION"  # a participant's invitation to the stage lapses (rule 43)
    RECORDING = "RECORDING"  # a recording of which no report came has failed (rule 58)


class Deadline(Base):
    __tablename__ = "deadlines"

    kind: Mapped[DeadlineKind] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)  # of the participant, the session or the recording
    gallery_id: Mapped[UUID] = mapped_column(ForeignKey("galleries.id", ondelete="CASCADE"), index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


_SET = insert(Deadline)
_CLEAR = delete(Deadline).where(Deadline.kind == bindparam("of_kind"), among(Deadline.subject_id))
_DUE = (
    select(Deadline)
    .where(Deadline.gallery_id == bindparam("gallery"), Deadline.due_at <= bindparam("now"))
    .order_by(Deadline.due_at, Deadline.subject_id)
)


async def set_deadline(
    run: Statements, kind: DeadlineKind, subject_id: UUID, gallery_id: UUID, due_at: datetime
) -> None:
    """Set the one deadline of this kind that the subject has, in place of an earlier one."""
    await clear_deadlines(run, kind, [subject_id])
    await run.execute(_SET, {"kind": kind, "subject_id": subject_id, "gallery_id": gallery_id, "due_at": due_at})


async def clear_deadlines(run: Statements, kind: DeadlineKind, subjects: Collection[UUID]) -> None:
    """Forget these subjects' deadlines of this kind, if they have any."""
    if subjects:
        await run.execute(_CLEAR, {"of_kind": kind, "ids": list(subjects)})


async def due_in(run: Statements, gallery_id: UUID, now: datetime) -> Sequence[Deadline]:
    """What has fallen due in a gallery, the oldest first."""
    return await run.all(_DUE, {"gallery": gallery_id, "now": now})
