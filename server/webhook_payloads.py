"""What a webhook is sent: a thin payload, and the answer of its document for the event (rule 92)."""

import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from strawberry.types.execution import ExecutionResult

from models.cursors import Position
from models.errors import Unavailable
from models.events.every import Event
from models.events.log import Entry
from models.permissions import Viewer
from models.tables.webhooks import Webhook
from schema.context import Context, Services
from schema.events.telling import type_name
from schema.execution.codes import RequestErrorCode
from schema.execution.reports import public_errors
from schema.root import schema
from schema.types.ids import global_id

LARGEST_BYTES = 256 * 1024
"""The largest payload. The answer of a document that makes it larger is left out."""
_OBJECTS = {
    "media": "Media",
    "playlist": "Playlist",
    "session": "RoomSession",
    "participant": "Participant",
    "recording": "Recording",
    "message": "ChatMessage",
    "question": "Question",
    "interaction": "Interaction",
    "item": "ContentItem",
    "webhook": "Webhook",
}
"""The attributes of events that hold an object, and the kinds of the objects."""
_IDS = {"playlist_id": "Playlist", "interaction_id": "Interaction", "session_id": "RoomSession"}
"""The attributes of events that hold an id, and the kinds of the objects."""
_AGAIN = {RequestErrorCode.TIMEOUT.value, Unavailable.code.value}
_TOO_LARGE = {"message": "The answer is too large.", "extensions": {"code": RequestErrorCode.TOO_EXPENSIVE.value}}


def message_id(webhook_id: UUID, position: Position) -> str:
    """Returns the id of an entry's message to a webhook, which is the same at each attempt and replay."""
    of = b"%b %d %d" % (webhook_id.bytes, position.number, position.mark)
    return f"msg_{hashlib.blake2b(of, digest_size=16).hexdigest()}"


def payload(kind: str, at: datetime, data: Mapping[str, object]) -> bytes:
    """Returns a payload as Standard Webhooks describes it."""
    return orjson.dumps({"type": kind, "timestamp": at, "data": data})


async def payload_of(services: Services, webhook: Webhook, room_id: UUID, entry: Entry, account: Viewer) -> bytes:
    """Returns the payload of an entry that the account sees. Raises UNAVAILABLE if it cannot be made at present."""
    data: dict[str, object] = {
        "cursor": services.cursors.of_entry(entry.gallery_id, entry.position),
        "ids": ids_of(entry, room_id),
    }
    kind = type_name(entry.event)
    thin = payload(kind, entry.occurred_at, data)
    if webhook.document is None:
        return thin
    answer = await _answer(services, webhook.document, room_id, entry, account)
    whole = payload(kind, entry.occurred_at, data | {"document": answer})
    if len(whole) <= LARGEST_BYTES:
        return whole
    return payload(kind, entry.occurred_at, data | {"document": {"errors": [_TOO_LARGE]}})


def ids_of(entry: Entry, room_id: UUID) -> dict[str, str]:
    """Returns the ids of what the event is about, by the names of fields."""
    event: Event = entry.event
    objects = {name: getattr(event, name, None) for name in _OBJECTS}
    ids = {name: getattr(event, name, None) for name in _IDS}
    return {
        "galleryId": global_id("Gallery", entry.gallery_id),
        "roomId": global_id("Room", room_id),
        **{f"{name}Id": global_id(_OBJECTS[name], each.id) for name, each in objects.items() if each is not None},
        **{f"{name[:-3]}Id": global_id(_IDS[name], each) for name, each in ids.items() if each is not None},
    }


async def _answer(
    services: Services, document: str, room_id: UUID, entry: Entry, account: Viewer
) -> dict[str, Any] | None:
    """Returns the answer of a document for the entry, or None if its stream does not deliver the entry."""
    variables = {"galleryId": global_id("Gallery", entry.gallery_id), "roomId": global_id("Room", room_id)}
    context = Context(services, account, entry=entry)
    results = await schema.stream(document, variable_values=variables, context_value=context)
    async with aclosing(results) as items:
        async for item in items:
            assert isinstance(item, ExecutionResult)
            return _formatted(item)
    return None


def _formatted(result: ExecutionResult) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    errors = public_errors(result.errors)
    if any(each["extensions"]["code"] in _AGAIN for each in errors):
        raise Unavailable
    return {"data": result.data, "errors": errors}
