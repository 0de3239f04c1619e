"""Redaction (rule 46): the entries that a process remembers show no more text than a new read of the log would."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from models.events import log
from models.events.chat import ChatEvent
from models.events.log import Entry
from models.storage.statements import Statements
from models.tables.chat import Spoken


def changing_words(entries: Sequence[Entry]) -> list[Entry]:
    """Returns the entries after which the messages of earlier entries may have other text, or no text."""
    return [entry for entry in entries if isinstance(entry.event, ChatEvent) and entry.event.changes_words]


async def read_again(run: Statements, remembered: Sequence[Entry], changing: Sequence[Entry]) -> list[Entry]:
    """Returns the remembered entries, which were read before `changing`, with the current text of their messages.

    If an entry of `changing` is about one message, the message was read with that entry. If one of them names no
    message, it may be about all messages, so all of them are read again.
    """
    said: dict[UUID, Spoken | None] = {entry.spoken.id: entry.spoken for entry in changing if entry.spoken}
    if not all(entry.spoken for entry in changing):
        every = {entry.spoken.id for entry in remembered if entry.spoken}
        said = dict.fromkeys(every) | await log.spoken(run, every)
    return [
        replace(entry, spoken=said[entry.spoken.id]) if entry.spoken and entry.spoken.id in said else entry
        for entry in remembered
    ]
