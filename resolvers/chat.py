"""Chat: posting, and reading what was posted (rules 45, 48, 49)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, select

from models.access_rooms import access_room
from models.base import new_id
from models.chat import ChatChannel, ChatMessage, MessageFacts
from models.chat_events import MessagePosted
from models.errors import ChatDisabled, not_found
from models.galleries import Gallery
from models.paging import EMPTY, Key, Page, PageArguments, page_each
from models.participants import Participant
from models.permissions import Permission
from models.rates import RateKind, keep_to_rate
from models.rights import SEES_ROOM, WAS_ADMITTED
from models.statements import among
from models.text import MESSAGE_LIMIT, clean_text
from models.transaction import Snapshot, Transaction
from models.visibility import visibilities
from resolvers.sessions import inside

IN_ORDER = (Key(ChatMessage.number), Key(ChatMessage.id))
NEEDED = {ChatChannel.GROUP: Permission.POST_MESSAGE, ChatChannel.BACKCHANNEL: Permission.BACKCHANNEL}


async def post_message(
    tx: Transaction, room_id: UUID, channel: ChatChannel, text: str, reply_to_id: UUID | None
) -> UUID:
    """Say something in the running session. Gives the message's id.

    NOT_IN_SESSION, SESSION_ENDED, CHAT_DISABLED (the group chat only), FORBIDDEN (the backchannel), INVALID, RATE_LIMITED.
    """
    access = await access_room(tx, room_id, NEEDED[channel], "input", "roomId")
    session, participant = inside(access, "input", "roomId")
    if channel is ChatChannel.GROUP and not access.group_chat_enabled:
        raise ChatDisabled("Group chat is switched off in this room.", "input", "channel")
    text = clean_text(text, MESSAGE_LIMIT, "input", "text")
    await keep_to_rate(tx, RateKind.MESSAGES, "input", "roomId")
    if reply_to_id is not None:
        await _same_conversation(tx, reply_to_id, session.id, channel)
    message = MessageFacts(
        id=new_id(),
        session_id=session.id,
        channel=channel,
        author_id=tx.viewer.id,
        author_name=tx.viewer.name,
        author_roles=participant.roles,
        sent_at=tx.now,
        deleted_at=None,
        pinned_at=None,
        reply_to_id=reply_to_id,
    )
    number = await tx.record(access.room.gallery_id, MessagePosted(message=message))
    await tx.execute(
        _INSERT,
        {field: getattr(message, field) for field in _STORED}
        | {"gallery_id": access.room.gallery_id, "number": number, "text": text},
    )
    return message.id


_STORED = tuple(MessageFacts.__dataclass_fields__)
_INSERT = insert(ChatMessage)


async def _same_conversation(tx: Transaction, message_id: UUID, session_id: UUID, channel: ChatChannel) -> None:
    here = select(ChatMessage.id).where(
        ChatMessage.id == message_id, ChatMessage.session_id == session_id, ChatMessage.channel == channel
    )
    if not await tx.value(here):
        raise not_found("message", "input", "replyToId")


async def messages_of(
    snapshot: Snapshot, galleries: Sequence[UUID], channel: ChatChannel, arguments: PageArguments
) -> dict[UUID, Page[ChatMessage]]:
    """What was said in each gallery's room, in the sessions that the viewer is or was admitted to, oldest first."""
    arguments.checked()
    found: dict[UUID, Page[ChatMessage]] = dict.fromkeys(galleries, EMPTY)
    visible = (await visibilities(snapshot, set(galleries))).values()
    readable = [each.sessions if channel is ChatChannel.GROUP else each.backchannels for each in visible]
    said = select(ChatMessage).where(
        ChatMessage.session_id.in_(frozenset[UUID]().union(*readable)), ChatMessage.channel == channel
    )
    if any(readable):
        found |= await page_each(snapshot, said, ChatMessage.gallery_id, galleries, IN_ORDER, arguments)
    return found


_READABLE = (
    select(ChatMessage)
    .join(Participant, Participant.session_id == ChatMessage.session_id)
    .join(Gallery, Gallery.id == Participant.gallery_id)
    .where(among(ChatMessage.id), Participant.user_id == bindparam("viewer"), WAS_ADMITTED, SEES_ROOM)
    .where(or_(ChatMessage.channel == ChatChannel.GROUP, Participant.backchannel))
)


async def messages_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ChatMessage]:
    """The messages among `ids` that the viewer may read. The rest are absent."""
    rows = await snapshot.all(_READABLE, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: row for row in rows}
