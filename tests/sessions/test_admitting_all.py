"""Admitting all who wait, if more wait than are admitted at once (rules 31, 37)."""

from models.database.transaction import Transaction
from models.tables.galleries import GalleryRole
from resolvers.admission import PEOPLE_AT_ONCE
from resolvers.participants import change_counts
from server.accounts import THE_SERVER
from tests.support.admission import admit_all, counted, locked, state_of, wait
from tests.support.bulk_participants import insert_copies
from tests.support.people import configure, give_role, id_of, local, make_group, set_role
from tests.support.world import World

LOST = "student-001"
MEMBER, BY_GROUP, ASSIGNED, ASSIGNED_BY_GROUP = (f"student-{number:03}" for number in range(2, 6))


async def crowd_outside(world: World, first: str, count: int, session: str) -> None:
    """Inserts so many more people who wait since the same moment and have no roles."""

    async def work(tx: Transaction) -> None:
        await insert_copies(tx, local(first), count)
        await change_counts(tx, local(session), waiting=count)

    await world.database.transact(THE_SERVER, "test", work)


async def hold(world: World) -> None:
    """Assigns to each person the role that the person is named after, and no other."""
    for who in (BY_GROUP, ASSIGNED, ASSIGNED_BY_GROUP, LOST):
        await give_role(world, who, None)
    await set_role(world, await make_group(world, "circle", BY_GROUP), GalleryRole.MEMBER)
    helpers = await make_group(world, "helpers", ASSIGNED_BY_GROUP)
    await configure(world, speakerIds=[await id_of(world, ASSIGNED), helpers])


async def test_those_who_have_lost_access_keep_nobody_out(world: World) -> None:
    """Rules 2, 10, 11, 37: people without access have waited longer and fill a batch; all others are still admitted."""
    session = await locked(world)
    (lost,) = await wait(world, LOST)
    holders = [MEMBER, BY_GROUP, ASSIGNED, ASSIGNED_BY_GROUP]
    await wait(world, *holders)
    await hold(world)
    await crowd_outside(world, lost, PEOPLE_AT_ONCE, session)
    answers = await admit_all(world, session)
    assert answers == ["FORBIDDEN"] * (PEOPLE_AT_ONCE - 4) + ["ADMITTED"] * 4
    assert [await state_of(world, who, session) for who in holders] == ["ADMITTED"] * 4
    assert await counted(world, session) == (5, PEOPLE_AT_ONCE + 1)
    assert await admit_all(world, session) == ["FORBIDDEN"] * PEOPLE_AT_ONCE
