"""Access to chat messages. Absent and hidden messages both raise NOT_FOUND (rules 4, 45, 47, 48).

The lock statement checks visibility itself, so that hidden and absent messages cost the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select

from models.access.authorise import allow, holds, locking, refused
from models.access.rights import SEES_ROOM, WAS_ADMITTED, with_rights
from models.access.rooms import ROOM, RoomAccess, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import ChatBlocked, ChatDisabled, Conflict, Forbidden, not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.tables.chat import ChatChannel, ChatMessage, MessageFacts
from models.tables.galleries import Gallery
from models.tables.participants import Participant, ParticipantFacts
from models.tables.rooms import Room

EDITABLE_FOR = timedelta(minutes=15)
Field = tuple[str, ...]

IS_READABLE = and_(
    Participant.session_id == ChatMessage.session_id,
    Participant.user_id == bindparam("viewer"),
    WAS_ADMITTED,
    or_(ChatMessage.channel != ChatChannel.BACKCHANNEL, Participant.backchannel),
    or_(ChatMessage.cleared_at.is_(None), Participant.chat_moderates),
)
"""A join condition: the viewer may see that the message exists, but not necessarily its text."""


@dataclass(frozen=True, slots=True)
class MessageAccess:
    """A message of the running session, the viewer as its participant, and the room with the viewer's rights."""

    room: RoomAccess
    participant: ParticipantFacts
    message: MessageFacts
    reactions_told_at: datetime | None

    @property
    def gallery_id(self) -> UUID:
        return self.room.room.gallery_id


_THIS = ChatMessage.id == bindparam("id")
_GALLERY = select(ChatMessage.gallery_id).where(_THIS).scalar_subquery()
_GALLERY_WHERE_SEEN = (
    select(ChatMessage.gallery_id).join(Participant, IS_READABLE).where(_THIS).correlate(None).scalar_subquery()
)
_LOCK = locking(Gallery.id == _GALLERY_WHERE_SEEN, SEES_ROOM)
_ROOM_OF = with_rights(ROOM.where(Room.gallery_id == _GALLERY), _GALLERY)
_MESSAGE = (
    select(*columns(MessageFacts, ChatMessage), ChatMessage.reactions_told_at)
    .join(Participant, IS_READABLE)
    .where(_THIS)
)
NEEDED = {
    ChatChannel.GROUP: Permission.POST_MESSAGE,
    ChatChannel.BACKCHANNEL: Permission.BACKCHANNEL,
    ChatChannel.ANNOUNCEMENTS: Permission.POST_MESSAGE,
}
"""The permission to take part in a conversation.

Only ANNOUNCE lets users make announcements, but all participants may react to them.
"""


@dataclass(frozen=True, slots=True)
class MessageAct:
    """What a viewer does to a message: the permission that it needs, and a guard, which raises what speaks against it.

    With `own`, authors do it to their own messages without that permission.
    """

    permission: Permission
    guard: Callable[[MessageAccess, datetime, Field], None]
    own: bool = False

    def needs(self, message: MessageFacts, viewer_id: UUID) -> Permission:
        """Returns the permission that this viewer needs."""
        takes_part = self.permission is Permission.POST_MESSAGE or (self.own and message.author_id == viewer_id)
        return NEEDED[message.channel] if takes_part else self.permission


async def access_message(tx: Transaction, message_id: UUID, to: MessageAct, *field: str) -> MessageAccess:
    """Returns a message that the viewer may read and act on.

    Raises NOT_FOUND, FORBIDDEN, SESSION_ENDED, NOT_IN_SESSION, and what the act's guard raises.
    """
    act = Act(to.permission, "message", message_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_MESSAGE, {"id": message_id, "viewer": tx.viewer.id})
    message, at = unpack(row, 0, MessageFacts) if row else (None, 0)
    if row is None or message is None:
        raise refused(tx, act, not_found("message", *field))
    needed = to.needs(message, tx.viewer.id)
    await allow(tx, Act(needed, act.target, message_id, None), room.granting(needed), field)
    return _guarded(to, room, message, row[at], tx.now, field)


def may_act_on_message(to: MessageAct, room: RoomAccess, message: MessageFacts, viewer_id: UUID, now: datetime) -> bool:
    """Returns whether `access_message` lets a viewer act who may read the message."""
    may = room.granting(to.needs(message, viewer_id)) is not None
    return may and holds(_guarded, to, room, message, None, now, ())


def _guarded(
    to: MessageAct, room: RoomAccess, message: MessageFacts, told_at: datetime | None, now: datetime, field: Field
) -> MessageAccess:
    _, viewer = must_have_entered(room, *field, session_id=message.session_id)
    access = MessageAccess(room, viewer, message, told_at)
    to.guard(access, now, field)
    return access


def _to_edit(access: MessageAccess, now: datetime, field: Field) -> None:
    message = access.message
    if message.author_id != access.participant.user_id:
        raise Forbidden("Only its author may edit a message.", *field)
    must_stand(message, *field)
    if now > message.sent_at + EDITABLE_FOR:
        raise Conflict("A message can be edited for 15 minutes after it was sent.", *field)
    may_write(access.room, access.participant, message.channel, *field)


def _to_react(access: MessageAccess, _now: datetime, field: Field) -> None:
    may_write(access.room, access.participant, access.message.channel, *field)
    must_stand(access.message, *field)


def _unless_withdrawn(access: MessageAccess, _now: datetime, field: Field) -> None:
    must_stand(access.message, *field)


def _unless_cleared(access: MessageAccess, _now: datetime, field: Field) -> None:
    must_not_be_cleared(access.message, *field)


EDIT = MessageAct(Permission.POST_MESSAGE, _to_edit)
DELETE = MessageAct(Permission.MODERATE_CHAT, _unless_cleared, own=True)
PIN = MessageAct(Permission.MODERATE_CHAT, _unless_withdrawn)
UNPIN = MessageAct(Permission.MODERATE_CHAT, _unless_cleared)
REACT = MessageAct(Permission.POST_MESSAGE, _to_react)
TAKE_BACK = MessageAct(Permission.POST_MESSAGE, _unless_cleared)


def may_write(access: RoomAccess, participant: ParticipantFacts, channel: ChatChannel, *field: str) -> None:
    """Raises CHAT_DISABLED if the channel is disabled, CHAT_BLOCKED if the participant is blocked (rules 45, 47)."""
    if channel is ChatChannel.GROUP and not access.group_chat_enabled:
        raise ChatDisabled("Group chat is switched off in this room.", *field)
    if channel is not ChatChannel.ANNOUNCEMENTS and participant.chat_blocked:
        raise ChatBlocked("You can read this chat but not write in it.", *field)


def must_stand(message: MessageFacts, *field: str) -> None:
    """Raises CONFLICT if the message was deleted or cleared."""
    must_not_be_cleared(message, *field)
    if message.deleted_at:
        raise Conflict("This message was deleted.", *field)


def must_not_be_cleared(message: MessageFacts, *field: str) -> None:
    """Raises CONFLICT if the message was cleared. Only chat moderators still see cleared messages."""
    if message.cleared_at:
        raise Conflict("This message was cleared away.", *field)
