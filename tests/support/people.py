"""More people around the demo's gallery, and the changes that no mutation makes yet."""

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
    """The UUID inside an id."""
    parsed = parse(of)
    assert parsed
    return parsed[1]


def absent(kind: str) -> str:
    """A well-formed id of something that was never there."""
    return global_id(kind, new_id())


async def id_of(world: World, who: str) -> str:
    """Someone's id, as they read it themselves."""
    return str((await world.query(who, "{ viewer { id } }"))["viewer"]["id"])


async def configure(world: World, **changes: Any) -> dict[str, Any]:
    """Save the demo room's form, as the manager. Gives the room."""
    payload = await world.mutate("manager", CONFIGURE, input={"galleryId": world.gallery, **changes})
    return dict(payload["room"])


async def change(world: World, statement: Update) -> None:
    """Run an UPDATE."""
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(statement))


async def make_group(world: World, name: str, *people: str) -> str:
    """A new group of these people. Gives its id."""
    group_id = new_id()

    async def work(tx: Transaction) -> None:
        await tx.add(Group, id=group_id, name=name, name_key=sort_key(name), created_at=tx.now)

    await world.database.transact(THE_SERVER, "test", work)
    group = global_id("Group", group_id)
    await join_group(world, group, *people)
    return group


async def join_group(world: World, group: str, *people: str) -> None:
    """Add these people to a group."""
    users = [local(await id_of(world, who)) for who in people]

    async def work(tx: Transaction) -> None:
        for user_id in users:
            await tx.add(GroupMember, group_id=local(group), user_id=user_id)

    await world.database.transact(THE_SERVER, "test", work)


async def quit_group(world: World, group: str, who: str) -> None:
    """Take someone out of a group."""
    user_id = local(await id_of(world, who))
    gone = delete(GroupMember).where(GroupMember.group_id == local(group), GroupMember.user_id == user_id)
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))


async def delete_group(world: World, group: str) -> None:
    """Delete a group."""
    gone = delete(Group).where(Group.id == local(group))
    await world.database.transact(THE_SERVER, "test", lambda tx: tx.execute(gone))


async def set_role(world: World, principal: str, role: GalleryRole | None, gallery: str | None = None) -> None:
    """Give a user or group this role in the demo gallery (or another), instead of the one that they have."""
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
    """The same for one person, by name. Gives their id."""
    user = await id_of(world, who)
    await set_role(world, user, role)
    return user


async def log_head(world: World) -> Position:
    """Where the demo gallery's log stands."""
    return await log.head(world.database.reads, local(world.gallery))


async def told_since(world: World, position: Position) -> list[Event]:
    """What the demo gallery's log tells of since then."""
    entries = await log.after(world.database.reads, local(world.gallery), position, 1000)
    return [entry.event for entry in entries]


async def group_id(world: World, name: str) -> str:
    """The id of a group, by its name."""
    return global_id("Group", await world.database.reads.value(select(Group.id).where(Group.name == name)))
