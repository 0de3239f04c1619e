"""The audit records that a test's acts leave (rule 67)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from models.tables.audit import AuditRecord
from tests.support.people import id_of, local
from tests.support.world import World

Line = tuple[str, str, str, str, str | None, str]  # actor, action, permission, target, role, outcome


class Audit:
    """The audit records that were written inside `audited`."""

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []
        self.lines: list[Line] = []


@asynccontextmanager
async def audited(world: World) -> AsyncIterator[Audit]:
    """Yields an `Audit`, which is filled at the end with what was recorded in between."""
    before = {record.id for record in await records(world)}
    audit = Audit()
    yield audit
    people = ("admin", "manager", "moderator", "chatmod", "student-001", "outsider")
    names = {local(await id_of(world, who)): who for who in people}
    audit.records = [record for record in await records(world) if record.id not in before]
    audit.lines = [
        (names[each.actor_id], each.action, each.permission, each.target, each.role, each.outcome)
        for each in audit.records
    ]


async def records(world: World) -> list[AuditRecord]:
    return list(await world.database.reads.all(select(AuditRecord).order_by(AuditRecord.id)))
