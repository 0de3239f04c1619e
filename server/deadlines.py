"""Runs due deadlines. Every running process does this (docs/decisions/0011)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from models.counts import COUNTS
from models.database.database import Database
from models.errors import Unavailable
from models.tables.deadlines import Deadline, due_in, first_due, postpone
from resolvers.deadlines import work_off
from resolvers.presence import RENEWED_EVERY
from server.accounts import THE_SERVER
from server.presence import Attendance

logger = logging.getLogger(__name__)

AT_ONCE = 200  # how many deadlines of one gallery run before the next gallery's turn
# After this delay, a round waits for a gallery whose row is locked instead of skipping the gallery.
OVERDUE = timedelta(seconds=5)
PATIENCE_SECONDS = 10  # seconds for one deadline
AGAIN_AFTER = timedelta(seconds=30)
SETTLING_SECONDS = 2 * RENEWED_EVERY.total_seconds()


@asynccontextmanager
async def deadlines(database: Database, attendance: Attendance, look_seconds: float) -> AsyncIterator[None]:
    """Runs due deadlines while entered, and writes the listeners of this process to the database."""
    task = asyncio.create_task(_for_ever(database, attendance, timedelta(seconds=look_seconds)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _for_ever(database: Database, attendance: Attendance, look_every: timedelta) -> None:
    loop = asyncio.get_running_loop()
    look_at = loop.time()
    while True:
        now = database.clock()
        try:
            await attendance.tell()
            if loop.time() >= look_at:
                wait = await _round(database, now, look_every)
                look_at = loop.time() + wait.total_seconds()
        except Exception as error:
            # The database may have been away for all processes. Each of them must write its listeners before anyone
            # counts as gone.
            look_at = loop.time() + SETTLING_SECONDS
            if not isinstance(error, Unavailable):  # which is logged already
                logger.exception("could not look for deadlines; trying again")
        await attendance.news(min(look_at - loop.time(), look_every.total_seconds()))


async def once(database: Database, attendance: Attendance) -> None:
    """Runs all due deadlines, each in its own transaction."""
    # Presence is written first, so that no process ends the participation of its own listeners.
    now = database.clock()
    await attendance.tell()
    await _round(database, now, timedelta())


async def _round(database: Database, now: datetime, look_every: timedelta) -> timedelta:
    """Runs the deadlines that were due at `now`. Returns the time until the next round, at most `look_every`."""
    wait = look_every
    COUNTS.deadlines_late_seconds = 0
    for gallery_id, due_at in (await first_due(database.reads, now + look_every)).items():
        if due_at > now:
            return min(wait, due_at - now)
        COUNTS.deadlines_late_seconds = max(COUNTS.deadlines_late_seconds, (now - due_at).total_seconds())
        due = await due_in(database.reads, gallery_id, now, AT_ONCE)
        for each in due:
            if not await _work_off(database, each, now):
                break
        if len(due) == AT_ONCE:
            wait = timedelta()
    return wait


async def _work_off(database: Database, due: Deadline, now: datetime) -> bool:
    """Runs one deadline. Returns whether the gallery's next deadline should be tried."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            work = partial(work_off, due=due, now=now, wait=now - due.due_at > OVERDUE)
            done = await database.transact(THE_SERVER, "deadline", work)
            COUNTS.deadlines_done += 1
            return done
    except Exception as error:
        COUNTS.deadlines_failed += 1
        in_vain = isinstance(error, TimeoutError | Unavailable)
        what = "what fell due could not be done: %s %s; trying again later"
        level = logging.WARNING if in_vain else logging.ERROR
        logger.log(level, what, due.kind, due.subject_id, exc_info=None if in_vain else error)
        later = partial(postpone, due=due, now=now, later=now + AGAIN_AFTER)
        await database.transact(THE_SERVER, "deadline", later)
        return not in_vain
