"""Chat moderation: deleting and pinning messages, clearing conversations, blocking participants (rules 12, 46, 47)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, update

from models.access.chat import DELETE, PIN, UNPIN, access_message
from models.access.participants import access_participant, respect
from models.access.rooms import access_room, must_have_entered
from models.database.transaction import Transaction
from models.errors import NotInSession
from models.events.chat import ChatCleared, MessageDeleted, MessagePinned, MessageUnpinned
from models.events.sessions import ParticipantChanged
from models.permissions import Permission
from models.storage.base import read_facts
from models.tables.chat import ChatChannel, ChatMessage
from models.tables.sessions import SessionCounts
from resolvers import participants
from resolvers.chat import change_message

_MESSAGE = ("input", "messageId")
_PARTICIPANT = ("input", "participantId")


async def delete_message(tx: Transaction, message_id: UUID) -> UUID:
    """Deletes a message, and returns its id. Only chat moderators can still read its text.

    Chat moderators may delete any message, other users only their own.
    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, CONFLICT (cleared).
    """
    access = await access_message(tx, message_id, DELETE, *_MESSAGE)
    if access.message.deleted_at is None:
        deleted = await change_message(tx, message_id, {"deleted_at": tx.now, "pinned_at": None})
        await tx.record(access.gallery_id, MessageDeleted(message=deleted))
    return message_id


async def pin_message(tx: Transaction, message_id: UUID) -> UUID:
    """Pins a message, and returns its id.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, CONFLICT (deleted or cleared).
    """
    access = await access_message(tx, message_id, PIN, *_MESSAGE)
    if access.message.pinned_at is None:
        pinned = await change_message(tx, message_id, {"pinned_at": tx.now})
        await tx.record(access.gallery_id, MessagePinned(message=pinned))
    return message_id


async def unpin_message(tx: Transaction, message_id: UUID) -> UUID:
    """Unpins a message, and returns its id.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, CONFLICT (cleared).
    """
    access = await access_message(tx, message_id, UNPIN, *_MESSAGE)
    if access.message.pinned_at is not None:
        unpinned = await change_message(tx, message_id, {"pinned_at": None})
        await tx.record(access.gallery_id, MessageUnpinned(message=unpinned))
    return message_id


@dataclass(frozen=True, slots=True)
class Cleared:
    """The session, and the number of messages that were cleared."""

    session_id: UUID
    count: int


_CLEAR = (
    update(ChatMessage)
    .where(
        ChatMessage.session_id == bindparam("of_session"),
        ChatMessage.channel == bindparam("of_channel"),
        ChatMessage.cleared_at.is_(None),
    )
    .values(cleared_at=bindparam("now"))
)


async def clear_chat(tx: Transaction, room_id: UUID, channel: ChatChannel) -> Cleared:
    """Clears a channel of the running session. Only chat moderators can still read its earlier messages.

    Raises FORBIDDEN, NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_room(tx, room_id, Permission.MODERATE_CHAT, "input", "roomId")
    session, _ = must_have_entered(access, "input", "roomId")
    count = await tx.execute(_CLEAR, {"of_session": session.id, "of_channel": channel, "now": tx.now})
    if count:
        cleared = ChatCleared(session_id=session.id, channel=channel, cleared_at=tx.now)
        await tx.record(access.room.gallery_id, cleared)
    return Cleared(session.id, count)


async def block_from_chat(tx: Transaction, participant_id: UUID) -> UUID:
    """Blocks a participant from writing in the session's chat, even after they enter again.

    Returns the participant's id. Raises NOT_FOUND, FORBIDDEN (only managers may block a manager, rule 12),
    SESSION_ENDED, NOT_IN_SESSION.
    """
    return await _block(tx, participant_id, blocked=True)


async def unblock_from_chat(tx: Transaction, participant_id: UUID) -> UUID:
    """Unblocks a participant, and returns their id. Raises the errors of `block_from_chat`."""
    return await _block(tx, participant_id, blocked=False)


async def _block(tx: Transaction, participant_id: UUID, *, blocked: bool) -> UUID:
    access = await access_participant(tx, participant_id, Permission.MODERATE_CHAT, *_PARTICIPANT)
    respect(access, *_PARTICIPANT)
    must_have_entered(access.room, *_PARTICIPANT)
    if not access.participant.was_admitted:
        # The event would reveal to chat moderators who waits, which participants inside must not see (rule 37).
        raise NotInSession("This participant is not in the room.", *_PARTICIPANT)
    if access.participant.chat_blocked is not blocked:
        changed = await participants.change_participant(tx, participant_id, {"chat_blocked": blocked})
        counts = read_facts(SessionCounts, access.session)
        told = ParticipantChanged(participant=changed, counts=counts, of_chat=True)
        await tx.record(changed.gallery_id, told)
    return participant_id
