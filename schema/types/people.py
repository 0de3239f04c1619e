"""Users and groups."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias, cast
from uuid import UUID

import strawberry

from models.access.people import access_directory, may_manage_people
from models.database.transaction import Snapshot
from models.permissions import Role
from models.storage.paging import PageArguments
from models.tables import people
from models.tables.principals import Principal as PrincipalId
from models.tables.principals import PrincipalKind, user_principal
from resolvers import people as resolvers
from schema.execution.ahead import Loader, link, relation
from schema.types.connections import FROM_THE_START, Connection, Search, connect, paged
from schema.types.ids import global_id
from schema.types.node import Node, in_places

Groups: TypeAlias = list[Annotated["Group", strawberry.lazy("schema.types.people")]]


async def _private(told: Sequence[tuple[UUID, str | None]], snapshot: Snapshot) -> Sequence[str | None]:
    everyone = await access_directory(snapshot)
    return [value if everyone or user_id == snapshot.viewer.id else None for user_id, value in told]


_PRIVATE = Loader(_private)


async def _for_admins(moments: Sequence[datetime | None], snapshot: Snapshot) -> Sequence[datetime | None]:
    return moments if may_manage_people(snapshot) else [None] * len(moments)


_FOR_ADMINS = Loader(_for_admins)


@strawberry.interface(description="A user or a group: what can be given a role.")
class Principal(Node):
    name: str = strawberry.field(description="The user's display name, or the group's name.")


@strawberry.type(description="Someone who has signed in here, known by the claims of their token.")
class User(Principal):
    row: strawberry.Private[people.User]
    avatar_url: str | None = strawberry.field(description="Where their picture is, an http(s) URL.")

    email: str | None = link(
        "The e-mail address; null if there is none, and for all but the user and those who may search the directory.",
        _PRIVATE,
        lambda user: (user.row.id, user.row.email),
    )
    username: str | None = link(
        "The name that they sign in with; null if there is none, and for all but the user and those who may search the "
        "directory.",
        _PRIVATE,
        lambda user: (user.row.id, user.row.username),
    )

    suspended_at: datetime | None = link(
        "Since when they are suspended; null if they are not, and for all but site admins.",
        _FOR_ADMINS,
        lambda user: user.row.suspended_at,
    )

    @relation("Whether the viewer, by this request's token, is a site admin; null for all other users.")
    @staticmethod
    async def is_site_admin(users: Sequence["User"], snapshot: Snapshot) -> Sequence[bool | None]:
        admin = Role.SITE_ADMIN in snapshot.viewer.site_roles
        return [admin if user.row.id == snapshot.viewer.id else None for user in users]

    @relation("The groups they are in; empty unless the viewer is this user or may search the directory.")
    @staticmethod
    async def groups(users: Sequence["User"], snapshot: Snapshot) -> Sequence[Groups]:
        found = await resolvers.groups_of(snapshot, [user.row.id for user in users])
        return [[group_node(row) for row in found[user.row.id]] for user in users]


@strawberry.type(
    description="A named set of users. What is given to a group holds for all its present and later members."
)
class Group(Principal):
    row: strawberry.Private[people.Group]

    @relation("How many users are in it.")
    @staticmethod
    async def member_count(groups: Sequence["Group"], snapshot: Snapshot) -> Sequence[int]:
        counts = await resolvers.member_counts(snapshot, [group.row.id for group in groups])
        return [counts.get(group.row.id, 0) for group in groups]

    @paged("Its users by name; empty where the viewer may not search the directory.")
    @staticmethod
    async def members(
        groups: Sequence["Group"],
        snapshot: Snapshot,
        search: Search = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[User]]:
        ids = [group.row.id for group in groups]
        pages = await resolvers.members_of(snapshot, ids, search, arguments)
        return [connect(pages[each], user_node, None) for each in ids]


def user_node(row: people.User) -> User:
    """Returns the user as a node."""
    return User(row=row, id=global_id("User", row.id), name=row.name, avatar_url=row.avatar_url)


def group_node(row: people.Group) -> Group:
    """Returns the group as a node."""
    return Group(row=row, id=global_id("Group", row.id), name=row.name)


async def load_principals(snapshot: Snapshot, wanted: Sequence[PrincipalId | None]) -> list[User | Group | None]:
    """Returns users and groups in one statement, and None for those that do not exist or were deleted.

    Each place gets its own node.
    """
    found = await resolvers.people_by_id(snapshot, {each for each in wanted if each})
    return in_places(wanted, found, _principal_node)


def _principal_node(row: Any) -> User | Group:
    return user_node(row) if row.kind == PrincipalKind.USER else group_node(row)


async def _people(wanted: Sequence[PrincipalId | None], snapshot: Snapshot) -> list[User | Group | None]:
    return await load_principals(snapshot, wanted)


# Owners, authors, members and moderators: most documents end with people. So this loader runs last and loads all of
# them at once.
_PEOPLE = Loader(_people, last=True)


def user_link(description: str, user_id: Callable[[Any], UUID | None]) -> Any:
    """Returns a field with the user of this id."""
    return link(description, _PEOPLE, lambda parent: user_principal(user_id(parent)))


def principal_link(description: str, of: Callable[[Any], PrincipalId]) -> Any:
    """Returns a field with this user or group."""
    return link(description, _PEOPLE, of)


async def load_users(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[User | None]:
    """Returns the users in one statement, and None for those that do not exist or were deleted.

    Each place gets its own node.
    """
    return cast("list[User | None]", await load_principals(snapshot, [user_principal(each) for each in ids]))


async def load_groups(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Group | None]:
    """Returns the groups in one statement, and None for those that do not exist or were deleted.

    Each place gets its own node.
    """
    wanted = [PrincipalId(PrincipalKind.GROUP, each) if each else None for each in ids]
    return cast("list[Group | None]", await load_principals(snapshot, wanted))
