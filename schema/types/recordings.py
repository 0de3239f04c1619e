"""Recordings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.access.recordings import may_end_recording
from models.database.transaction import Snapshot
from models.storage.base import read_facts
from models.storage.statements import AnyRow
from models.tables.recordings import RecordingFacts
from resolvers import recordings as resolvers
from schema.execution.ahead import relation
from schema.types.enums import RecordingState
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.media import Media, load_media_of_recordings
from schema.types.node import Node, in_places
from schema.types.people import User, user_link
from schema.types.viewer_can import OfSession, viewer_can_in_session


@strawberry.type(description="A recording of a session, from the button to the gallery.")
class Recording(Node):
    facts: strawberry.Private[RecordingFacts]
    state: RecordingState = strawberry.field(description="Being made, being processed, in the gallery, or lost.")
    started_at: datetime = strawberry.field(description="When it was started.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it is being made.")
    duration_seconds: int | None = strawberry.field(description="How long it is; null until it is ready.")
    failure_reason: str | None = strawberry.field(description="Why it was lost; null unless it was.")

    session: SessionLink = session_link("The session that it is of.", lambda recording: recording.facts.session_id)
    started_by: User | None = user_link(
        "The user who started it; null once that account is gone.", lambda recording: recording.facts.started_by
    )

    viewer_can_end: bool = viewer_can_in_session(
        "Whether the viewer can end it now: it is being made, and they may record.",
        lambda recording: _to_end(recording.facts),
    )

    @relation("What became of it in the gallery, once it is ready: for members, and until it is removed there.")
    @staticmethod
    async def media(recordings: Sequence["Recording"], snapshot: Snapshot) -> Sequence[Media | None]:
        return await load_media_of_recordings(snapshot, [each.facts.id for each in recordings])


def _to_end(of: RecordingFacts) -> OfSession:
    return OfSession(of.session_id, lambda room, viewer_id, at: may_end_recording(room, of, viewer_id, at))


def recording_node(of: RecordingFacts) -> Recording:
    """Returns the recording as a node."""
    return Recording(
        facts=of,
        id=global_id("Recording", of.id),
        state=of.state,
        started_at=of.started_at,
        ended_at=of.ended_at,
        duration_seconds=of.duration_seconds,
        failure_reason=of.failure_reason,
    )


def recording_of_row(row: AnyRow) -> Recording:
    """Returns the recording of a page's row as a node."""
    return recording_node(read_facts(RecordingFacts, row))


async def load_recordings(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Recording | None]:
    """Returns the recordings whose room the viewer sees. Each place gets its own node."""
    found = await resolvers.recordings_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, recording_node)
