"""Redaction (rule 46): what a process remembers of its log says no more than what it would read of it now."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from models.events.chat import AboutMessage, ChatCleared, MessageDeleted
from models.events.log import Entry
from models.tables.chat import ChatChannel, Spoken


@dataclass(slots=True)
class Withdrawals:
    """Which messages some entries tell to be deleted or cleared, and when."""

    number: int = 0  # of the last entry that tells so
    deleted: dict[UUID, datetime | None] = field(default_factory=dict)
    cleared: dict[tuple[UUID, ChatChannel], datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.number > 0

    def redacted(self, entry: Entry) -> Entry:
        """An entry that was read before these, with what has become of its message since."""
        if entry.spoken is None or not isinstance(entry.event, AboutMessage):
            return entry
        place = entry.event.session_id, entry.event.channel
        return replace(entry, spoken=self._spoken(entry.spoken, place))

    def _spoken(self, spoken: Spoken, place: tuple[UUID, ChatChannel]) -> Spoken:
        # The text stays: chat moderators read it, and for all others it is rendered as withdrawn.
        deleted_at = spoken.deleted_at or self.deleted.get(spoken.id)
        return replace(spoken, deleted_at=deleted_at, cleared_at=spoken.cleared_at or self.cleared.get(place))


def withdrawals(entries: Iterable[Entry]) -> Withdrawals:
    """What these entries, one after the other, tell to be deleted or cleared."""
    found = Withdrawals()
    for entry in entries:
        match entry.event:
            case MessageDeleted(message=message):
                found.number = entry.number
                found.deleted[message.id] = message.deleted_at
            case ChatCleared(session_id=session_id, channel=channel, cleared_at=cleared_at):
                found.number = entry.number
                found.cleared.setdefault((session_id, channel), cleared_at)
    return found
