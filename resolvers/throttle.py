"""Tallies: counts that many people change at once, and that are told of at most once a second (rules 53, 55).

A change is told at once where nothing was told of the tally within the last second; else it is told when that second is
over, by a deadline, so the last state is never lost, whichever process is up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from models.database.transaction import Transaction
from models.tables.deadlines import DeadlineKind, set_deadline

TOLD_EVERY = timedelta(seconds=1)


async def is_told_now(
    tx: Transaction, kind: DeadlineKind, subject_id: UUID, gallery_id: UUID, told_at: datetime | None
) -> bool:
    """Whether to record the tally's event now; if not, the deadline of this kind is set, by which it is to be told.

    `told_at`: when it was told of last, which the caller stores with the tally whenever it tells.
    """
    if told_at is None or told_at + TOLD_EVERY <= tx.now:
        return True
    await set_deadline(tx, kind, subject_id, gallery_id, told_at + TOLD_EVERY)
    return False
