"""The lists of a room: who is assigned to each role in it."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.tables.principals import Principal as PrincipalId
from models.tables.rooms import AssignedRole
from resolvers.configuration import lists_of
from schema.execution.ahead import Loaded, Loader
from schema.types.enums import AssignmentSource
from schema.types.people import Principal, principal_link


@strawberry.type(description="A user or group on one of a room's lists, and why.")
class ModeratorAssignment(Loaded):
    of: strawberry.Private[PrincipalId]
    source: AssignmentSource = strawberry.field(description="Why.")

    principal: Principal = principal_link("Who.", lambda assignment: assignment.of)


ListOfRoom: TypeAlias = tuple[UUID, AssignedRole]


async def _load_lists(
    wanted: Sequence[ListOfRoom | None], snapshot: Snapshot
) -> Sequence[list[ModeratorAssignment] | None]:
    found = await lists_of(snapshot, {each[0] for each in wanted if each})
    return [
        [ModeratorAssignment(of=of, source=source) for of, source in found.get(each, {}).items()] if each else None
        for each in wanted
    ]


ROOM_LISTS = Loader(_load_lists)
