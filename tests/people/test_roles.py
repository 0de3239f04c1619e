"""Roles in random graphs of users, groups and assignments, compared with a naive model (rules 2, 3, 8 to 10)."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from models.access.rights import Rights, rights_in, rights_of, stored_rights
from models.database.database import Database
from models.database.transaction import Transaction
from models.errors import LastManager
from models.permissions import Viewer
from models.storage.base import new_id
from models.tables.galleries import Gallery, GalleryRole, MembershipSource
from models.tables.participants import ParticipantRole
from models.tables.people import Group, GroupMember, User
from models.tables.principals import Principal, PrincipalKind
from models.tables.rooms import AssignedRole, AssignmentSource, ModeratorAssignment, Room
from resolvers.galleries import _add_room
from resolvers.members import add_members, keep_managers
from server.app import open_database
from server.settings import Settings
from tests.support.world import Clock

USERS, GROUPS, GALLERIES = range(4), range(3), range(2)
ORDER = list(GalleryRole)  # highest first
Who = tuple[PrincipalKind, int]


@dataclass(frozen=True)
class Graph:
    """A graph of numbered users, groups and galleries."""

    inside: frozenset[tuple[int, int]]  # pairs of group and user
    memberships: dict[tuple[int, Who, MembershipSource], GalleryRole]
    assignments: frozenset[tuple[int, AssignedRole, Who]]

    def is_(self, user: int, who: Who) -> bool:
        """Returns whether the principal is the user or a group of theirs."""
        kind, number = who
        return number == user if kind is PrincipalKind.USER else (number, user) in self.inside

    def gallery_role(self, gallery: int, user: int) -> GalleryRole | None:
        sources = [role for (of, who, _), role in self.memberships.items() if of == gallery and self.is_(user, who)]
        return min(sources, key=ORDER.index, default=None)

    def held(self, gallery: int, user: int) -> Counter[tuple[str, str, Who]]:
        assigned = [
            (role.value, AssignmentSource.ASSIGNED.value, who)
            for of, role, who in self.assignments
            if of == gallery and self.is_(user, who)
        ]
        managing = [
            (ParticipantRole.ROOM_MODERATOR.value, AssignmentSource.GALLERY_MANAGER.value, who)
            for (of, who, _), role in self.memberships.items()
            if of == gallery and role is GalleryRole.MANAGER and self.is_(user, who)
        ]
        return Counter(assigned + managing)

    def is_managed(self, gallery: int) -> bool:
        return any(self.gallery_role(gallery, user) is GalleryRole.MANAGER for user in USERS)


principals = st.one_of(
    st.tuples(st.just(PrincipalKind.USER), st.sampled_from(USERS)),
    st.tuples(st.just(PrincipalKind.GROUP), st.sampled_from(GROUPS)),
)
graphs = st.builds(
    Graph,
    inside=st.frozensets(st.tuples(st.sampled_from(GROUPS), st.sampled_from(USERS)), max_size=8),
    memberships=st.dictionaries(
        st.tuples(st.sampled_from(GALLERIES), principals, st.sampled_from(MembershipSource)),
        st.sampled_from(GalleryRole),
        max_size=12,
    ),
    assignments=st.frozensets(
        st.tuples(st.sampled_from(GALLERIES), st.sampled_from(AssignedRole), principals), max_size=10
    ),
)


class UndoError(Exception):
    """Raised to roll back an example."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """One database for all examples, each of which is rolled back."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("roles") / "enfilade.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        template = request.getfixturevalue("postgres_template")
        url = request.getfixturevalue("postgres").create_database(f"{template}_roles", template)
    opened = open_database(Settings(dev=True, database_url=url), Clock())
    yield opened
    await opened.close()
    if request.param == "postgresql":
        request.getfixturevalue("postgres").drop_database(f"{template}_roles")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs)
async def test_roles_are_what_a_naive_model_says(database: Database, graph: Graph) -> None:
    """Rules 2, 8 to 10: all users in all galleries and rooms, with the sources of each role, one by one and in bulk."""

    async def work(tx: Transaction) -> None:
        stored = await store(tx, graph)
        for user, user_id in enumerate(stored.users):
            at_once = await rights_in(tx, stored.galleries, user_id)
            for gallery, gallery_id in enumerate(stored.galleries):
                rights = await stored_rights(tx, gallery_id, user_id)
                assert rights.gallery_role == graph.gallery_role(gallery, user)
                assert stored.held(rights) == graph.held(gallery, user)
                assert at_once[gallery_id].gallery_role == rights.gallery_role
                assert stored.held(at_once[gallery_id]) == stored.held(rights)
        for gallery, gallery_id in enumerate(stored.galleries):
            of_all = await rights_of(tx, gallery_id, stored.users)
            assert list(of_all) == stored.users
            for user, rights in enumerate(of_all.values()):
                assert rights.gallery_role == graph.gallery_role(gallery, user)
                assert stored.held(rights) == graph.held(gallery, user)
        raise UndoError

    with pytest.raises(UndoError):
        await database.transact(Viewer(UUID(int=0), "test"), "test", work)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs)
async def test_a_gallery_has_a_manager_when_the_model_says_so(database: Database, graph: Graph) -> None:
    """Rule 3: a user has the role, directly or through a group; an empty group does not count."""

    async def work(tx: Transaction) -> None:
        stored = await store(tx, graph)
        for gallery, gallery_id in enumerate(stored.galleries):
            assert await is_kept(tx, [gallery_id]) is graph.is_managed(gallery)
        assert await is_kept(tx, stored.galleries) is all(graph.is_managed(each) for each in GALLERIES)
        raise UndoError

    with pytest.raises(UndoError):
        await database.transact(Viewer(UUID(int=0), "test"), "test", work)


async def is_kept(tx: Transaction, galleries: list[UUID]) -> bool:
    try:
        await keep_managers(tx, galleries, "input")
    except LastManager:
        return False
    return True


@dataclass(frozen=True)
class Stored:
    """The ids of the graph's numbers."""

    users: list[UUID]
    groups: list[UUID]
    galleries: list[UUID]

    def principal(self, who: Who) -> Principal:
        kind, number = who
        return Principal(kind, (self.users if kind is PrincipalKind.USER else self.groups)[number])

    def held(self, rights: Rights) -> Counter[tuple[str, str, Who]]:
        return Counter((each.role.value, each.source.value, self._who(each)) for each in rights.held)

    def _who(self, each: Any) -> Who:
        if each.user_id:
            return PrincipalKind.USER, self.users.index(each.user_id)
        return PrincipalKind.GROUP, self.groups.index(each.group_id)


async def store(tx: Transaction, graph: Graph) -> Stored:
    users = list(await tx.values(select(User.id).order_by(User.id).limit(len(USERS))))
    stored = Stored(users, [await new_group(tx) for _ in GROUPS], [await new_gallery(tx) for _ in GALLERIES])
    inside = [{"group_id": stored.groups[group], "user_id": users[user]} for group, user in graph.inside]
    await insert_all(tx, GroupMember, inside)
    for (gallery, who, source), role in graph.memberships.items():
        await add_members(tx, stored.galleries[gallery], [(stored.principal(who), role)], source)
    rooms: dict[UUID, UUID] = dict(await tx.rows(select(Room.gallery_id, Room.id)))
    assigned = [
        {
            "id": new_id(),
            "room_id": rooms[stored.galleries[gallery]],
            "role": role,
            "user_id": stored.principal(who).user_id,
            "group_id": stored.principal(who).group_id,
            "position": place,
            "created_at": tx.now,
        }
        for place, (gallery, role, who) in enumerate(graph.assignments)
    ]
    await insert_all(tx, ModeratorAssignment, assigned)
    return stored


async def insert_all(tx: Transaction, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(table), rows)


async def new_group(tx: Transaction) -> UUID:
    return (await tx.add(Group, id=new_id(), name="group", name_key="group", created_at=tx.now)).id


async def new_gallery(tx: Transaction) -> UUID:
    """Inserts a gallery without members, which no mutation creates."""
    gallery = await tx.add(
        Gallery,
        id=new_id(),
        external_id=None,
        title="gallery",
        title_key="gallery",
        description="",
        moderate_media=False,
        created_at=tx.now,
        updated_at=tx.now,
        log_head=0,
        log_mark=0,
        log_floor=0,
    )
    await _add_room(tx, gallery.id)
    return gallery.id
