"""Users and groups alike: whatever can be named where "individual users or groups" can be assigned."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from models.errors import Invalid, NotFound
from models.people import Group, User
from models.statements import Statements

LIST_LIMIT = 500


class PrincipalKind(StrEnum):
    USER = "USER"
    GROUP = "GROUP"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a group, by id."""

    kind: PrincipalKind
    id: UUID

    @property
    def user_id(self) -> UUID | None:
        return self.id if self.kind is PrincipalKind.USER else None

    @property
    def group_id(self) -> UUID | None:
        return self.id if self.kind is PrincipalKind.GROUP else None


def principal(user_id: UUID | None, group_id: UUID | None) -> Principal:
    """Of a row that names one or the other."""
    if user_id is not None:
        return Principal(PrincipalKind.USER, user_id)
    assert group_id is not None
    return Principal(PrincipalKind.GROUP, group_id)


async def existing(run: Statements, wanted: Sequence[Principal], *field: str) -> list[Principal]:
    """Each principal once, in the order given (rule 13). NOT_FOUND names the first that does not exist."""
    if len(wanted) > LIST_LIMIT:
        raise Invalid(f"A list holds at most {LIST_LIMIT} users and groups.", *field)
    known: set[Principal] = set()
    for kind, table in ((PrincipalKind.USER, User), (PrincipalKind.GROUP, Group)):
        ids = [each.id for each in wanted if each.kind is kind]
        if ids:
            known |= {Principal(kind, each) for each in await run.values(select(table.id).where(table.id.in_(ids)))}
    for place, each in enumerate(wanted):
        if each not in known:
            raise NotFound("There is no such user or group.", *field, str(place))
    return list(dict.fromkeys(wanted))
