"""A process renews its listeners' presence in the database: in batches, beside mutations, again after a failure."""

from contextlib import AsyncExitStack, ExitStack
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from models.database.transaction import Transaction
from models.errors import Unavailable
from models.storage.base import new_id
from models.tables.deadlines import Deadline, DeadlineKind
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo_people import STUDENTS
from server.presence import Attendance
from server.settings import Settings
from subscriptions.presence import Presence
from tests.support.due_deadlines import due_at, participant_of, time_left
from tests.support.people import id_of, local
from tests.support.statement_counts import _counted
from tests.support.world import World

STUDENT = "student-001"


async def test_however_many_listen_they_are_renewed_in_one_statement(world: World) -> None:
    """Not one statement per participant, and none if nobody listens."""
    await world.enter("moderator", *STUDENTS)
    gallery, presence = local(world.gallery), Presence()
    attendance = Attendance(world.database, presence)
    with ExitStack() as streams:
        for who in STUDENTS:
            streams.enter_context(presence.listening(local(await id_of(world, who)), gallery))
        world.clock.advance(seconds=30)
        with _counted() as statements:
            await attendance.tell()
            await attendance.tell()
        assert verbs(statements) == ["SELECT", "WITH"]  # the grace period, then all participants
        assert len({await until(world, who) for who in STUDENTS}) == 1
        assert (await time_left(world, STUDENT)).total_seconds() > 80
    with _counted() as statements:
        await attendance.tell()
    assert verbs(statements) == ["SELECT", "WITH"]
    assert len({await until(world, who) for who in STUDENTS}) == 1
    assert (await time_left(world, STUDENT)).total_seconds() <= 60


async def until(world: World, who: str) -> datetime:
    participant = await participant_of(world, who)
    due = await due_at(world, DeadlineKind.ABSENCE, participant.id)
    assert due
    return due


def verbs(statements: list[str]) -> list[str]:
    return [verb for verb in (each.split()[0] for each in statements) if verb not in ("BEGIN", "COMMIT")]


async def test_a_short_grace_period_still_lets_other_processes_speak(world: World) -> None:
    """Rule 36: it is at least as long as two renewals."""
    await world.enter("moderator", STUDENT)
    await world.mutate("admin", UPDATE_GRACE, world.settings.admin_scope, seconds=1)
    presence, user_id = Presence(), local(await id_of(world, STUDENT))
    with presence.listening(user_id, local(world.gallery)):
        pass
    await Attendance(world.database, presence).tell()
    assert 19 < (await time_left(world, STUDENT)).total_seconds() <= 20


UPDATE_GRACE = """mutation ($seconds: Int!) { updateSite(input: {reconnectGraceSeconds: $seconds}) {
  userErrors { code message field } } }"""


async def test_what_could_not_be_told_is_told_when_the_database_is_back(world: World) -> None:
    await world.enter("moderator", STUDENT)
    presence, user_id = Presence(), local(await id_of(world, STUDENT))
    with presence.listening(user_id, local(world.gallery)):
        pass
    away = open_database(Settings(dev=True, database_url="postgresql://nobody@127.0.0.1:1/nowhere"), world.clock)
    with pytest.raises(Unavailable):
        await Attendance(away, presence).tell()
    await away.close()
    await Attendance(world.database, presence).tell()
    assert (await time_left(world, STUDENT)).total_seconds() <= 60


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_a_renewal_waits_for_no_mutation(world: World) -> None:
    """SKIP LOCKED avoids deadlocks: rows that a mutation has locked are left to the next renewal."""
    await world.enter("moderator", STUDENT, "student-002")
    presence = Presence()
    held = await participant_of(world, STUDENT)

    async def work(tx: Transaction) -> None:
        async with AsyncExitStack() as streams:
            for who in (STUDENT, "student-002"):
                user_id: UUID = (await participant_of(world, who)).user_id
                streams.enter_context(presence.listening(user_id, local(world.gallery)))
            await hold_deadline(tx, held.id)
            world.clock.advance(seconds=30)
            await Attendance(world.database, presence).tell()

    await world.database.transact(THE_SERVER, "test", work)
    assert (await time_left(world, STUDENT)).total_seconds() <= 60
    assert (await time_left(world, "student-002")).total_seconds() > 80


async def hold_deadline(tx: Transaction, participant_id: UUID) -> None:
    held = await tx.first(select(Deadline).where(Deadline.subject_id == participant_id).with_for_update())
    assert held


async def test_nobody_is_renewed_in_another_gallery(world: World) -> None:
    """A listener is a pair of user and gallery."""
    await world.enter("moderator", STUDENT)
    presence, user_id = Presence(), local(await id_of(world, STUDENT))
    with presence.listening(user_id, new_id()), presence.listening(new_id(), local(world.gallery)):
        world.clock.advance(seconds=30)
        await Attendance(world.database, presence).tell()
        assert (await time_left(world, STUDENT)).total_seconds() <= 60
