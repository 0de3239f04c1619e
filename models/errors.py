"""Refusals: expected errors. schema/ turns them into `userErrors` or into a stream's last error."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID


class ErrorCode(StrEnum):
    """Why a mutation was refused. The code is for programs, the message beside it is for people."""

    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    LAST_MANAGER = "LAST_MANAGER"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    ROOM_DISABLED = "ROOM_DISABLED"
    ROOM_NOT_OPEN = "ROOM_NOT_OPEN"
    ROOM_HAS_ACTIVE_SESSION = "ROOM_HAS_ACTIVE_SESSION"
    ROOM_FULL = "ROOM_FULL"
    ROOM_LOCKED = "ROOM_LOCKED"
    SESSION_ENDED = "SESSION_ENDED"
    NOT_IN_SESSION = "NOT_IN_SESSION"
    REMOVED_FROM_SESSION = "REMOVED_FROM_SESSION"
    STAGE_FULL = "STAGE_FULL"
    STAGE_NOT_OPEN = "STAGE_NOT_OPEN"
    NOT_INVITED = "NOT_INVITED"
    DEVICE_BLOCKED = "DEVICE_BLOCKED"
    ALREADY_RECORDING = "ALREADY_RECORDING"
    NOT_RECORDING = "NOT_RECORDING"
    CHAT_DISABLED = "CHAT_DISABLED"
    RATE_LIMITED = "RATE_LIMITED"
    INTERACTION_NOT_OPEN = "INTERACTION_NOT_OPEN"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    CHAT_BLOCKED = "CHAT_BLOCKED"
    QNA_DISABLED = "QNA_DISABLED"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    UNAVAILABLE = "UNAVAILABLE"


class StreamErrorCode(StrEnum):
    """Why a stream ended with an error: it cannot send every event after the client's cursor (rule 61)."""

    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    CURSOR_INVALID = "CURSOR_INVALID"
    STREAM_RESET = "STREAM_RESET"


class Refusal(Exception):
    """An expected refusal: a code for programs, a sentence for people, and the path of the input field it is about."""

    code: ErrorCode | StreamErrorCode

    def __init__(self, message: str, *field: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.field = [str(part) for part in field] or None

    @property
    def faults(self) -> Sequence["Refusal"]:
        return [self]

    @property
    def extensions(self) -> dict[str, Any]:
        """What graphql-core copies into the `extensions` of a top-level error."""
        return {"code": self.code.value} | ({"field": self.field} if self.field else {})


class NotFound(Refusal):
    """The thing does not exist, or the viewer may not see it. The answer is the same for both (rule 4)."""

    code = ErrorCode.NOT_FOUND


class Forbidden(Refusal):
    """The viewer may see the thing but may not do this to it."""

    code = ErrorCode.FORBIDDEN


class Invalid(Refusal):
    """The input is wrong, regardless of the stored state. Several fields can be; see `together`."""

    code = ErrorCode.INVALID
    others: Sequence["Invalid"] = ()

    @property
    def faults(self) -> Sequence["Invalid"]:
        """One for each wrong field."""
        return [self, *self.others]


class Conflict(Refusal):
    """The stored state does not allow this, or it changed since the client read it."""

    code = ErrorCode.CONFLICT


class LastManager(Refusal):
    """A gallery keeps at least one manager (rule 3)."""

    code = ErrorCode.LAST_MANAGER


class IdempotencyMismatch(Refusal):
    """The idempotency key was already used with another input (rule 62)."""

    code = ErrorCode.IDEMPOTENCY_MISMATCH


class RoomDisabled(Refusal):
    """The room is disabled (rule 30)."""

    code = ErrorCode.ROOM_DISABLED


class RoomNotOpen(Refusal):
    """The room has no running session, and the viewer may not launch one (rule 30)."""

    code = ErrorCode.ROOM_NOT_OPEN


class RoomHasActiveSession(Refusal):
    """Disabling the room would end its running session (rule 27)."""

    code = ErrorCode.ROOM_HAS_ACTIVE_SESSION


class RoomFull(Refusal):
    """The number of admitted participants has reached the mode's capacity (rule 31)."""

    code = ErrorCode.ROOM_FULL


class SessionEnded(Refusal):
    """The session has ended (rule 40)."""

    code = ErrorCode.SESSION_ENDED


class NotInSession(Refusal):
    """Only participants inside the running session can do this."""

    code = ErrorCode.NOT_IN_SESSION


class RoomLocked(Refusal):
    """The room is locked, and the viewer may not enter (rule 37)."""

    code = ErrorCode.ROOM_LOCKED


class RemovedFromSession(Refusal):
    """A moderator removed the viewer from this session for good (rule 41)."""

    code = ErrorCode.REMOVED_FROM_SESSION


class StageFull(Refusal):
    """People on stage and open invitations together have reached the stage's capacity (rules 23, 43)."""

    code = ErrorCode.STAGE_FULL


class StageNotOpen(Refusal):
    """The stage's access setting does not let the viewer step onto the stage (rule 42)."""

    code = ErrorCode.STAGE_NOT_OPEN


class NotInvited(Refusal):
    """The viewer has no open invitation to the stage (rule 43)."""

    code = ErrorCode.NOT_INVITED


class DeviceBlocked(Refusal):
    """A room moderator has blocked this device of the viewer (rule 88)."""

    code = ErrorCode.DEVICE_BLOCKED


class AlreadyRecording(Refusal):
    """The session is already being recorded: one recording at a time (rule 56)."""

    code = ErrorCode.ALREADY_RECORDING


class NotRecording(Refusal):
    """The recording is not running any more, so it cannot be stopped."""

    code = ErrorCode.NOT_RECORDING


class ChatDisabled(Refusal):
    """Group chat is disabled by the room's setting or by the site's default (rule 45)."""

    code = ErrorCode.CHAT_DISABLED


class InteractionNotOpen(Refusal):
    """The interaction takes no answers: it was not opened yet, is closed, or its time is over (rule 77)."""

    code = ErrorCode.INTERACTION_NOT_OPEN


class AlreadyAnswered(Refusal):
    """The viewer has already answered, and the interaction is not changeable (rule 77)."""

    code = ErrorCode.ALREADY_ANSWERED


class ChatBlocked(Refusal):
    """A chat moderator has blocked the viewer from writing in this session (rule 47)."""

    code = ErrorCode.CHAT_BLOCKED


class QnaDisabled(Refusal):
    """Q&A is disabled by the room's setting or by the site's default (rule 50)."""

    code = ErrorCode.QNA_DISABLED


class AlreadyClaimed(Refusal):
    """Another chat moderator has claimed this question (rule 51)."""

    code = ErrorCode.ALREADY_CLAIMED


class CursorInvalid(Refusal):
    """The cursor was not created by this deployment for this gallery (rule 61)."""

    code = StreamErrorCode.CURSOR_INVALID


class StreamReset(Refusal):
    """The log does not contain the entry that the cursor names, because the database was restored (rule 61)."""

    code = StreamErrorCode.STREAM_RESET


class RetryLater(Refusal):
    """The request can be repeated after `retry_after_seconds`."""

    def __init__(self, message: str, retry_after_seconds: int, *field: str) -> None:
        super().__init__(message, *field)
        self.retry_after_seconds = retry_after_seconds

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"retryAfterSeconds": self.retry_after_seconds}


class RateLimited(RetryLater):
    """The viewer has reached a rate limit."""

    code = ErrorCode.RATE_LIMITED


class Unavailable(RetryLater):
    """The database does not answer, or another transaction held a lock for too long. Nothing was changed, except where a subclass says so."""

    code = ErrorCode.UNAVAILABLE

    def __init__(self, message: str = "This cannot be done at the moment. Try again in 2 s.") -> None:
        super().__init__(message, 2)


def not_found(kind: str, *field: str | int) -> NotFound:
    """Returns the refusal for an absent or hidden thing, whose sentence is the same for both."""
    return NotFound(f"There is no such {kind}.", *field)


def together(faults: Sequence[Invalid]) -> Invalid:
    """Returns one refusal for all of these faults, with the first of each field. There is at least one."""
    first, *others = {tuple(each.field or ()): each for each in reversed(faults)}.values()
    whole = Invalid(first.message, *first.field or ())
    whole.others = [*others]
    return whole


def access_lost(*field: str) -> Forbidden:
    """Returns the refusal that ends a stream whose viewer lost access, or whose gallery was deleted (rule 63)."""
    return Forbidden("You no longer have access to this.", *field)


class CorruptLog(RuntimeError):
    """A number is missing in a gallery's log. That is a defect: they are taken under the gallery's row lock."""

    def __init__(self, gallery_id: UUID, number: int) -> None:
        super().__init__(f"entry {number} of the log of gallery {gallery_id} is missing")
