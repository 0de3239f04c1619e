"""Access to what site admins keep without seeing any gallery's content: groups, rosters (rule 14); and to the directory.

FORBIDDEN comes before NOT_FOUND, so that who is no site admin does not learn what there is (rule 4).
"""

from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.authorise import permit
from models.access.rights import IS_MANAGER_SOMEWHERE
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import not_found
from models.permissions import Permission, Role, granted
from models.tables.galleries import Gallery
from models.tables.people import Group

_LOCK_GALLERY = select(Gallery.id).where(Gallery.id == bindparam("id")).with_for_update()
# Not against those who write what refers to the group in a gallery that they hold; see `hold_groups`.
_LOCK_GROUP = select(Group.id).where(Group.id == bindparam("id")).with_for_update(key_share=True)


async def access_roster(tx: Transaction, gallery_id: UUID, *field: str) -> None:
    """Lock a gallery for its course's roster. FORBIDDEN, NOT_FOUND."""
    await _permit(tx, Act(Permission.MANAGE_PEOPLE, "gallery", gallery_id, None))
    if not await tx.row(_LOCK_GALLERY, {"id": gallery_id}):
        raise not_found("gallery", *field)


async def access_group(tx: Transaction, group_id: UUID, *field: str) -> None:
    """Lock a group for a change of it or of who is in it. FORBIDDEN, NOT_FOUND."""
    await _permit(tx, Act(Permission.MANAGE_PEOPLE, "group", group_id, None))
    if not await tx.row(_LOCK_GROUP, {"id": group_id}):
        raise not_found("group", *field)


async def access_directory(handle: Snapshot) -> bool:
    """Whether the viewer may look for people and groups: site admins, and managers of any gallery for their pickers."""
    if Permission.SEARCH_DIRECTORY in granted(handle.viewer.site_roles):
        return True
    return bool(await handle.value(IS_MANAGER_SOMEWHERE, {"viewer": handle.viewer.id}))


async def _permit(tx: Transaction, act: Act) -> None:
    await permit(tx, act, [role for role in Role if role in tx.viewer.site_roles], ())
