"""The attempts of subscribers, as they were told and as they ended."""

from dataclasses import dataclass, field

from tests.soak.history import Opened, Told


@dataclass
class Stream:
    """One attempt of a subscriber."""

    opened: Opened
    told: list[Told] = field(default_factory=list)
    ended: str | None = None
    ended_at: float | None = None  # also if the subscriber itself left
