"""Event cursors: an encrypted position in a gallery's log, from which clients learn nothing (rules 48, 60, 61).

A cursor is AES-SIV over number, mark and salt, bound to its gallery. SIV is deterministic: an entry's cursor is the
same for everyone, so its rendering can be shared. A cursor that belongs to no visible entry (a checkpoint, the log's
head) is salted. Two such cursors never compare equal, so a client cannot learn whether hidden entries lie between them.
"""

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.errors import CursorInvalid, Refusal, StreamErrorCode

_LAYOUT = struct.Struct(">QIQ")


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a gallery's log: number and mark of the last processed entry, 0 and 0 at the beginning."""

    number: int
    mark: int


BEGINNING = Position(0, 0)


class CursorExpired(Refusal):
    """The log has already deleted entries that follow the cursor (rule 61). It can still be read after `oldest`."""

    code = StreamErrorCode.CURSOR_EXPIRED

    def __init__(self, oldest: Position, oldest_cursor: str | None = None) -> None:
        super().__init__(
            "Entries after this cursor have been deleted. Read the state again, or go on without them after oldestCursor.",
            "after",
        )
        self.oldest = oldest
        self._oldest_cursor = oldest_cursor

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | ({"oldestCursor": self._oldest_cursor} if self._oldest_cursor else {})


class Cursors:
    """Encrypts positions as cursors and decrypts them. All processes of a deployment share the secret."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), length=64, salt=None, info=b"enfilade event cursor 1").derive(secret.encode())
        self._cipher = AESSIV(key)

    def of_entry(self, gallery_id: UUID, position: Position) -> str:
        """Returns the cursor of an entry. It is always the same for the same entry."""
        return self._seal(gallery_id, position, salt=0)

    def of_rest(self, gallery_id: UUID, position: Position) -> str:
        """Returns a cursor for a position that is no visible entry. It is different at each call."""
        return self._seal(gallery_id, position, salt=secrets.randbits(63) + 1)

    def read(self, gallery_id: UUID, cursor: str) -> Position:
        """Decrypts a cursor. Raises CursorInvalid if it was not created with this secret for this gallery."""
        try:
            sealed = _decode(cursor)
            number, mark, _salt = _LAYOUT.unpack(self._cipher.decrypt(sealed, [gallery_id.bytes]))
        except (InvalidTag, ValueError, struct.error):
            raise CursorInvalid("This cursor does not belong to this stream.", "after") from None
        return Position(number, mark)

    def _seal(self, gallery_id: UUID, position: Position, salt: int) -> str:
        plain = _LAYOUT.pack(position.number, position.mark, salt)
        return urlsafe_b64encode(self._cipher.encrypt(plain, [gallery_id.bytes])).decode()


def _decode(cursor: str) -> bytes:
    sealed = urlsafe_b64decode(cursor.encode("ascii"))
    # Accept only the canonical encoding: base64 decodes other spellings to the same bytes.
    if urlsafe_b64encode(sealed).decode() != cursor:
        raise ValueError("not the canonical base64 spelling")
    return sealed
