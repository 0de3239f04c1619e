"""A long history: many messages in the log of the room, copied from one that was posted."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from bench.room import TEXT
from bench.site import name_of
from models.cursors import Cursors, Position
from models.database.transaction import Transaction
from models.events.log import LogEntry
from models.permissions import Viewer
from models.storage.base import new_id
from models.tables.chat import ChatChannel, ChatMessage
from models.tables.galleries import Gallery
from models.tables.people import User
from resolvers.chat import post_message
from schema.types.ids import local_id
from server.accounts import THE_SERVER
from server.app import open_database
from server.settings import Settings

_AT_ONCE = 2_000


async def remember(settings: Settings, room: str, count: int, *lately: int) -> list[str]:
    """Adds messages to the log, numbered from 1. Returns the cursors before the last `count`, and before each `lately`."""
    database = open_database(settings)
    try:
        author = await database.reads.first(select(User).where(User.subject == name_of(0)))
        assert author
        viewer, local = Viewer(author.id, author.name), local_id(room, "Room")
        posted = await database.transact(
            viewer, "postMessage", lambda tx: post_message(tx, local, ChatChannel.GROUP, TEXT.format(0), None)
        )
        message = await database.reads.first(select(ChatMessage).where(ChatMessage.id == posted))
        entry = await database.reads.first(select(LogEntry).where(LogEntry.subject_id == posted))
        copies = _Copies(_columns(message), _columns(entry))
        for start in range(1, count + 1, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, count + 1))
            await database.transact(THE_SERVER, "bench", partial(copies.insert, numbers=numbers))
        return [copies.cursor(settings, count - some) for some in (count, *lately)]
    finally:
        await database.close()


def _columns(row: Any) -> dict[str, Any]:
    return dict(row._asdict())


class _Copies:
    def __init__(self, message: dict[str, Any], entry: dict[str, Any]) -> None:
        self._message, self._entry = message, entry
        self._gallery: UUID = entry["gallery_id"]

    async def insert(self, tx: Transaction, numbers: range) -> None:
        ids = {number: new_id() for number in numbers}
        await tx.execute(insert(ChatMessage), [self._message_of(number, ids[number]) for number in numbers])
        await tx.execute(insert(LogEntry), [self._entry_of(number, ids[number]) for number in numbers])
        head = self._entry["number"] + numbers[-1]
        await tx.execute(update(Gallery).where(Gallery.id == self._gallery).values(log_head=head))

    def cursor(self, settings: Settings, number: int) -> str:
        cursors = Cursors(settings.cursor_secret.get_secret_value())
        return cursors.of_entry(self._gallery, Position(self._entry["number"] + number, self._entry["mark"]))

    def _message_of(self, number: int, id_: UUID) -> dict[str, Any]:
        return self._message | {"id": id_, "place": self._message["place"] + number, "text": TEXT.format(number)}

    def _entry_of(self, number: int, id_: UUID) -> dict[str, Any]:
        payload = self._entry["payload"].replace(str(self._message["id"]), str(id_))
        return self._entry | {"number": self._entry["number"] + number, "subject_id": id_, "payload": payload}
