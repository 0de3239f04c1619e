"""Refusals. They are raised where the reason is found; schema/ turns them into `userErrors` or a stream's last error."""

from enum import StrEnum
from typing import Any
from uuid import UUID


class ErrorCode(StrEnum):
    """Why a mutation was refused. Clients act on it; the message beside it is for people."""

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
    ALREADY_RECORDING = "ALREADY_RECORDING"
    NOT_RECORDING = "NOT_RECORDING"
    CHAT_DISABLED = "CHAT_DISABLED"
    RATE_LIMITED = "RATE_LIMITED"
    POLL_NOT_OPEN = "POLL_NOT_OPEN"
    ALREADY_VOTED = "ALREADY_VOTED"
    CHAT_BLOCKED = "CHAT_BLOCKED"
    QNA_DISABLED = "QNA_DISABLED"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    UNAVAILABLE = "UNAVAILABLE"


class StreamErrorCode(StrEnum):
    """Why a stream ended: it could not keep its promise, and says so before any further event (rule 61)."""

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
    def extensions(self) -> dict[str, Any]:
        """What graphql-core copies into the `extensions` of a top-level error."""
        return {"code": self.code.value} | ({"field": self.field} if self.field else {})


class NotFound(Refusal):
    """Absent, or not the viewer's to see: the two are one answer (rule 4)."""

    code = ErrorCode.NOT_FOUND


class Forbidden(Refusal):
    """The viewer may see it, but may not do this."""

    code = ErrorCode.FORBIDDEN


class Invalid(Refusal):
    """The input itself is wrong, whatever the state."""

    code = ErrorCode.INVALID


class Conflict(Refusal):
    """The state has moved on since the caller looked."""

    code = ErrorCode.CONFLICT


class LastManager(Refusal):
    """A gallery keeps at least one manager (rule 3)."""

    code = ErrorCode.LAST_MANAGER


class IdempotencyMismatch(Refusal):
    """The idempotency key was used before, with another body (rule 62)."""

    code = ErrorCode.IDEMPOTENCY_MISMATCH


class RoomDisabled(Refusal):
    """The room is switched off (rule 30)."""

    code = ErrorCode.ROOM_DISABLED


class RoomNotOpen(Refusal):
    """Nobody has launched the room, and the viewer may not (rule 30)."""

    code = ErrorCode.ROOM_NOT_OPEN


class RoomHasActiveSession(Refusal):
    """Disabling would end a running session (rule 27)."""

    code = ErrorCode.ROOM_HAS_ACTIVE_SESSION


class RoomFull(Refusal):
    """Everyone admitted reaches the mode's capacity (rule 31)."""

    code = ErrorCode.ROOM_FULL


class SessionEnded(Refusal):
    """The session that the viewer was in is over (rule 40)."""

    code = ErrorCode.SESSION_ENDED


class NotInSession(Refusal):
    """Only participants inside the running session may do this."""

    code = ErrorCode.NOT_IN_SESSION


class RoomLocked(Refusal):
    """The room is locked, and the viewer was not let in (rule 37)."""

    code = ErrorCode.ROOM_LOCKED


class RemovedFromSession(Refusal):
    """A moderator removed the viewer from this session for good (rule 41)."""

    code = ErrorCode.REMOVED_FROM_SESSION


class StageFull(Refusal):
    """Everyone on stage and every open invitation reach the cap (rules 23, 43)."""

    code = ErrorCode.STAGE_FULL


class StageNotOpen(Refusal):
    """The stage's access does not let the viewer step up (rule 42)."""

    code = ErrorCode.STAGE_NOT_OPEN


class NotInvited(Refusal):
    """There is no open invitation to the stage (rule 43)."""

    code = ErrorCode.NOT_INVITED


class AlreadyRecording(Refusal):
    """One recording at a time (rule 56)."""

    code = ErrorCode.ALREADY_RECORDING


class NotRecording(Refusal):
    """There is nothing to end: this recording is not being made any more."""

    code = ErrorCode.NOT_RECORDING


class ChatDisabled(Refusal):
    """Group chat is off, by the room's setting or the site's default (rule 45)."""

    code = ErrorCode.CHAT_DISABLED


class PollNotOpen(Refusal):
    """No ballots are taken: the poll is a draft, was closed, or its time is over (rule 53)."""

    code = ErrorCode.POLL_NOT_OPEN


class AlreadyVoted(Refusal):
    """One ballot for each user (rule 53)."""

    code = ErrorCode.ALREADY_VOTED


class ChatBlocked(Refusal):
    """A chat moderator keeps the viewer from writing in the session (rule 47)."""

    code = ErrorCode.CHAT_BLOCKED


class QnaDisabled(Refusal):
    """Q&A is off, by the room's setting or the site's default (rule 50)."""

    code = ErrorCode.QNA_DISABLED


class AlreadyClaimed(Refusal):
    """Somebody else answers this question (rule 51)."""

    code = ErrorCode.ALREADY_CLAIMED


class CursorInvalid(Refusal):
    """The cursor was not made by this server for this gallery (rule 61)."""

    code = StreamErrorCode.CURSOR_INVALID


class CursorExpired(Refusal):
    """What follows the cursor is older than the log's retention (rule 61)."""

    code = StreamErrorCode.CURSOR_EXPIRED


class StreamReset(Refusal):
    """The log no longer holds the entry that the cursor names: the database was restored (rule 61)."""

    code = StreamErrorCode.STREAM_RESET


class RetryLater(Refusal):
    """It may well be done after so many seconds."""

    def __init__(self, message: str, retry_after_seconds: int, *field: str) -> None:
        super().__init__(message, *field)
        self.retry_after_seconds = retry_after_seconds

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"retryAfterSeconds": self.retry_after_seconds}


class RateLimited(RetryLater):
    """The viewer does this too often."""

    code = ErrorCode.RATE_LIMITED


class Unavailable(RetryLater):
    """The database does not answer, or something else held for too long what this needs. Nothing was changed."""

    code = ErrorCode.UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("This cannot be done at the moment. Try again in 2 s.", 2)


def not_found(kind: str, *field: str | int) -> NotFound:
    """The one sentence for whatever is absent or hidden, so that the two cannot be told apart."""
    return NotFound(f"There is no such {kind}.", *field)


def access_lost() -> Forbidden:
    """How a stream ends for whom nothing is left to see: access was taken away, or the gallery is gone (rule 63)."""
    return Forbidden("You no longer have access to this.")


class CorruptLog(RuntimeError):
    """A hole in a gallery's log: cannot happen while numbers are taken under the gallery's row lock."""

    def __init__(self, gallery_id: UUID, number: int) -> None:
        super().__init__(f"entry {number} of the log of gallery {gallery_id} is missing")
