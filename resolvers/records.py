"""The full record of a session, for the gallery's managers: all log entries of the session.

The record has attendance, chat, questions, polls, moderation and recordings, in the log's order. Only managers who were
in the backchannel see its messages (rule 48). For deleted and cleared messages, the record shows no text (rule 46).
"""

from uuid import UUID

from models.access.records import RecordAccess, access_record
from models.audiences import Audience
from models.cursors import Cursors
from models.database.transaction import Snapshot, Transaction
from models.events.log import Entry, entries_of_session, of_session
from models.storage.counting import Total
from models.storage.paging import Page, PageArguments


async def begin_record(tx: Transaction, session_id: UUID) -> RecordAccess:
    """Checks access to the record, and audits it (rule 67). Raises NOT_FOUND, FORBIDDEN."""
    return await access_record(tx, session_id, "sessionId")


async def read_record(
    snapshot: Snapshot, access: RecordAccess, session_id: UUID, arguments: PageArguments, cursors: Cursors
) -> Page[Entry]:
    """Returns a page of the record, with event cursors. Raises CURSOR_INVALID."""
    size, after = arguments.checked().size, arguments.after
    number = cursors.read(access.gallery_id, after).number if after is not None else 0
    hidden = () if access.backchannel else (Audience.BACKCHANNEL,)
    found = await of_session(snapshot, access.gallery_id, session_id, number, size + 1, hidden)
    entries = found[:size]
    places = [cursors.of_entry(access.gallery_id, entry.position) for entry in entries]
    total = Total(entries_of_session(session_id, hidden))
    return Page(entries, places, has_next=len(found) > size, has_previous=after is not None, total=total)
