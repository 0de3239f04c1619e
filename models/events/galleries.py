"""Events of a gallery's settings and memberships."""

from dataclasses import dataclass, field
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
    """Site settings that rooms use changed: feature defaults (rule 24), limits of a mode (rule 22), emoji (rule 81)."""

    qna_default: bool
    group_chat_default: bool
    room_limits: list[LimitFacts]
    reaction_emoji: list[str] = field(default_factory=list)  # older log entries do not have it
    kind: Literal["SiteDefaultsChanged"] = "SiteDefaultsChanged"


@dataclass(frozen=True, slots=True)
class MembershipsChanged(ForEveryone):
    """The gallery's memberships, or the members of a group in it, changed.

    `saved` has the memberships of such a group too, which stay as they were. Members are told the memberships' ids, and
    those who see only the room are told nothing of them (rule 11).
    """

    saved: list[MembershipFacts]
    removed: list[UUID]
    kind: Literal["MembershipsChanged"] = "MembershipsChanged"
    changes_access_of = EVERYBODY


GalleryEvent = GalleryChanged | SiteDefaultsChanged | MembershipsChanged
