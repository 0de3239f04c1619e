"""Principals: a user or a group, wherever either of them can be assigned."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from models.errors import Invalid, NotFound
from models.storage.statements import Statements, among
from models.tables.people import Group, User

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
    """Returns the principal of a row that names either a user or a group."""
    if user_id is not None:
        return Principal(PrincipalKind.USER, user_id)
    assert group_id is not None
    return Principal(PrincipalKind.GROUP, group_id)


def user_principal(user_id: UUID | None) -> Principal | None:
    """Returns the principal of a user column, or None if the user was deleted."""
    return None if user_id is None else Principal(PrincipalKind.USER, user_id)


_HOLD_GROUPS = select(Group.id).where(among(Group.id)).order_by(Group.id).with_for_update(read=True)
_TABLES: dict[PrincipalKind, type[User] | type[Group]] = {PrincipalKind.USER: User, PrincipalKind.GROUP: Group}


async def hold_groups(run: Statements, named: Iterable[Principal]) -> None:
    """Locks the groups until this transaction ends, because it is about to grant them rights in a gallery.

    Call this before locking the gallery. A transaction that changes a group also locks the group first, and then the
    galleries that the group has rights in. So it misses no gallery, and the two cannot deadlock.
    """
    groups = {each.id for each in named if each.kind is PrincipalKind.GROUP}
    if groups:
        await run.execute(_HOLD_GROUPS, {"ids": list(groups)})


async def known(run: Statements, wanted: Collection[Principal]) -> set[Principal]:
    """Returns those users and groups that exist. Runs one statement for each kind."""
    found: set[Principal] = set()
    for kind, table in _TABLES.items():
        ids = [each.id for each in wanted if each.kind is kind]
        if ids:
            found |= {Principal(kind, each) for each in await run.values(select(table.id).where(table.id.in_(ids)))}
    return found


def check_length(wanted: Sequence[Principal], *field: str) -> None:
    """Raises Invalid if there are more than LIST_LIMIT."""
    if len(wanted) > LIST_LIMIT:
        raise Invalid(f"A list holds at most {LIST_LIMIT} users and groups.", *field)


async def existing(run: Statements, wanted: Sequence[Principal], *field: str) -> list[Principal]:
    """Returns the principals in order without duplicates (rule 13).

    The caller has checked their number. Raises NOT_FOUND, naming the first that does not exist.
    """
    there = await known(run, wanted)
    for place, each in enumerate(wanted):
        if each not in there:
            raise NotFound("There is no such user or group.", *field, str(place))
    return list(dict.fromkeys(wanted))
