"""Sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.storage.base import read_facts
from models.storage.paging import PageArguments
from models.tables import sessions as rows
from models.tables.sessions import SessionFacts
from resolvers import participant_lists as participants
from resolvers import sessions as resolvers
from resolvers import stage
from resolvers.feed import feeds_of
from resolvers.recordings import recordings_of
from schema.execution.ahead import relation
from schema.types.connections import FROM_THE_START, Connection, Log, connect, paged
from schema.types.content import ShownContent, load_shown
from schema.types.enums import ParticipantState, RoomMode, SessionEndReason, StageAccess
from schema.types.feed import FeedItem, feed_item
from schema.types.ids import global_id
from schema.types.links import RoomKey, RoomLink, room_link
from schema.types.node import Node, in_places
from schema.types.participants import Participant, participant_node
from schema.types.people import User, user_link
from schema.types.recordings import Recording, recording_of_row
from schema.types.site import RoomLimits, room_limits


@strawberry.type(description="A meeting in a room, from its launch to its end.")
class RoomSession(Node):
    facts: strawberry.Private[SessionFacts]
    gallery_id: strawberry.Private[UUID]
    mode: RoomMode = strawberry.field(description="The mode that it was launched in.")
    limits: RoomLimits = strawberry.field(description="The limits that it was launched with.")
    stage_access: StageAccess = strawberry.field(description="Who may step up to the stage.")
    locked: bool = strawberry.field(description="Whether newcomers wait to be let in.")
    started_at: datetime = strawberry.field(description="When it was launched.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs.")
    end_reason: SessionEndReason | None = strawberry.field(description="Why it ended; null while it runs.")
    peak_participants: int = strawberry.field(description="The most people who were inside at once.")

    room: RoomLink = room_link("The room.", lambda session: RoomKey(session.gallery_id, session.facts.room_id))
    started_by: User | None = user_link(
        "The user who launched it; null once that account is gone.", lambda session: session.facts.started_by
    )

    @relation("The viewer's own participant; null where the viewer never entered.")
    @staticmethod
    async def viewer_participant(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[Participant | None]:
        own = await participants.own_participants(snapshot, [session.facts.id for session in sessions])
        mine = [own.get(session.facts.id) for session in sessions]
        return [participant_node(one) if one else None for one in mine]

    @paged("Who is or was in it, by admission; for its people and the room's moderators, else empty.")
    @staticmethod
    async def participants(
        sessions: Sequence["RoomSession"],
        snapshot: Snapshot,
        states: Annotated[
            list[ParticipantState] | None, strawberry.argument(description="Only those in one of these states.")
        ] = None,
        search: Annotated[
            str | None,
            strawberry.argument(description="Only those whose name contains this; letter case does not count."),
        ] = None,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Participant]]:
        pages = await participants.participants_of(snapshot, _galleries(sessions), states, search, arguments)
        return [connect(pages[each.facts.id], participant_node, Log(each.gallery_id)) for each in sessions]

    @relation(
        "Who is on stage, the most recent first; the first `limits.visibleCameras` are the visible ones. For its people "
        "and the room's moderators, else empty."
    )
    @staticmethod
    async def stage(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[list[Participant]]:
        found = await stage.stage_of(snapshot, _galleries(sessions))
        return [[participant_node(one) for one in found[session.facts.id]] for session in sessions]

    @paged("Whose hands are up, in the order raised. For its people and the room's moderators, else empty.")
    @staticmethod
    async def hands(
        sessions: Sequence["RoomSession"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Participant]]:
        pages = await participants.hands_of(snapshot, _galleries(sessions), arguments)
        return [connect(pages[each.facts.id], participant_node, Log(each.gallery_id)) for each in sessions]

    @relation("What it shows now; null while it shows nothing. For those who are or were inside, else null.")
    @staticmethod
    async def shown(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[ShownContent | None]:
        return await load_shown(snapshot, [session.facts.id for session in sessions])

    @paged("What was recorded of it, the oldest first, lost ones too.")
    @staticmethod
    async def recordings(
        sessions: Sequence["RoomSession"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[Recording]]:
        ids = list({each.facts.id for each in sessions})
        pages = await recordings_of(snapshot, ids, arguments)
        return [connect(pages[each.facts.id], recording_of_row, Log(each.gallery_id)) for each in sessions]

    @paged(
        "What was published in it, in the order of publication: opened interactions, announcements, pinned "
        "messages, and published answers to questions and to interactions. What was deleted, cleared or unpinned is not in it. For those who are or were inside, else empty."
    )
    @staticmethod
    async def feed(
        sessions: Sequence["RoomSession"],
        snapshot: Snapshot,
        arguments: PageArguments = FROM_THE_START,
    ) -> Sequence[Connection[FeedItem]]:
        pages = await feeds_of(snapshot, _galleries(sessions), arguments)
        return [connect(pages[each.facts.id], feed_item, Log(each.gallery_id)) for each in sessions]


def _galleries(sessions: Sequence[RoomSession]) -> dict[UUID, UUID]:
    return {session.facts.id: session.gallery_id for session in sessions}


def session_node(of: SessionFacts, gallery_id: UUID) -> RoomSession:
    """Returns the session as a node."""
    return RoomSession(
        facts=of,
        gallery_id=gallery_id,
        id=global_id("RoomSession", of.id),
        mode=of.mode,
        limits=room_limits(of),
        stage_access=of.stage_access,
        locked=of.locked,
        started_at=of.started_at,
        ended_at=of.ended_at,
        end_reason=of.end_reason,
        peak_participants=of.peak_participants,
    )


def session_of_row(gallery_id: UUID, row: rows.RoomSession) -> RoomSession:
    """Returns the session of a table's row as a node."""
    return session_node(read_facts(SessionFacts, row), gallery_id)


async def load_sessions(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[RoomSession | None]:
    """Returns the sessions whose room the viewer sees. Each place gets its own node."""
    found = await resolvers.sessions_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, lambda session: session_node(*session))
