"""Access to users, groups and rosters, and to the directory.

Site admins edit groups and rosters without seeing any gallery's content (rule 14). FORBIDDEN is raised before
NOT_FOUND, so that users who are not site admins do not learn which groups exist (rule 4).
"""

from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.authorise import permit
from models.access.rights import IS_MANAGER_SOMEWHERE
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import not_found
from models.permissions import Permission, Role, granted
from models.tables.galleries import Gallery
from models.tables.people import Group, User

_LOCK_GALLERY = select(Gallery.id).where(Gallery.id == bindparam("id")).with_for_update()
# FOR NO KEY UPDATE: it does not block transactions that insert foreign keys to the group; see `hold_groups`.
_LOCK_GROUP = select(Group.id).where(Group.id == bindparam("id")).with_for_update(key_share=True)

_LOCK_USER = select(User.id).where(User.id == bindparam("id")).with_for_update(key_share=True)


async def access_roster(tx: Transaction, gallery_id: UUID, *field: str) -> None:
    """Locks a gallery for a sync of its course's roster. Raises FORBIDDEN, NOT_FOUND."""
    await _permit(tx, Act(Permission.MANAGE_PEOPLE, "gallery", gallery_id, None))
    if not await tx.row(_LOCK_GALLERY, {"id": gallery_id}):
        raise not_found("gallery", *field)


async def access_group(tx: Transaction, group_id: UUID, *field: str) -> None:
    """Locks a group to change it or its members. Raises FORBIDDEN, NOT_FOUND."""
    await _permit(tx, Act(Permission.MANAGE_PEOPLE, "group", group_id, None))
    if not await tx.row(_LOCK_GROUP, {"id": group_id}):
        raise not_found("group", *field)


async def access_user(tx: Transaction, user_id: UUID, *field: str) -> None:
    """Locks a user to suspend them or to end it. Raises FORBIDDEN, NOT_FOUND."""
    await _permit(tx, Act(Permission.MANAGE_PEOPLE, "user", user_id, None))
    if not await tx.row(_LOCK_USER, {"id": user_id}):
        raise not_found("user", *field)


def may_manage_people(handle: Snapshot) -> bool:
    """Returns whether the viewer keeps users and groups. Site admins do."""
    return Permission.MANAGE_PEOPLE in granted(handle.viewer.site_roles)


async def access_directory(handle: Snapshot) -> bool:
    """Returns whether the viewer may search people and groups. Site admins and managers of any gallery may."""
    if Permission.SEARCH_DIRECTORY in granted(handle.viewer.site_roles):
        return True
    return bool(await handle.value(IS_MANAGER_SOMEWHERE, {"viewer": handle.viewer.id}))


async def _permit(tx: Transaction, act: Act) -> None:
    await permit(tx, act, [role for role in Role if role in tx.viewer.site_roles], ())
