"""Access to media and playlists. Absent and hidden ones both raise NOT_FOUND (rule 4).

The lock statement checks visibility itself, so that hidden and absent things take one statement each.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from models.access.authorise import granting, permit, refused
from models.access.rights import IS_MEMBER, IS_REVIEWER, Rights, stored_rights
from models.database.transaction import Act, Transaction
from models.errors import not_found
from models.permissions import Permission
from models.tables.galleries import Gallery
from models.tables.media import Media, MediaFacts, MediaStatus, Playlist


@dataclass(frozen=True, slots=True)
class MediaAccess:
    """A medium that the viewer may see, and the viewer's rights in its gallery."""

    media: Media
    rights: Rights


_MEDIA = select(Media).where(Media.id == bindparam("id"))
_PLAYLIST = select(Playlist).where(Playlist.id == bindparam("id"))
_SEEN = or_(Media.status == MediaStatus.PUBLISHED, Media.owner_id == bindparam("viewer"), IS_REVIEWER)
_LOCK_OF_MEDIA = (
    select(Gallery.id)
    .join(Media, Media.gallery_id == Gallery.id)
    .where(Media.id == bindparam("id"), IS_MEMBER, _SEEN)
    .with_for_update(of=Gallery)
)
_LOCK_OF_PLAYLIST = (
    select(Gallery.id)
    .join(Playlist, Playlist.gallery_id == Gallery.id)
    .where(Playlist.id == bindparam("id"), IS_MEMBER)
    .with_for_update(of=Gallery)
)


async def access_media(tx: Transaction, media_id: UUID, *field: str) -> MediaAccess:
    """Returns the medium, if the viewer sees it and may change or remove it. Raises NOT_FOUND, FORBIDDEN."""
    act = Act(Permission.MANAGE_GALLERY, "media", media_id, None)
    gallery_id: UUID | None = await tx.value(_LOCK_OF_MEDIA, {"id": media_id, "viewer": tx.viewer.id})
    if gallery_id is None:
        raise refused(tx, act, not_found("medium", *field))
    # The medium may have been deleted while this transaction waited for the lock.
    media = await tx.first(_MEDIA, {"id": media_id})
    rights = await stored_rights(tx, gallery_id, tx.viewer.id)
    if media is None or not sees_media(media, rights, tx.viewer.id):
        raise refused(tx, act, not_found("medium", *field))
    await permit(tx, Act(_to_change(media, tx.viewer.id), "media", media_id, None), rights.roles, field)
    return MediaAccess(media, rights)


def _to_change(media: Media | MediaFacts, viewer_id: UUID) -> Permission:
    """Returns the permission that the viewer needs to change or remove the medium (rule 1)."""
    return Permission.ADD_MEDIA if media.owner_id == viewer_id else Permission.MANAGE_GALLERY


def may_change_media(media: Media | MediaFacts, rights: Rights, viewer_id: UUID) -> bool:
    """Returns whether a viewer who sees the medium may change and remove it."""
    return granting(rights.roles, _to_change(media, viewer_id)) is not None


def may_review_media(media: Media | MediaFacts, rights: Rights, _viewer_id: UUID) -> bool:
    """Returns whether the viewer may decide on the medium either way (rule 18)."""
    return media.status is MediaStatus.PENDING and granting(rights.roles, Permission.REVIEW_MEDIA) is not None


def sees_media(media: Media, rights: Rights, viewer_id: UUID) -> bool:
    """Returns whether the viewer, with `rights` in the medium's gallery, may see the medium (rule 16)."""
    if Permission.VIEW_GALLERY not in rights.permissions:
        return False
    return media.status is MediaStatus.PUBLISHED or sees_review(media, rights, viewer_id)


def sees_review(media: Media | MediaFacts, rights: Rights, viewer_id: UUID) -> bool:
    """Returns whether the viewer may see what only the medium's owner and reviewers see (rule 16)."""
    if Permission.VIEW_GALLERY not in rights.permissions:
        return False
    return media.owner_id == viewer_id or Permission.REVIEW_MEDIA in rights.permissions


async def access_playlist(tx: Transaction, playlist_id: UUID, permission: Permission, *field: str) -> Playlist:
    """Returns the playlist, if the viewer is a member of its gallery and holds `permission`.

    Raises NOT_FOUND, FORBIDDEN.
    """
    act = Act(permission, "playlist", playlist_id, None)
    gallery_id: UUID | None = await tx.value(_LOCK_OF_PLAYLIST, {"id": playlist_id, "viewer": tx.viewer.id})
    if gallery_id is None:
        raise refused(tx, act, not_found("playlist", *field))
    playlist = await tx.first(_PLAYLIST, {"id": playlist_id})
    rights = await stored_rights(tx, gallery_id, tx.viewer.id)
    if playlist is None or rights.gallery_role is None:
        raise refused(tx, act, not_found("playlist", *field))
    await permit(tx, act, rights.roles, field)
    return playlist
