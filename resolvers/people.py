"""Users and groups: reading and searching them, and creating or updating users from profiles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, String, func, literal, null, select, true, union_all, update
from sqlalchemy.orm import InstrumentedAttribute

from models.access.authorise import access_site
from models.access.people import access_directory
from models.database.transaction import Snapshot, Transaction
from models.errors import Forbidden, Invalid
from models.permissions import Permission
from models.storage.base import new_id
from models.storage.full_text import search_row
from models.storage.paging import EMPTY, Key, Narrowing, Page, PageArguments, narrowed_page, page, page_each
from models.storage.statements import AnyRow, among
from models.tables.names import name_words, named_like
from models.tables.people import Group, GroupMember, User
from models.tables.principals import Principal, PrincipalKind
from models.values.checks import all_invalid
from models.values.emails import clean_email
from models.values.text import KEY_LIMIT, TITLE_LIMIT, clean_line, clean_search, like_pattern, sort_key
from models.values.urls import clean_url

T = TypeVar("T")

USERS_REACH = 200  # Reading this many rows costs about as much as the rest of a page of names.
USERS_BY_NAME = (Key(User.name_key), Key(User.id))
GROUPS_BY_NAME = (Key(Group.name_key), Key(Group.id))


@dataclass(frozen=True, slots=True)
class Profile:
    """The claims of a token about its user. Issuer and subject identify the user; the rest may change."""

    issuer: str
    subject: str
    name: str
    username: str | None
    email: str | None
    avatar_url: str | None

    def columns(self) -> dict[str, str | None]:
        """Returns the stored columns, without issuer and subject."""
        key = sort_key(f"{self.name} {self.username or ''}")
        return {
            "name": self.name,
            "name_key": key,
            "search_words": name_words(key),
            "username": self.username,
            "email": self.email,
            "avatar_url": self.avatar_url,
        }

    def describes(self, user: User) -> bool:
        """Returns whether the user's stored columns already match."""
        return all(getattr(user, name) == value for name, value in self.columns().items())


async def user_of_profile(tx: Transaction, profile: Profile) -> User:
    """Returns the profile's user, after inserting or updating it if necessary."""
    known = await tx.first(select(User).where(User.issuer == profile.issuer, User.subject == profile.subject))
    values = profile.columns()
    if known is None:
        identity = {"issuer": profile.issuer, "subject": profile.subject, "suspended_at": None, "created_at": tx.now}
        user_id = new_id()
        return await tx.add(User, id=user_id, search_row=search_row(user_id), **identity, **values)
    if profile.describes(known):
        return known
    changed = update(User).where(User.id == known.id).values(**values).returning(User)
    row = await tx.first(changed)
    assert row
    return row


async def upsert_user(tx: Transaction, given: Profile) -> UUID:
    """Creates the user with this issuer and subject, or replaces their profile. Returns the user's id.

    Raises INVALID.
    """
    await access_site(tx, Permission.MANAGE_PEOPLE)
    user = await user_of_profile(tx, _checked(given))
    return user.id


def _checked(given: Profile) -> Profile:
    with all_invalid() as check:
        return Profile(
            issuer=check(_identity, given.issuer, "issuer"),
            subject=check(_identity, given.subject, "subject"),
            name=check(clean_line, given.name, TITLE_LIMIT, "input", "name"),
            username=check.given(clean_line, given.username, TITLE_LIMIT, "input", "username"),
            email=check.given(clean_email, given.email, "input", "email"),
            avatar_url=check.given(clean_url, given.avatar_url, "input", "avatarUrl"),
        )


def _identity(value: str, field: str) -> str:
    # A value that is not clean is refused: cleaning could turn one user's identity into another's.
    if clean_line(value, KEY_LIMIT, "input", field) != value:
        raise Invalid("This must be exactly as in the user's tokens: without spaces around it, in NFC.", "input", field)
    return value


_KIND = "kind"
_USERS = select(
    literal(PrincipalKind.USER, String).label(_KIND),
    User.id,
    User.name,
    User.avatar_url,
    User.email,
    User.username,
    User.suspended_at,
).where(among(User.id, "users"))
_GROUPS = select(
    literal(PrincipalKind.GROUP, String).label(_KIND),
    Group.id,
    Group.name,
    null().label("avatar_url"),
    null().label("email"),
    null().label("username"),
    null().label("suspended_at"),
).where(among(Group.id, "groups"))
_BOTH: CompoundSelect[*tuple[Any, ...]] = union_all(_USERS, _GROUPS)
_COUNTS = select(GroupMember.group_id, func.count()).where(among(GroupMember.group_id)).group_by(GroupMember.group_id)


async def people_by_id(snapshot: Snapshot, wanted: Collection[Principal]) -> dict[Principal, AnyRow]:
    """Returns users and groups with the columns that pages show. Runs one statement.

    This does not check access: a viewer who knows an id may see the name.
    """
    if not wanted:
        return {}
    users = [each.id for each in wanted if each.kind is PrincipalKind.USER]
    groups = [each.id for each in wanted if each.kind is PrincipalKind.GROUP]
    read = _BOTH if users and groups else _USERS if users else _GROUPS
    rows = await snapshot.rows(read, {"users": users, "groups": groups})
    return {Principal(PrincipalKind(row.kind), row.id): row for row in rows}


async def member_counts(snapshot: Snapshot, groups: Collection[UUID]) -> dict[UUID, int]:
    """Returns the number of users in each group. Runs one statement."""
    return dict(await snapshot.rows(_COUNTS, {"ids": list(set(groups))}))


async def groups_of(snapshot: Snapshot, users: Sequence[UUID]) -> dict[UUID, list[Group]]:
    """Returns the groups of each user, by name.

    A viewer who may not search the directory only gets their own groups.
    """
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
    """Returns a page of users by name. Raises FORBIDDEN if the viewer may not search the directory."""
    await _may_search(snapshot)
    if not search:
        return await page(snapshot, select(User), USERS_BY_NAME, arguments)
    wanted = clean_search(search, "search")
    pattern = like_pattern(wanted)
    part = Narrowing(
        User,
        whole=lambda _: true(),
        holds=lambda user: [user.name_key.like(pattern, escape="\\")],
        knows=lambda _: (),
        found=select(User).where(named_like(wanted)),
        reach=USERS_REACH,
    )
    return await narrowed_page(snapshot, part, USERS_BY_NAME, arguments)


async def search_groups(snapshot: Snapshot, search: str | None, arguments: PageArguments) -> Page[Group]:
    """Returns a page of groups by name. Raises FORBIDDEN if the viewer may not search the directory."""
    await _may_search(snapshot)
    return await page(snapshot, _named(select(Group), Group.name_key, search), GROUPS_BY_NAME, arguments)


async def members_of(
    snapshot: Snapshot, groups: Sequence[UUID], search: str | None, arguments: PageArguments
) -> dict[UUID, Page[User]]:
    """Returns a page of each group's users by name. The pages are empty if the viewer may not search the directory."""
    arguments.checked()
    members = _named(select(User).join(GroupMember, GroupMember.user_id == User.id), User.name_key, search)
    if not await access_directory(snapshot):
        return dict.fromkeys(groups, EMPTY)
    return await page_each(snapshot, members, GroupMember.group_id, groups, USERS_BY_NAME, arguments)


async def _may_search(snapshot: Snapshot) -> None:
    if not await access_directory(snapshot):
        raise Forbidden("Only managers of a gallery and site admins may search people and groups.")


def _named(statement: Select[T], name: InstrumentedAttribute[str], search: str | None) -> Select[T]:
    if not search:
        return statement
    return statement.where(name.like(like_pattern(clean_search(search, "search")), escape="\\"))
