"""Users and groups: reading and searching them, and making a user of a token's claims on first sight."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from models.access import access_directory
from models.base import new_id
from models.errors import Forbidden
from models.paging import EMPTY, Key, Page, PageArguments, page, page_each
from models.people import Group, GroupMember, User
from models.statements import among
from models.text import SEARCH_LIMIT, clean_line, like_pattern, sort_key
from models.transaction import Snapshot, Transaction

T = TypeVar("T")

USERS_BY_NAME = (Key(User.name_key), Key(User.id))
GROUPS_BY_NAME = (Key(Group.name_key), Key(Group.id))


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a token says that its bearer is. Issuer and subject identify; the rest may change."""

    issuer: str
    subject: str
    name: str
    username: str | None
    email: str | None
    avatar_url: str | None

    def columns(self) -> dict[str, str | None]:
        """What is stored of it, beside issuer and subject."""
        return {
            "name": self.name,
            "name_key": sort_key(f"{self.name} {self.username or ''}"),
            "username": self.username,
            "email": self.email,
            "avatar_url": self.avatar_url,
        }

    def describes(self, user: User) -> bool:
        """Whether the user is stored like this already."""
        return all(getattr(user, name) == value for name, value in self.columns().items())


async def user_of_profile(tx: Transaction, profile: Profile) -> User:
    """The user of these claims: made on first sight, brought up to date when the claims have changed."""
    known = await tx.first(select(User).where(User.issuer == profile.issuer, User.subject == profile.subject))
    values = profile.columns()
    if known is None:
        identity = {"issuer": profile.issuer, "subject": profile.subject, "suspended_at": None, "created_at": tx.now}
        return await tx.add(User, id=new_id(), **identity, **values)
    if profile.describes(known):
        return known
    changed = update(User).where(User.id == known.id).values(**values).returning(User)
    row = await tx.first(changed)
    assert row
    return row


_USERS = select(User).where(among(User.id))
_GROUPS = select(Group).where(among(Group.id))
_COUNTS = select(GroupMember.group_id, func.count()).where(among(GroupMember.group_id)).group_by(GroupMember.group_id)


async def users_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, User]:
    """In one statement. Names are no secret among those who can name an id."""
    return {user.id: user for user in await snapshot.all(_USERS, {"ids": list(ids)})} if ids else {}


async def groups_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, Group]:
    """In one statement."""
    return {group.id: group for group in await snapshot.all(_GROUPS, {"ids": list(ids)})} if ids else {}


async def member_counts(snapshot: Snapshot, groups: Collection[UUID]) -> dict[UUID, int]:
    """How many users each group has, in one statement."""
    return dict(await snapshot.rows(_COUNTS, {"ids": list(groups)}))


async def groups_of(snapshot: Snapshot, users: Sequence[UUID]) -> dict[UUID, list[Group]]:
    """The groups of each user, by name: all of them for whoever may use the directory, else only the viewer's own."""
    shown = users if await access_directory(snapshot) else [user for user in users if user == snapshot.viewer.id]
    found: dict[UUID, list[Group]] = {user: [] for user in users}
    rows = await snapshot.rows(
        select(GroupMember.user_id, Group.id, Group.name, Group.name_key, Group.created_at)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.user_id.in_(shown))
        .order_by(Group.name_key, Group.id)
    )
    for row in rows:
        found[row.user_id].append(row)  # type: ignore[arg-type]  # a row with a group's columns
    return found


async def search_users(snapshot: Snapshot, search: str | None, arguments: PageArguments) -> Page[User]:
    """Users by name. FORBIDDEN for whoever has no picker to fill."""
    await _may_search(snapshot)
    return await page(snapshot, _named(select(User), User.name_key, search), USERS_BY_NAME, arguments)


async def search_groups(snapshot: Snapshot, search: str | None, arguments: PageArguments) -> Page[Group]:
    """Groups by name. FORBIDDEN for whoever has no picker to fill."""
    await _may_search(snapshot)
    return await page(snapshot, _named(select(Group), Group.name_key, search), GROUPS_BY_NAME, arguments)


async def members_of(
    snapshot: Snapshot, groups: Sequence[UUID], search: str | None, arguments: PageArguments
) -> dict[UUID, Page[User]]:
    """A page of each group's users by name; none for whoever may not use the directory."""
    arguments.checked()
    members = _named(select(User).join(GroupMember, GroupMember.user_id == User.id), User.name_key, search)
    if not await access_directory(snapshot):
        return dict.fromkeys(groups, EMPTY)
    return await page_each(snapshot, members, GroupMember.group_id, groups, USERS_BY_NAME, arguments)


async def _may_search(snapshot: Snapshot) -> None:
    if not await access_directory(snapshot):
        raise Forbidden("Only managers of a gallery and site admins may look for people and groups.")


def _named(statement: Select[T], name: InstrumentedAttribute[str], search: str | None) -> Select[T]:
    if not search:
        return statement
    return statement.where(name.like(like_pattern(clean_line(search, SEARCH_LIMIT, "search")), escape="\\"))
