"""Interactions took the place of polls: a database can go back to polls and return, and its logs can be read."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select

from models.cursors import Position
from models.database import migrate
from models.events import log
from models.events.interactions import InteractionDeleted
from models.tables.deadlines import Deadline
from models.tables.interactions import Interaction
from models.tables.participants import Participant
from models.tables.rates import RATES, RateKind
from server.app import open_database
from server.settings import Settings
from tests.support.interactions import OF_INTERACTIONS, meet
from tests.support.people import local
from tests.support.world import open_world

pytestmark = pytest.mark.new_database
RENAMED = {RateKind.ANSWERS, RateKind.INTERACTIONS}


def to_polls(_connection: Connection, config: Config) -> None:
    command.downgrade(config, "0015")


async def test_what_is_there_of_interactions_is_told_as_deleted_after_going_back_and_returning(
    settings: Settings,
) -> None:
    """Rules 59, 61: the logs keep their numbers, and people inside their permissions."""
    async with open_world(settings) as world:
        interactions = await meet(world, "student-001")
        await interactions.opened(60)
        draft = await interactions.draft()
        await interactions.does("chatmod", "deleteInteraction", draft)
        gallery, reads = local(world.gallery), world.database.reads
        before = await log.after(reads, gallery, Position(0, 0), 10_000)
        rates = await reads.all(RATES)
        permissions = await reads.values(select(Participant.permissions).order_by(Participant.id))
    await migrate._run(settings.database_url, to_polls)
    await migrate.upgrade(settings.database_url)
    database = open_database(settings)
    try:
        after = await log.after(database.reads, gallery, Position(0, 0), 10_000)
        of_interactions = [each.number for each in before if each.event.kind.startswith("Interaction")]
        assert [each.number for each in after] == [each.number for each in before]
        assert [each.number for each in after if isinstance(each.event, InteractionDeleted)] == of_interactions
        assert [each.event for each in after if each.number not in of_interactions] == [
            each.event for each in before if each.number not in of_interactions
        ]
        assert await database.reads.values(select(Interaction.id)) == []
        assert await database.reads.all(select(Deadline).where(Deadline.kind.in_(OF_INTERACTIONS))) == []
        assert [each for each in await database.reads.all(RATES) if each.kind in RENAMED] == [
            each for each in rates if each.kind in RENAMED
        ]
        assert await database.reads.values(select(Participant.permissions).order_by(Participant.id)) == permissions
    finally:
        await database.close()
