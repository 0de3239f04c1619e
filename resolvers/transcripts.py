"""The transcript of a session's group chat (rule 85), without the words of deleted messages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from models.access.session_reports import ReportAccess, must_read_content
from models.database.transaction import Snapshot
from models.storage.paging import Key, Page, PageArguments, page_each
from models.tables.chat import ChatChannel, ChatMessage
from models.tables.participants import ParticipantRole


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A message as the transcript has it. `text` is None if the message was deleted."""

    sent_at: datetime
    author_id: UUID | None
    author_name: str
    author_roles: list[ParticipantRole]
    text: str | None
    edited_at: datetime | None
    deleted_at: datetime | None


_LINES = select(ChatMessage).where(
    ChatMessage.gallery_id == bindparam("gallery"),
    ChatMessage.channel == ChatChannel.GROUP,
    ChatMessage.cleared_at.is_(None),
)
_IN_ORDER = (Key(ChatMessage.place),)


async def transcript_of(snapshot: Snapshot, access: ReportAccess, arguments: PageArguments) -> Page[TranscriptLine]:
    """Returns a page of the transcript, oldest first. Cleared messages are not in it. Raises FORBIDDEN, INVALID."""
    must_read_content(access)
    session, given = access.session.id, {"gallery": access.gallery_id}
    pages = await page_each(snapshot, _LINES, ChatMessage.session_id, [session], _IN_ORDER, arguments, given)
    page = pages[session]
    return page.of(_line)


def _line(row: ChatMessage) -> TranscriptLine:
    return TranscriptLine(
        sent_at=row.sent_at,
        author_id=row.author_id,
        author_name=row.author_name,
        author_roles=row.author_roles,
        text=row.text if row.deleted_at is None else None,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )
