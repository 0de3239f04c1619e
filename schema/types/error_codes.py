"""The codes of refused mutations. Import them from here, so that they are described before any type uses them."""

from models.errors import ErrorCode
from schema.types.describe import describe

__all__ = ["ErrorCode"]

describe(
    ErrorCode,
    "Why a mutation was refused.",
    NOT_FOUND="There is no such thing, or the viewer may not see it. The two look the same.",
    FORBIDDEN="You may see it, but not do this.",
    INVALID="The input itself is wrong.",
    LAST_MANAGER="The gallery would be left without a manager.",
    CONFLICT="The state has moved on, or is taken; the payload shows it as it is now.",
    IDEMPOTENCY_MISMATCH="This idempotency key was used with another input.",
    ROOM_DISABLED="The room is switched off.",
    ROOM_NOT_OPEN="Nobody has launched the room, and you may not.",
    ROOM_HAS_ACTIVE_SESSION="Disabling would end a running session; ask for it with `endActiveSession`.",
    ROOM_FULL="Everyone inside reaches the capacity.",
    ROOM_LOCKED="The room is locked, and you were not let in.",
    SESSION_ENDED="The session is over.",
    NOT_IN_SESSION="The viewer, or the person whom it is about, is not inside. Enter the room first.",
    REMOVED_FROM_SESSION="A moderator removed you from this session for good.",
    STAGE_FULL="Nobody more fits on the stage, open invitations counted.",
    STAGE_NOT_OPEN="The stage is not open to you without an invitation.",
    NOT_INVITED="There is no invitation to the stage, or it has lapsed.",
    DEVICE_BLOCKED="A room moderator keeps this device off.",
    ALREADY_RECORDING="The session is being recorded already.",
    NOT_RECORDING="This is not being recorded.",
    CHAT_DISABLED="Group chat is switched off.",
    QNA_DISABLED="Q&A is switched off.",
    ALREADY_CLAIMED="Somebody else has claimed this question.",
    RATE_LIMITED="You do this too often; `retryAfterSeconds` says when you may again.",
    INTERACTION_NOT_OPEN="The interaction takes no answers: it was not opened yet, was closed, or its time is over.",
    ALREADY_ANSWERED="You have answered this, and the answer cannot be changed.",
    CHAT_BLOCKED="A chat moderator keeps you from writing in this session.",
    UNAVAILABLE="The server cannot do this at the moment; `retryAfterSeconds` says when to try again.",
)
