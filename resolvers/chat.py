"""Chat: posting messages and announcements, and reading messages (rules 45 to 49, 55)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import bindparam, func, insert, or_, select, update

from models.access.chat import EDIT, IS_READABLE, NEEDED, access_message, may_write, must_stand
from models.access.rates import USE, keep_to_rate, must_be_counted, use_of
from models.access.rights import SEES_ROOM
from models.access.rooms import access_room, must_have_entered
from models.access.visibility import visibilities
from models.database.transaction import Snapshot, Transaction
from models.errors import Invalid, not_found
from models.events.appending import Appending
from models.events.chat import Announced, MessageEdited, MessagePosted
from models.permissions import Permission
from models.storage.base import columns, new_id, read_facts
from models.storage.paging import EMPTY, Key, Page, PageArguments, page_each
from models.storage.statements import AnyRow, among
from models.tables.chat import ChatChannel, ChatMessage, MessageFacts
from models.tables.galleries import Gallery
from models.tables.participants import Participant, ParticipantFacts
from models.tables.rates import RateKind
from models.values.checks import all_invalid
from models.values.text import clean_message

IN_ORDER = (Key(ChatMessage.session_id), Key(ChatMessage.place))


async def post_message(
    tx: Transaction, room_id: UUID, channel: ChatChannel, text: str, reply_to_id: UUID | None
) -> UUID:
    """Posts a message in the running session, and returns its id.

    Raises NOT_IN_SESSION, SESSION_ENDED, CHAT_DISABLED (only the group chat), CHAT_BLOCKED, FORBIDDEN (the
    backchannel), INVALID, RATE_LIMITED; for the message that it replies to NOT_FOUND, and CONFLICT if that is deleted.
    """
    access = await access_room(tx, room_id, NEEDED[channel], "input", "roomId")
    _, author = must_have_entered(access, "input", "roomId")
    with all_invalid() as check:
        check(_check_channel, channel)
        text = check(clean_message, text, "input", "text")
    may_write(access, author, channel, "input", "channel")
    if reply_to_id is not None:
        await _can_be_answered(tx, reply_to_id, author.session_id, channel)
    event = MessagePosted(message=_said(tx, author, channel, reply_to_id))
    given = _row_of(author.gallery_id, event, text) | use_of(tx, RateKind.MESSAGES)
    stored, used = await tx.record_with(author.gallery_id, event, _POST, given)
    await must_be_counted(tx, used, RateKind.MESSAGES, "input", "roomId")
    return _known(tx, stored)


def _check_channel(channel: ChatChannel) -> None:
    if channel is ChatChannel.ANNOUNCEMENTS:
        raise Invalid("Use the mutation `announce` for announcements.", "input", "channel")


async def edit_message(tx: Transaction, message_id: UUID, text: str) -> UUID:
    """Changes the text of the viewer's own message, within EDITABLE_FOR after it was sent.

    The same text changes nothing. Raises NOT_FOUND, FORBIDDEN (another user's message), CONFLICT (too late, deleted,
    cleared), CHAT_DISABLED, CHAT_BLOCKED, INVALID, RATE_LIMITED, SESSION_ENDED, NOT_IN_SESSION.
    """
    field = "input", "messageId"
    text = clean_message(text, "input", "text")
    access = await access_message(tx, message_id, EDIT, *field)
    if text != await tx.value(_TEXT, {"id": message_id}):
        await keep_to_rate(tx, RateKind.MESSAGES, *field)
        edited = await change_message(tx, message_id, {"text": text, "edited_at": tx.now})
        await tx.record(access.gallery_id, MessageEdited(message=edited))
    return message_id


_TEXT = select(ChatMessage.text).where(ChatMessage.id == bindparam("id"))


async def announce(tx: Transaction, room_id: UUID, text: str) -> UUID:
    """Posts an announcement to everyone inside, even if the group chat is disabled. Returns the message's id.

    Raises FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED, INVALID.
    """
    access = await access_room(tx, room_id, Permission.ANNOUNCE, "input", "roomId")
    _, author = must_have_entered(access, "input", "roomId")
    text = clean_message(text, "input", "text")
    event = Announced(message=_said(tx, author, ChatChannel.ANNOUNCEMENTS, None))
    (stored,) = await tx.record_with(author.gallery_id, event, _ANNOUNCE, _row_of(author.gallery_id, event, text))
    return _known(tx, stored)


def _said(tx: Transaction, author: ParticipantFacts, channel: ChatChannel, reply_to_id: UUID | None) -> MessageFacts:
    return MessageFacts(
        id=new_id(),
        session_id=author.session_id,
        channel=channel,
        author_id=tx.viewer.id,
        author_name=tx.viewer.name,
        author_roles=author.roles,
        sent_at=tx.now,
        reply_to_id=reply_to_id,
    )


_FACTS = tuple(MessageFacts.__dataclass_fields__)
_GIVEN = tuple(column for column in ChatMessage.__table__.columns if column.key != "place")
_BINDS = {column.key: bindparam(f"message_{column.key}", type_=column.type) for column in _GIVEN}
# Every message is inserted under the gallery's lock, so no other message can get the same place.
_NEXT_PLACE = (
    select(func.coalesce(func.max(ChatMessage.place), 0) + 1)
    .where(
        ChatMessage.gallery_id == bindparam("its_gallery"),
        ChatMessage.channel == bindparam("its_channel"),
        ChatMessage.session_id == bindparam("its_session"),
    )
    .scalar_subquery()
)
_INSERT = (
    insert(ChatMessage).from_select([*_BINDS, "place"], select(*_BINDS.values(), _NEXT_PLACE)).returning(ChatMessage)
)
_ANNOUNCE = Appending(_INSERT)
_POST = Appending(_INSERT, USE)


def _row_of(gallery_id: UUID, event: MessagePosted | Announced, text: str) -> dict[str, Any]:
    message = event.message
    conversation = {"its_gallery": gallery_id, "its_channel": message.channel, "its_session": message.session_id}
    facts = {f"message_{name}": getattr(message, name) for name in _FACTS}
    more = {"message_gallery_id": gallery_id, "message_text": text, "message_reactions_told_at": None}
    return conversation | facts | more


def _known(tx: Transaction, stored: AnyRow | None) -> UUID:
    """Returns the id of the message, whose author may read it."""
    assert stored
    tx.inserted[stored.id] = stored
    return UUID(int=stored.id.int)


_ANSWERED = (
    select(*columns(MessageFacts, ChatMessage))
    .join(Participant, IS_READABLE)
    .where(
        ChatMessage.id == bindparam("id"),
        ChatMessage.session_id == bindparam("session"),
        ChatMessage.channel == bindparam("its_channel"),
    )
)


async def _can_be_answered(tx: Transaction, message_id: UUID, session_id: UUID, channel: ChatChannel) -> None:
    here = {"id": message_id, "session": session_id, "its_channel": channel, "viewer": tx.viewer.id}
    row = await tx.row(_ANSWERED, here)
    if row is None:
        raise not_found("message", "input", "replyToId")
    must_stand(read_facts(MessageFacts, row), "input", "replyToId")


async def change_message(tx: Transaction, message_id: UUID, values: Mapping[str, Any]) -> MessageFacts:
    """Updates the message's row, and returns its facts."""
    statement = update(ChatMessage).where(ChatMessage.id == message_id).values(**values)
    return read_facts(MessageFacts, await tx.row(statement.returning(*columns(MessageFacts, ChatMessage))))


_SAID = select(ChatMessage).where(
    ChatMessage.session_id.in_(bindparam("sessions", expanding=True)),
    ChatMessage.channel == bindparam("its_channel"),
    or_(ChatMessage.cleared_at.is_(None), ChatMessage.session_id.in_(bindparam("moderated", expanding=True))),
)
_PINNED = _SAID.where(ChatMessage.pinned_at.is_not(None))


async def messages_of(
    snapshot: Snapshot,
    galleries: Sequence[UUID],
    channel: ChatChannel,
    arguments: PageArguments,
    *,
    pinned: bool,
    session_id: UUID | None = None,
) -> dict[UUID, Page[ChatMessage]]:
    """Returns the messages of each gallery's room, from sessions to which the viewer is or was admitted, oldest first.

    With `session_id`, only those of that session. Only the session's chat moderators get cleared messages. `pinned` returns only pinned messages.
    """
    arguments.checked()
    found: dict[UUID, Page[ChatMessage]] = dict.fromkeys(galleries, EMPTY)
    visible = (await visibilities(snapshot, set(galleries))).values()
    readable = [each.backchannels if channel is ChatChannel.BACKCHANNEL else each.sessions for each in visible]
    moderated = frozenset[UUID]().union(*(each.chat_moderated for each in visible))
    sessions = frozenset[UUID]().union(*readable)
    if session_id is not None:
        sessions &= {session_id}
    if sessions:
        given = {
            "sessions": list(sessions),
            "its_channel": channel,
            "moderated": list(moderated),
        }
        said = _PINNED if pinned else _SAID
        found |= await page_each(snapshot, said, ChatMessage.gallery_id, galleries, IN_ORDER, arguments, given)
    return found


_READABLE = (
    select(ChatMessage)
    .join(Participant, IS_READABLE)
    .join(Gallery, Gallery.id == Participant.gallery_id)
    .where(among(ChatMessage.id), SEES_ROOM)
)


_IN_RECORD = select(ChatMessage).where(
    among(ChatMessage.id),
    ChatMessage.session_id == bindparam("session"),
    ChatMessage.channel != ChatChannel.BACKCHANNEL,
    ChatMessage.cleared_at.is_(None),
)


async def messages_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, ChatMessage]:
    """Returns the messages that the viewer may read. Omits the others."""
    if snapshot.inserted.keys() >= set(ids):
        return {each: cast("ChatMessage", snapshot.inserted[each]) for each in ids}
    rows = list(await snapshot.all(_READABLE, {"ids": list(ids), "viewer": snapshot.viewer.id}))
    if snapshot.viewer.record_of:
        rows += await snapshot.all(_IN_RECORD, {"ids": list(ids), "session": snapshot.viewer.record_of})
    return {row.id: row for row in rows}
