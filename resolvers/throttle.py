"""Tallies: counts that many people change at once. They are announced at most once a second (rules 55, 77).

A change is announced at once if the last announcement is at least a second ago. Otherwise a deadline announces it after
that second, so that the last state is never lost, even if this process stops.
"""

from datetime import datetime, timedelta
from uuid import UUID

from models.database.transaction import Transaction
from models.tables.deadlines import DeadlineKind, set_deadline

TOLD_EVERY = timedelta(seconds=1)


async def is_told_now(
    tx: Transaction,
    kind: DeadlineKind,
    subject_id: UUID,
    gallery_id: UUID,
    told_at: datetime | None,
    every: timedelta = TOLD_EVERY,
) -> bool:
    """Returns whether the caller has to record the tally's event now. If not, this sets the deadline that records it.

    `told_at` is the time of the last announcement, which the caller stores with the tally. `every` is the least time
    between two announcements.
    """
    if told_at is None or told_at + every <= tx.now:
        return True
    await set_deadline(tx, kind, subject_id, gallery_id, told_at + every)
    return False
