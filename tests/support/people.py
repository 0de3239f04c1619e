"""More people around the demo's gallery, and changes that tests make directly in the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import Update, delete, select

from models.cursors import Position
from models.database.transaction import Transaction
from models.events import log
from models.events.every import Event
from models.storage.base import new_id
from models.tables.galleries import GalleryRole, Membership, MembershipSource
from models.tables.people import Group, GroupMember
from models.tables.principals import Principal, PrincipalKind
from models.values.text import sort_key
from resolvers.members import add_members
from schema.types.ids import global_id, local_principals, parse
from server.accounts import THE_SERVER
from tests.support.world import CONFIGURE, World


def local(of: str) -> UUID:
    """Returns the UUID inside a global id."""
    parsed = parse(of)
    assert parsed
    return parsed[1]


def absent(kind: str) -> str:
    """Returns a well-formed id of an object that never existed."""
    return global_id(kind, new_id())


async def id_of(world: World, who: str) -> str:
    """Returns this person's id, as they read it."""
    return str((await world.query(who, "{ viewer { id } }"))["viewer"]["id"])


async def configure(world: World, **changes: Any) -> dict[str, Any]:
    """Saves the demo room's form as the manager. Returns the room."""
    payload = await world.mutate("manager", CONFIGURE, input={"galleryId": world.gallery, **changes})
    return dict(payload["room"])


async def change(world: World, statement: Update) -> None:
    """Runs an UPDATE."""
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(statement))


async def make_group(world: World, name: str, *people: str) -> str:
    """Creates a group of these people. Returns its id."""
    group_id = new_id()

    async def work(tx: Transaction) -> None:
        await tx.add(Group, id=group_id, name=name, name_key=sort_key(name), created_at=tx.now)

    await world.database.transact(THE_SERVER, "test", work)
    group = global_id("Group", group_id)
    await join_group(world, group, *people)
    return group


async def join_group(world: World, group: str, *people: str) -> None:
    """Adds these people to a group."""
    users = [local(await id_of(world, who)) for who in people]

    async def work(tx: Transaction) -> None:
        for user_id in users:
            await tx.add(GroupMember, group_id=local(group), user_id=user_id)

    await world.database.transact(THE_SERVER, "test", work)


async def quit_group(world: World, group: str, who: str) -> None:
    """Removes a person from a group."""
    user_id = local(await id_of(world, who))
    gone = delete(GroupMember).where(GroupMember.group_id == local(group), GroupMember.user_id == user_id)
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))


async def delete_group(world: World, group: str) -> None:
    """Deletes a group."""
    gone = delete(Group).where(Group.id == local(group))
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))


async def set_role(world: World, principal: str, role: GalleryRole | None, gallery: str | None = None) -> None:
    """Replaces a user's or group's role in the demo gallery, or in another."""
    (whose,) = local_principals([principal])
    await world.database.transact(THE_SERVER, "test", _set_role(local(gallery or world.gallery), whose, role))


def _set_role(gallery_id: UUID, whose: Principal, role: GalleryRole | None) -> Any:
    column = Membership.user_id if whose.kind is PrincipalKind.USER else Membership.group_id

    async def work(tx: Transaction) -> None:
        await tx.execute(delete(Membership).where(Membership.gallery_id == gallery_id, column == whose.id))
        if role:
            await add_members(tx, gallery_id, [(whose, role)], MembershipSource.MANUAL)

    return work


async def give_role(world: World, who: str, role: GalleryRole | None) -> str:
    """Does the same as `set_role` for one person, by name. Returns their id."""
    user = await id_of(world, who)
    await set_role(world, user, role)
    return user


async def log_head(world: World) -> Position:
    """Returns the head of the demo gallery's log."""
    return await log.head(world.database.reads, local(world.gallery))


async def events_since(world: World, position: Position) -> list[Event]:
    """Returns the events of the demo gallery's log after a position."""
    entries = await log.after(world.database.reads, local(world.gallery), position, 1000)
    return [entry.event for entry in entries]


async def group_id(world: World, name: str) -> str:
    """Returns the id of a group, by its name."""
    return global_id("Group", await world.database.reads.value(select(Group.id).where(Group.name == name)))
