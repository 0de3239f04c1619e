"""Access to chat messages. Absent and hidden messages both raise NOT_FOUND (rules 4, 45, 47, 48).

The lock statement checks visibility itself, so that hidden and absent messages cost the same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select

from models.access.authorise import allow, locking, refused
from models.access.rights import SEES_ROOM, WAS_ADMITTED, with_rights
from models.access.rooms import ROOM, RoomAccess, must_have_entered, reach_room
from models.database.transaction import Act, Transaction
from models.errors import Conflict, not_found
from models.permissions import Permission
from models.storage.base import columns, unpack
from models.tables.chat import ChatChannel, ChatMessage, MessageFacts
from models.tables.galleries import Gallery
from models.tables.participants import Participant, ParticipantFacts
from models.tables.rooms import Room

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


async def access_message(
    tx: Transaction, message_id: UUID, permission: Permission, *field: str, own_or_moderated: bool = False
) -> MessageAccess:
    """Returns a message that the viewer may read, for an act that needs `permission`.

    With `own_or_moderated`, authors may act on their own messages without that permission. Raises NOT_FOUND, FORBIDDEN,
    SESSION_ENDED, NOT_IN_SESSION.
    """
    act = Act(permission, "message", message_id, None)
    room = await reach_room(tx, act, _LOCK, _ROOM_OF, field)
    row = await tx.row(_MESSAGE, {"id": message_id, "viewer": tx.viewer.id})
    message, at = unpack(row, 0, MessageFacts) if row else (None, 0)
    if row is None or message is None:
        raise refused(tx, act, not_found("message", *field))
    takes_part = permission is Permission.POST_MESSAGE or (own_or_moderated and message.author_id == tx.viewer.id)
    needed = NEEDED[message.channel] if takes_part else permission
    await allow(tx, Act(needed, act.target, message_id, None), room.granting(needed), field)
    _, viewer = must_have_entered(room, *field, session_id=message.session_id)
    return MessageAccess(room, viewer, message, row[at])


def must_stand(message: MessageFacts, *field: str) -> None:
    """Raises CONFLICT if the message was deleted or cleared."""
    must_not_be_cleared(message, *field)
    if message.deleted_at:
        raise Conflict("This message was deleted.", *field)


def must_not_be_cleared(message: MessageFacts, *field: str) -> None:
    """Raises CONFLICT if the message was cleared. Only chat moderators still see cleared messages."""
    if message.cleared_at:
        raise Conflict("This message was cleared away.", *field)
