"""What can happen to a gallery itself and to the people in it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import EVERYBODY, ForEveryone
from models.tables.galleries import MembershipFacts
from models.tables.site import LimitFacts


@dataclass(frozen=True, slots=True)
class GalleryChanged(ForEveryone):
    """The gallery was created, or its settings changed."""

    title: str
    description: str
    moderate_media: bool
    kind: Literal["GalleryChanged"] = "GalleryChanged"


@dataclass(frozen=True, slots=True)
class SiteDefaultsChanged(ForEveryone):
    """What rooms have of the site changed: the defaults that they follow (rule 24), or the limits of a mode (rule 22)."""

    qna_default: bool
    group_chat_default: bool
    room_limits: list[LimitFacts]
    kind: Literal["SiteDefaultsChanged"] = "SiteDefaultsChanged"


@dataclass(frozen=True, slots=True)
class MembershipsChanged(ForEveryone):
    """Who belongs to the gallery changed, or who is in a group that does. The rows are for the log; clients read anew."""

    saved: list[MembershipFacts]
    removed: list[UUID]
    kind: Literal["MembershipsChanged"] = "MembershipsChanged"
    changes_access_of = EVERYBODY


GalleryEvent = GalleryChanged | SiteDefaultsChanged | MembershipsChanged
