"""Redaction (rule 46): what a process remembers of its log says no more than what it would read of it now."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from models.events import log
from models.events.chat import ChatEvent
from models.events.log import Entry
from models.storage.statements import Statements
from models.tables.chat import Spoken


def changing_words(entries: Sequence[Entry]) -> list[Entry]:
    """Those after which messages that were told of before may say something else, or nothing."""
    return [entry for entry in entries if isinstance(entry.event, ChatEvent) and entry.event.changes_words]


async def read_again(run: Statements, remembered: Sequence[Entry], changing: Sequence[Entry]) -> list[Entry]:
    """The entries that were read before `changing`, with what their messages say now.

    An entry about one message was read with it. One that names none may be about all of them: they are read again.
    """
    said: dict[UUID, Spoken | None] = {entry.spoken.id: entry.spoken for entry in changing if entry.spoken}
    if not all(entry.spoken for entry in changing):
        every = {entry.spoken.id for entry in remembered if entry.spoken}
        said = dict.fromkeys(every) | await log.spoken(run, every)
    return [
        replace(entry, spoken=said[entry.spoken.id]) if entry.spoken and entry.spoken.id in said else entry
        for entry in remembered
    ]
