"""Events of interactions.

Only chat moderators get events of drafts and of scheduled interactions. Everyone inside gets events of opened ones
(rules 75, 78).
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.interactions import InteractionFacts, Tally


@dataclass(frozen=True, slots=True)
class OfInteraction:
    """An event about one interaction: the interaction after the event, and the totals that it announces.

    Readers of events check whether the viewer may see the totals.
    """

    interaction: InteractionFacts
    tally: Tally

    changes_access_of = None
    subject_id = None

    @property
    def session_id(self) -> UUID:
        return self.interaction.session_id

    @property
    def audience(self) -> AudienceKey:
        unopened = self.interaction.is_unopened
        return AudienceKey(Audience.CHAT_MODERATORS if unopened else Audience.INSIDE, self.session_id)


@dataclass(frozen=True, slots=True)
class InteractionOpened(OfInteraction):
    """An interaction was opened, by a moderator or at its time: it takes answers from now on."""

    kind: Literal["InteractionOpened"] = "InteractionOpened"


@dataclass(frozen=True, slots=True)
class InteractionChanged(OfInteraction):
    """A draft was created, changed or scheduled, or an opened interaction has new totals (at most once a second).

    It also reports that a word was hidden or shown, and that an answer was published or withdrawn. With `rewords`,
    earlier events of the interaction show other texts after it.
    """

    rewords: bool = False
    kind: Literal["InteractionChanged"] = "InteractionChanged"


@dataclass(frozen=True, slots=True)
class InteractionClosed(OfInteraction):
    """An interaction was closed: it takes no more answers, and its totals are final."""

    kind: Literal["InteractionClosed"] = "InteractionClosed"


@dataclass(frozen=True, slots=True)
class InteractionDeleted:
    """A draft was deleted."""

    interaction_id: UUID
    session_id: UUID
    kind: Literal["InteractionDeleted"] = "InteractionDeleted"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.CHAT_MODERATORS, self.session_id)


InteractionEvent = InteractionOpened | InteractionChanged | InteractionClosed | InteractionDeleted
