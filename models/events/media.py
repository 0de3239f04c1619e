"""Events of a gallery's media and playlists."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import MEMBERS, REVIEWERS, Audience, AudienceKey
from models.tables.media import MediaFacts, MediaStatus, PlaylistFacts


@dataclass(frozen=True, slots=True)
class _OfMedia:
    """An event about one medium. While it is not published, only its owner and reviewers get the event (rule 16)."""

    media: MediaFacts

    changes_access_of = None
    subject_id = None
    session_id = None

    @property
    def audience(self) -> AudienceKey:
        published = self.media.status is MediaStatus.PUBLISHED
        return MEMBERS if published else AudienceKey(Audience.OWNER, self.media.owner_id)


@dataclass(frozen=True, slots=True)
class MediaAdded(_OfMedia):
    """A medium was added."""

    kind: Literal["MediaAdded"] = "MediaAdded"


@dataclass(frozen=True, slots=True)
class MediaReviewed(_OfMedia):
    """A pending medium was published or rejected."""

    reason: str | None
    kind: Literal["MediaReviewed"] = "MediaReviewed"


@dataclass(frozen=True, slots=True)
class MediaChanged(_OfMedia):
    """A medium's details were changed."""

    kind: Literal["MediaChanged"] = "MediaChanged"


@dataclass(frozen=True, slots=True)
class MediaRemoved(_OfMedia):
    """A medium was removed. The facts are its last ones."""

    kind: Literal["MediaRemoved"] = "MediaRemoved"


@dataclass(frozen=True, slots=True)
class PendingCountChanged:
    """The number of pending media changed (rule 17)."""

    pending_count: int
    kind: Literal["PendingCountChanged"] = "PendingCountChanged"
    audience = REVIEWERS
    changes_access_of = None
    subject_id = None
    session_id = None


@dataclass(frozen=True, slots=True)
class PlaylistSaved:
    """A playlist was created or changed. The event has all its items in order."""

    playlist: PlaylistFacts
    kind: Literal["PlaylistSaved"] = "PlaylistSaved"
    audience = MEMBERS
    changes_access_of = None
    subject_id = None
    session_id = None


@dataclass(frozen=True, slots=True)
class PlaylistDeleted:
    """A playlist was deleted, but not its media."""

    playlist_id: UUID
    kind: Literal["PlaylistDeleted"] = "PlaylistDeleted"
    audience = MEMBERS
    changes_access_of = None
    subject_id = None
    session_id = None


MediaEvent = (
    MediaAdded | MediaReviewed | MediaChanged | MediaRemoved | PendingCountChanged | PlaylistSaved | PlaylistDeleted
)
