"""Presence: signs of life keep a participant in the session; without them the grace period begins (rules 33, 36)."""

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
"""How often a process renews the presence of the users who listen to its streams."""

_KEEP = update(Deadline).where(Deadline.kind == DeadlineKind.ABSENCE, Deadline.subject_id == bindparam("of"))
_GRACE = select(Site.reconnect_grace_seconds)


async def heartbeat(tx: Transaction, room_id: UUID) -> UUID:
    """Renews the presence of the viewer, who is inside or waits. Returns the viewer's participant id.

    Records no event. Needs no gallery lock: only the deadline's row decides whether the participant is still there.
    Raises NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_room_unlocked(tx, room_id, Permission.ENTER, "input", "roomId")
    participant = access.waiting or must_have_entered(access, "input", "roomId")[1]
    due_at = tx.now + PRESENCE_FOR + timedelta(seconds=access.timeouts.reconnect_grace_seconds)
    if not await tx.execute(_KEEP, {"of": participant.id, "due_at": due_at}):
        raise NotInSession("You have left the room. Enter it again.", "input", "roomId")
    return participant.id


# SKIP LOCKED avoids deadlocks: the mutation that holds a row's lock sets or clears that deadline itself.
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
    """Renews the presence of those listeners who are inside or wait, for `PRESENCE_FOR` and the grace period."""
    grace = timedelta(seconds=await tx.value(_GRACE))
    await _move(tx, listeners, tx.now + PRESENCE_FOR + grace)


async def release(tx: Transaction, listeners: Sequence[Listener]) -> None:
    """Begins the grace period of these listeners, who have closed their streams at this process.

    They may have a stream at another process, which renews their presence. So the period is at least two renewals long.
    """
    grace = timedelta(seconds=await tx.value(_GRACE))
    await _move(tx, listeners, tx.now + max(grace, 2 * RENEWED_EVERY))


async def _move(tx: Transaction, listeners: Sequence[Listener], due_at: datetime) -> None:
    await tx.execute(_MOVE, {"listeners": list(listeners), "due_at": due_at})
