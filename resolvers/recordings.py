"""Recordings: reading them (rules 56 to 58)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from models.base import columns, facts
from models.galleries import Gallery
from models.recordings import Recording, RecordingFacts
from models.rights import SEES_ROOM
from models.statements import among
from models.transaction import Snapshot

_SEEN = (
    select(*columns(RecordingFacts, Recording))
    .join(Gallery, Gallery.id == Recording.gallery_id)
    .where(among(Recording.id), SEES_ROOM)
)


async def recordings_by_id(snapshot: Snapshot, ids: Collection[UUID]) -> dict[UUID, RecordingFacts]:
    """Those of the recordings whose room the viewer sees."""
    rows = await snapshot.rows(_SEEN, {"ids": list(ids), "viewer": snapshot.viewer.id})
    return {row.id: facts(RecordingFacts, row) for row in rows}
