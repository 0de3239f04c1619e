"""Events of a room's shelf, and of what a session shows (rules 68 to 73)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import EVERYONE, Audience, AudienceKey
from models.tables.content import ContentFacts, ShownFacts


@dataclass(frozen=True, slots=True)
class OfItem:
    """An event about one item of the shelf, with the item after the event.

    `to_all` says whether everyone who sees the room sees the item, or saw it before the event (rules 69, 73).
    """

    item: ContentFacts
    to_all: bool

    changes_access_of = None
    subject_id = None
    session_id = None

    @property
    def audience(self) -> AudienceKey:
        return EVERYONE if self.to_all else AudienceKey(Audience.SHELF)


@dataclass(frozen=True, slots=True)
class ContentAdded(OfItem):
    """An item was put on the shelf."""

    kind: Literal["ContentAdded"] = "ContentAdded"


@dataclass(frozen=True, slots=True)
class ContentChanged(OfItem):
    """An item, its place on the shelf, or its medium changed."""

    kind: Literal["ContentChanged"] = "ContentChanged"


@dataclass(frozen=True, slots=True)
class ContentRemoved(OfItem):
    """An item was taken off the shelf. The facts are its last ones."""

    kind: Literal["ContentRemoved"] = "ContentRemoved"


@dataclass(frozen=True, slots=True)
class ShownChanged:
    """The session shows something else, or another place of it. Seeks are told at most four times a second."""

    shown: ShownFacts
    kind: Literal["ShownChanged"] = "ShownChanged"

    changes_access_of = None
    subject_id = None

    @property
    def session_id(self) -> UUID:
        return self.shown.session_id

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.INSIDE, self.session_id)


@dataclass(frozen=True, slots=True)
class ShownEnded:
    """The session shows nothing any more."""

    session_id: UUID
    kind: Literal["ShownEnded"] = "ShownEnded"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.INSIDE, self.session_id)


ContentEvent = ContentAdded | ContentChanged | ContentRemoved | ShownChanged | ShownEnded
