"""Redaction (rules 46, 80): the entries that a process remembers show no more text than a new read of the log would."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from models.events import log
from models.events.chat import ChatEvent
from models.events.interactions import InteractionChanged, OfInteraction
from models.events.log import Entry
from models.storage.statements import Statements
from models.tables.chat import Spoken


def changing_words(entries: Sequence[Entry]) -> list[Entry]:
    """Returns the entries after which earlier entries may show other text, or no text."""
    return [entry for entry in entries if _in_chat(entry) or _in_interaction(entry)]


def _in_chat(entry: Entry) -> bool:
    return isinstance(entry.event, ChatEvent) and entry.event.changes_words


def _in_interaction(entry: Entry) -> bool:
    return isinstance(entry.event, InteractionChanged) and entry.event.rewords


async def read_again(run: Statements, remembered: Sequence[Entry], changing: Sequence[Entry]) -> list[Entry]:
    """Returns the remembered entries, which were read before `changing`, with the current text of their messages.

    If an entry of `changing` is about one message, the message was read with that entry. If one of them names no
    message, it may be about all messages, so all of them are read again. An interaction's texts are not in its entries:
    only what was made of these entries is forgotten.
    """
    said: dict[UUID, Spoken | None] = {entry.spoken.id: entry.spoken for entry in changing if entry.spoken}
    if not all(entry.spoken for entry in changing if _in_chat(entry)):
        every = {entry.spoken.id for entry in remembered if entry.spoken}
        said = dict.fromkeys(every) | await log.spoken(run, every)
    reworded = {each.event.interaction.id for each in changing if isinstance(each.event, InteractionChanged)}
    return [_again(entry, said, reworded) for entry in remembered]


def _again(entry: Entry, said: dict[UUID, Spoken | None], reworded: set[UUID]) -> Entry:
    if isinstance(entry.event, OfInteraction) and entry.event.interaction.id in reworded:
        return replace(entry)
    return replace(entry, spoken=said[entry.spoken.id]) if entry.spoken and entry.spoken.id in said else entry
