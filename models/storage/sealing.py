"""Secrets as they are stored: encrypted with a key that is not in the database."""

from base64 import b64decode, b64encode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Unreadable(ValueError):
    """The text was encrypted with another key."""


class Sealer:
    """Encrypts secrets of objects with AES-SIV, bound to the object's id. All processes of a deployment share the key."""

    def __init__(self, key: str) -> None:
        derived = HKDF(SHA256(), length=64, salt=None, info=b"enfilade webhook secret 1").derive(key.encode())
        self._cipher = AESSIV(derived)

    def seal(self, of: UUID, secret: str) -> str:
        """Returns the encrypted secret of this object."""
        return b64encode(self._cipher.encrypt(secret.encode(), [of.bytes])).decode()

    def unseal(self, of: UUID, sealed: str) -> str:
        """Returns the secret of this object. Raises Unreadable."""
        try:
            return self._cipher.decrypt(b64decode(sealed), [of.bytes]).decode()
        except (InvalidTag, ValueError):
            raise Unreadable("This secret was encrypted with another key.") from None

    def can_unseal(self, of: UUID, sealed: str) -> bool:
        """Returns whether the secret was encrypted with this key."""
        try:
            self.unseal(of, sealed)
        except Unreadable:
            return False
        return True
