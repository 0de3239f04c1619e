"""Events of polls.

Only chat moderators get events of drafts. Everyone inside gets events of opened polls (rules 53, 54).
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.polls import PollFacts, PollState, Tally


@dataclass(frozen=True, slots=True)
class OfPoll:
    """An event about one poll: the poll after the event, and the totals that it announces.

    Readers of events check whether the viewer may see the votes.
    """

    poll: PollFacts
    tally: Tally

    changes_access_of = None
    subject_id = None

    @property
    def session_id(self) -> UUID:
        return self.poll.session_id

    @property
    def audience(self) -> AudienceKey:
        draft = self.poll.state is PollState.DRAFT
        return AudienceKey(Audience.CHAT_MODERATORS if draft else Audience.INSIDE, self.session_id)


@dataclass(frozen=True, slots=True)
class PollOpened(OfPoll):
    """A poll was opened: it takes ballots from now on."""

    kind: Literal["PollOpened"] = "PollOpened"


@dataclass(frozen=True, slots=True)
class PollChanged(OfPoll):
    """A draft was created or changed, or an open poll has new ballots (recorded at most once a second)."""

    kind: Literal["PollChanged"] = "PollChanged"


@dataclass(frozen=True, slots=True)
class PollClosed(OfPoll):
    """A poll was closed: it takes no more ballots, and its totals are final."""

    kind: Literal["PollClosed"] = "PollClosed"


@dataclass(frozen=True, slots=True)
class PollDeleted:
    """A draft was deleted."""

    poll_id: UUID
    session_id: UUID
    kind: Literal["PollDeleted"] = "PollDeleted"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.CHAT_MODERATORS, self.session_id)


PollEvent = PollOpened | PollChanged | PollClosed | PollDeleted
