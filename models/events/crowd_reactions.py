"""Events of crowd reactions."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.audiences import Audience, AudienceKey


@dataclass(frozen=True, slots=True)
class ReactionsCounted:
    """People reacted in the room: how often with each emoji since the last such event (at most one a second).

    It says nothing about who did (rule 81).
    """

    session_id: UUID
    counts: dict[str, int]
    kind: Literal["ReactionsCounted"] = "ReactionsCounted"

    changes_access_of = None
    subject_id = None

    @property
    def audience(self) -> AudienceKey:
        return AudienceKey(Audience.INSIDE, self.session_id)
