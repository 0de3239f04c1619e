"""Deadlines in tests: the clock moves, and due work runs, when a test says so."""

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
from tests.support.people import events_since, log_head
from tests.support.stored_state import fold_all, read_state
from tests.support.world import PATIENCE, World

HEARTBEAT = """mutation ($room: ID!) { heartbeat(input: {roomId: $room}) {
  cursor participant { id state } userErrors { code message field } } }"""


async def fall_due(world: World) -> list[str]:
    """Lets the server process its due deadlines, with replay check (rule 64). Returns the kinds of the new events."""
    before, head = await read_state(world.database), await log_head(world)
    await deadlines.once(world.database, world.process.attendance)
    assert await fold_all(world.database, before) == await read_state(world.database)
    return [event.kind for event in await events_since(world, head)]


async def after(world: World, **span: float) -> list[str]:
    """Moves the clock, then does the same as `fall_due`."""
    world.clock.advance(**span)
    return await fall_due(world)


async def participant_of(world: World, who: str) -> Participant:
    """Returns the newest participant row of this person."""
    theirs = select(Participant).join(User, User.id == Participant.user_id).where(User.subject == who)
    row = await world.database.reads.first(theirs.order_by(Participant.id.desc()))
    assert row
    return row


async def state_of(world: World, who: str) -> str:
    """Returns the state of this person's newest participant."""
    return (await participant_of(world, who)).state.value


async def session_row(world: World) -> RoomSession:
    """Returns the newest session row."""
    row = await world.database.reads.first(select(RoomSession).order_by(RoomSession.id.desc()))
    assert row
    return row


async def due_at(world: World, kind: DeadlineKind, subject_id: UUID) -> datetime | None:
    """Returns when this deadline is due; None if it is not set."""
    of = select(Deadline.due_at).where(Deadline.kind == kind, Deadline.subject_id == subject_id)
    found: datetime | None = await world.database.reads.value(of)
    return found


async def time_left(world: World, who: str) -> timedelta:
    """Returns how long this person stays inside without another sign of life."""
    until = await due_at(world, DeadlineKind.ABSENCE, (await participant_of(world, who)).id)
    assert until
    return until - world.clock()


async def wait_for_time_left(world: World, who: str, at_least: float, at_most: float) -> None:
    """Waits until the server has moved this person's absence deadline, because a stream was opened or has ended.

    `at_least` and `at_most` are the seconds that are left to them.
    """
    async with asyncio.timeout(PATIENCE):
        while not timedelta(seconds=at_least) < await time_left(world, who) <= timedelta(seconds=at_most):  # noqa: ASYNC110  no event
            await asyncio.sleep(0.01)


KEPT, GRACE = (80, 90), (50, 60)
"""Seconds that are left to somebody after a sign of life, and after their last stream has ended."""


async def snapshot_of(world: World, who: str) -> dict[str, Any]:
    """Returns what must not change while this person is inside."""
    row = await participant_of(world, who)
    return {"id": row.id, "roles": row.roles, "joined_at": row.joined_at, "permissions": row.permissions}
