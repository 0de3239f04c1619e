"""Presence: what keeps a participant in the session, and what begins the grace period (rules 33, 36)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, tuple_, update

from models.access.rooms import access_room_unlocked, must_have_entered
from models.database.transaction import Transaction
from models.errors import NotInSession
from models.permissions import Permission
from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.participants import Listener, Participant
from models.tables.site import Site
from resolvers.participants import PRESENCE_FOR

RENEWED_EVERY = PRESENCE_FOR / 3
"""How often a process says of whoever listens at it that they are there."""

_KEEP = update(Deadline).where(Deadline.kind == DeadlineKind.ABSENCE, Deadline.subject_id == bindparam("of"))
_GRACE = select(Site.reconnect_grace_seconds)


async def heartbeat(tx: Transaction, room_id: UUID) -> UUID:
    """A sign of life from whoever is in the room or waits for admission. Gives the participant. Writes no event.

    NOT_IN_SESSION, SESSION_ENDED. Without the gallery's lock: the deadline's row alone decides whether they are there.
    """
    access = await access_room_unlocked(tx, room_id, Permission.ENTER, "input", "roomId")
    participant = access.waiting or must_have_entered(access, "input", "roomId")[1]
    due_at = tx.now + PRESENCE_FOR + timedelta(seconds=access.timeouts.reconnect_grace_seconds)
    if not await tx.execute(_KEEP, {"of": participant.id, "due_at": due_at}):
        raise NotInSession("You have left the room meanwhile.", "input", "roomId")
    return participant.id


# Rows that a mutation holds, to clear or set them, are skipped: it knows better, and whoever waits for nothing while
# it holds rows is in nobody's deadlock.
_PARTICIPANTS = select(Participant.id).where(
    tuple_(Participant.user_id, Participant.gallery_id).in_(bindparam("listeners", expanding=True))
)
_OF_LISTENERS = (
    select(Deadline.subject_id)
    .where(Deadline.kind == DeadlineKind.ABSENCE, Deadline.subject_id.in_(_PARTICIPANTS))
    .with_for_update(of=Deadline, skip_locked=True)
    .cte("of_listeners")
)
_MOVE = update(Deadline).where(
    Deadline.kind == DeadlineKind.ABSENCE, Deadline.subject_id.in_(select(_OF_LISTENERS.c.subject_id))
)


async def renew(tx: Transaction, listeners: Sequence[Listener]) -> None:
    """These people listen. Those of them who are inside, or wait, stay for `PRESENCE_FOR` and the grace period more."""
    grace = timedelta(seconds=await tx.value(_GRACE))
    await _move(tx, listeners, tx.now + PRESENCE_FOR + grace)


async def release(tx: Transaction, listeners: Sequence[Listener]) -> None:
    """These people do not listen any more, at one process: their grace period begins.

    Where another process has a stream of theirs, it renews them before that ends, so the period is never shorter than
    two renewals take.
    """
    grace = timedelta(seconds=await tx.value(_GRACE))
    await _move(tx, listeners, tx.now + max(grace, 2 * RENEWED_EVERY))


async def _move(tx: Transaction, listeners: Sequence[Listener], due_at: datetime) -> None:
    await tx.execute(_MOVE, {"listeners": list(listeners), "due_at": due_at})
