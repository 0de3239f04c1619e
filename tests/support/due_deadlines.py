"""Time that passes in tests: what falls due is worked off when a test says so."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.participants import Participant
from models.tables.people import User
from models.tables.sessions import RoomSession
from server import deadlines
from tests.support.people import log_head, told_since
from tests.support.stored_state import fold_all, read_state
from tests.support.world import PATIENCE, World

HEARTBEAT = """mutation ($room: ID!) { heartbeat(input: {roomId: $room}) {
  cursor participant { id state } userErrors { code message field } } }"""


async def fall_due(world: World) -> list[str]:
    """Let the world's server work off what has fallen due. Gives the kinds of events that told of it. Verified (rule 64)."""
    before, head = await read_state(world.database), await log_head(world)
    await deadlines.once(world.database, world.process.attendance)
    assert await fold_all(world.database, before) == await read_state(world.database)
    return [event.kind for event in await told_since(world, head)]


async def after(world: World, **span: float) -> list[str]:
    """The same after so much time."""
    world.clock.advance(**span)
    return await fall_due(world)


async def participant_of(world: World, who: str) -> Participant:
    """Someone's newest participant, as stored."""
    theirs = select(Participant).join(User, User.id == Participant.user_id).where(User.subject == who)
    row = await world.database.reads.first(theirs.order_by(Participant.id.desc()))
    assert row
    return row


async def state_of(world: World, who: str) -> str:
    """Where someone is."""
    return (await participant_of(world, who)).state.value


async def session_row(world: World) -> RoomSession:
    """The newest session, as stored."""
    row = await world.database.reads.first(select(RoomSession).order_by(RoomSession.id.desc()))
    assert row
    return row


async def due_at(world: World, kind: DeadlineKind, subject_id: UUID) -> datetime | None:
    """When this falls due, if it does."""
    of = select(Deadline.due_at).where(Deadline.kind == kind, Deadline.subject_id == subject_id)
    found: datetime | None = await world.database.reads.value(of)
    return found


async def stays(world: World, who: str) -> timedelta:
    """For how much longer someone is kept inside, if nothing more is heard of them."""
    until = await due_at(world, DeadlineKind.ABSENCE, (await participant_of(world, who)).id)
    assert until
    return until - world.clock()


async def soon_stays(world: World, who: str, at_least: float, at_most: float) -> None:
    """Wait until the server has noted that a stream was opened or has ended: so many seconds are left to them."""
    async with asyncio.timeout(PATIENCE):
        while not timedelta(seconds=at_least) < await stays(world, who) <= timedelta(seconds=at_most):  # noqa: ASYNC110  what is waited for is not ours
            await asyncio.sleep(0.01)


KEPT, GRACE = (80, 90), (50, 60)
"""What is left to someone of whom something was just heard, and to someone whose last stream has just ended."""


async def snapshot_of(world: World, who: str) -> dict[str, Any]:
    """What must not change while someone is inside."""
    row = await participant_of(world, who)
    return {"id": row.id, "roles": row.roles, "joined_at": row.joined_at, "permissions": row.permissions}
