"""What can happen to a poll. Drafts are for chat moderators alone, what was opened for all inside (rules 53, 54)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey
from models.tables.polls import PollFacts, PollState, Tally


@dataclass(frozen=True, slots=True)
class OfPoll:
    """About one poll: as it is after it, with the totals that are told by it. Who may see votes is the reader's matter."""

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
    """Ballots can be cast from now on."""

    kind: Literal["PollOpened"] = "PollOpened"


@dataclass(frozen=True, slots=True)
class PollChanged(OfPoll):
    """A draft was made or changed; or ballots were cast in an open poll, of which is told at most once a second."""

    kind: Literal["PollChanged"] = "PollChanged"


@dataclass(frozen=True, slots=True)
class PollClosed(OfPoll):
    """No ballots any more: these totals are final."""

    kind: Literal["PollClosed"] = "PollClosed"


@dataclass(frozen=True, slots=True)
class PollDeleted:
    """A draft is gone."""

    poll_id: UUID
    session_id: UUID
    kind: Literal["PollDeleted"] = "PollDeleted"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.CHAT_MODERATORS, self.session_id)


PollEvent = PollOpened | PollChanged | PollClosed | PollDeleted
