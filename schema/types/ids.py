"""Global ids: opaque outside, a kind and a UUID inside."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.errors import not_found
from models.storage.base import new_id
from models.tables.principals import Principal, PrincipalKind


def global_id(kind: str, local: UUID) -> strawberry.ID:
    """The `ID` of a node."""
    return strawberry.ID(urlsafe_b64encode(kind.encode() + b":" + local.bytes).decode().rstrip("="))


def parse(text: str) -> tuple[str, UUID] | None:
    """Kind and UUID, or None for what is no id of ours."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"==")
        kind, local = raw[:-17].decode("ascii"), UUID(bytes=raw[-16:])
    except ValueError:
        return None
    # Only the one spelling that `global_id` gives is an id: base64 would take others for the same bytes.
    return (kind, local) if raw[-17:-16] == b":" and global_id(kind, local) == text else None


SPOKEN = {
    "RoomSession": "session",
    "ChatMessage": "message",
    "Media": "medium",
    "QuestionReply": "reply",
    "PollOption": "option",
}
"""What refusals call a kind, where that is not its name: the same words as for an unknown id."""


def local_id(text: str, kind: str, *field: str) -> UUID:
    """The UUID of an id of this kind. Another kind's id, and what is no id, are NOT_FOUND like an unknown one."""
    parsed = parse(text)
    if parsed is None or parsed[0] != kind:
        raise not_found(SPOKEN.get(kind, kind.lower()), *field)
    return parsed[1]


def local_principal(text: str, *field: str) -> Principal:
    """A user or a group. NOT_FOUND."""
    kind, local = parse(text) or (None, None)
    if local is None or kind not in ("User", "Group"):
        raise not_found("user or group", *field)
    return Principal(PrincipalKind(kind.upper()), local)


def local_principals(ids: Sequence[str], *field: str) -> list[Principal]:
    """Users and groups, which are named alike. NOT_FOUND names the place in the list."""
    return [local_principal(text, *field, str(place)) for place, text in enumerate(ids)]


def local_or_unknown(texts: Sequence[str], kind: str) -> list[UUID]:
    """The UUIDs inside ids of one kind. What is no such id becomes one that nothing has: NOT_FOUND in its place."""
    found = {text: parse(text) for text in texts}
    local = {text: of[1] if of and of[0] == kind else new_id() for text, of in found.items()}
    return [local[text] for text in texts]
