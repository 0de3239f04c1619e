"""Global ids as text: a kind and a UUID."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID


def write(kind: str, local: UUID) -> str:
    """Returns the global id of an object."""
    return urlsafe_b64encode(kind.encode() + b":" + local.bytes).decode().rstrip("=")


def parse(text: str) -> tuple[str, UUID] | None:
    """Returns the kind and the UUID of an id, or None if the text is not one of our ids."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"==")
        kind, local = raw[:-17].decode("ascii"), UUID(bytes=raw[-16:])
    except ValueError:
        return None
    # Only the spelling that `write` returns is an id. Base64 would decode other spellings to the same bytes.
    return (kind, local) if raw[-17:-16] == b":" and write(kind, local) == text else None
