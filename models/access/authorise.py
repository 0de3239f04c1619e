"""Authorisation: the `access_*` functions fetch and authorise in one step, and no other code authorises.

Absent and hidden things both raise NOT_FOUND (rule 4). In a Transaction, access first locks the gallery's row, so later
checks see the state that matches the log's order. The lock statement checks visibility itself: a viewer who may not see
the gallery neither holds its lock nor waits for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select

from models.access.rights import (
    IS_MEMBER,
    Rights,
    held_in,
    with_rights,
)
from models.database.transaction import Act, Snapshot, Transaction
from models.errors import Forbidden, Invalid, NotFound, Refusal, not_found
from models.permissions import GRANTS, Permission, Role
from models.tables.galleries import Gallery
from models.values.text import KEY_LIMIT, clean_line


@dataclass(frozen=True, slots=True)
class GalleryAccess:
    """A gallery that the viewer may see, and the viewer's rights in it."""

    gallery: Gallery
    rights: Rights

    def may(self, permission: Permission) -> bool:
        return permission in self.rights.permissions


_GALLERY = with_rights(select(Gallery).where(Gallery.id == bindparam("id")), bindparam("id"))
_BY_EXTERNAL_ID = Gallery.external_id == bindparam("external_id")
_GALLERY_BY_EXTERNAL_ID = with_rights(
    select(Gallery).where(_BY_EXTERNAL_ID), select(Gallery.id).where(_BY_EXTERNAL_ID).scalar_subquery()
)


def locking(which: ColumnElement[bool], visible: ColumnElement[bool]) -> Select[UUID]:
    """Returns a statement that locks the gallery's row, if the viewer may see the thing in question.

    For `access_*` only.
    """
    return select(Gallery.id).where(which, visible).with_for_update(of=Gallery)


_LOCK_GALLERY = locking(Gallery.id == bindparam("id"), IS_MEMBER)


async def access_gallery(
    handle: Snapshot, gallery_id: UUID, permission: Permission = Permission.VIEW_GALLERY, *field: str
) -> GalleryAccess:
    """Returns the gallery, if the viewer is a member and holds `permission`. Raises NOT_FOUND, FORBIDDEN."""
    act = Act(permission, "gallery", gallery_id, None)
    if handle.locks and not await handle.row(_LOCK_GALLERY, {"id": gallery_id, "viewer": handle.viewer.id}):
        raise refused(handle, act, not_found("gallery", *field))
    access = await _gallery(handle, _GALLERY, {"id": gallery_id})
    if access is None:
        raise refused(handle, act, not_found("gallery", *field))
    await permit(handle, act, access.rights.roles, field)
    return access


async def access_course(snapshot: Snapshot, external_id: str) -> GalleryAccess:
    """Returns the gallery of a course (LTI context), if the viewer is a member. Raises NOT_FOUND."""
    try:
        which = {"external_id": clean_line(external_id, KEY_LIMIT)}
    except Invalid:
        raise not_found("gallery") from None
    access = await _gallery(snapshot, _GALLERY_BY_EXTERNAL_ID, which)
    if access is None:
        raise not_found("gallery")
    return access


async def _gallery(
    handle: Snapshot, read: Select[*tuple[Any, ...]], which: Mapping[str, object]
) -> GalleryAccess | None:
    rows = await handle.rows(read, {**which, "viewer": handle.viewer.id})
    rights = held_in(rows)
    # The row has all columns of Gallery, and further columns; see Statements.
    return GalleryAccess(cast("Gallery", rows[0]), rights) if rights.gallery_role else None


async def note_act(tx: Transaction, access: GalleryAccess, permission: Permission, target: str, of: UUID) -> None:
    """Writes the audit record of one of several acts, under a permission that was checked on access (rule 67).

    The caller has accessed the gallery with this permission.
    """
    await tx.allowed(Act(permission, target, of, granting(access.rights.roles, permission)))


async def access_site(handle: Snapshot, permission: Permission) -> None:
    """Raises FORBIDDEN unless the token's scopes grant `permission` on the site."""
    roles = [role for role in Role if role in handle.viewer.site_roles]
    await permit(handle, Act(permission, "site", None, None), roles, ())


async def permit(handle: Snapshot, act: Act, roles: Sequence[Role], field: Sequence[str]) -> None:
    """Raises FORBIDDEN unless one of the roles grants the act's permission. For `access_*` only."""
    await allow(handle, act, granting(roles, act.permission), field)


async def allow(handle: Snapshot, act: Act, role: Role | None, field: Sequence[str]) -> None:
    """Raises FORBIDDEN if `role`, which allows the act, is None. Records the act for the audit. For `access_*` only."""
    if role is None:
        raise refused(handle, act, Forbidden("You may not do this here.", *field))
    if isinstance(handle, Transaction):
        await handle.allowed(Act(act.permission, act.target, act.target_id, role))


def granting(roles: Sequence[Role], permission: Permission) -> Role | None:
    """Returns the first of the roles that grants the permission, or None."""
    return next((role for role in roles if permission in GRANTS[role]), None)


def refused(handle: Snapshot, act: Act, refusal: NotFound | Forbidden) -> NotFound | Forbidden:
    """Records the refused act for the audit, and returns the refusal. For `access_*` only."""
    if isinstance(handle, Transaction):
        handle.asked = act
    return refusal


def holds(guard: Callable[..., object], *args: object) -> bool:
    """Returns whether a guard, which raises refusals, lets these pass. So what viewers are told is what would happen."""
    try:
        guard(*args)
    except Refusal:
        return False
    return True
