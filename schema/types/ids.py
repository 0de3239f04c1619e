"""Global ids. They are opaque to clients, and contain a kind and a UUID."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.errors import NotFound, not_found
from models.storage.base import new_id
from models.tables.principals import Principal, PrincipalKind
from models.values import global_ids


def global_id(kind: str, local: UUID) -> strawberry.ID:
    """Returns the `ID` of a node."""
    return strawberry.ID(global_ids.write(kind, local))


parse = global_ids.parse


SPOKEN = {
    "RoomSession": "session",
    "ChatMessage": "message",
    "Media": "medium",
    "ContentItem": "item",
    "QuestionReply": "reply",
    "InteractionOption": "option",
    "InteractionText": "answer",
}
"""The words for a kind in refusals, if they are not its name. They are the same words as for an unknown id."""


def local_id(text: str, kind: str, *field: str) -> UUID:
    """Returns the UUID of an id of this kind.

    Raises NOT_FOUND for an id of another kind and for a text that is not an id, as for an unknown id.
    """
    parsed = parse(text)
    if parsed is None or parsed[0] != kind:
        raise not_found(SPOKEN.get(kind, kind.lower()), *field)
    return parsed[1]


def local_principal(text: str, *field: str) -> Principal:
    """Returns the user or the group with this id. Raises NOT_FOUND."""
    kind, local = parse(text) or (None, None)
    if local is None or kind not in ("User", "Group"):
        raise not_found("user or group", *field)
    return Principal(PrincipalKind(kind.upper()), local)


def local_principals(ids: Sequence[str]) -> list[Principal]:
    """Returns the users and groups with these ids. A text that is no such id becomes a user who does not exist.

    So it is refused where unknown ids are, after what is INVALID.
    """
    return [_principal_or_unknown(text) for text in ids]


def _principal_or_unknown(text: str) -> Principal:
    try:
        return local_principal(text)
    except NotFound:
        return Principal(PrincipalKind.USER, new_id())


def local_or_unknown(texts: Sequence[str], kind: str) -> list[UUID]:
    """Returns the UUIDs of ids of one kind.

    A text that is not such an id becomes a new UUID that no object has. So the result in its place is NOT_FOUND.
    """
    found = {text: parse(text) for text in texts}
    local = {text: of[1] if of and of[0] == kind else new_id() for text, of in found.items()}
    return [local[text] for text in texts]


def local_or_unknown_id(text: str | None, kind: str) -> UUID | None:
    """Returns the UUID of an id of this kind, a new UUID for any other text, and None for None."""
    return None if text is None else local_or_unknown([text], kind)[0]
