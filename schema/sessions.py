"""Sessions and participants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from models import sessions as rows
from models.base import facts
from models.paging import PageArguments
from models.principals import principal
from models.sessions import ParticipantFacts, SessionFacts
from models.transaction import Snapshot
from resolvers import sessions as resolvers
from schema.ahead import Loaded, guaranteed, relation
from schema.connections import After, Connection, First, connect
from schema.enums import AssignmentSource, ParticipantRole, ParticipantState, RoomMode, SessionEndReason, StageAccess
from schema.ids import global_id
from schema.node import Node, in_places
from schema.people import Principal, User, load_principals, load_users
from schema.site import RoomLimits, room_limits

RoomLink: TypeAlias = Annotated["Room", strawberry.lazy("schema.rooms")]  # type: ignore[name-defined]  # noqa: F821


@strawberry.type(description="Why a participant holds a role.")
class RoleSource(Loaded):
    stored: strawberry.Private[dict[str, str]]
    role: ParticipantRole = strawberry.field(description="The role.")
    source: AssignmentSource = strawberry.field(description="Assigned, or as a manager of the gallery.")

    @relation("Through whom: the user, or a group that they were in.")
    @staticmethod
    async def via(sources: Sequence["RoleSource"], snapshot: Snapshot) -> Sequence[Principal | None]:
        stored = [(each.stored.get("user_id"), each.stored.get("group_id")) for each in sources]
        wanted = [principal(UUID(user) if user else None, UUID(group) if group else None) for user, group in stored]
        return await load_principals(snapshot, wanted)


@strawberry.type(description="Someone in a session, with the rights that were resolved when they entered.")
class Participant(Node):
    facts: strawberry.Private[ParticipantFacts]
    state: ParticipantState = strawberry.field(description="Where they are.")
    roles: list[ParticipantRole] = strawberry.field(description="The snapshot taken on entering.")
    role_sources: list[RoleSource] = strawberry.field(description="Why each role is held; empty for attendees.")
    joined_at: datetime = strawberry.field(description="When they last entered.")
    left_at: datetime | None = strawberry.field(description="When they left.")

    @relation("Who they are.")
    @staticmethod
    async def user(participants: Sequence["Participant"], snapshot: Snapshot) -> Sequence[User]:
        return guaranteed(await load_users(snapshot, [each.facts.user_id for each in participants]))

    @relation("The session.")
    @staticmethod
    async def session(
        participants: Sequence["Participant"], snapshot: Snapshot
    ) -> Sequence[Annotated["RoomSession", strawberry.lazy("schema.sessions")]]:
        return guaranteed(await load_sessions(snapshot, [each.facts.session_id for each in participants]))


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

    @relation("The room.")
    @staticmethod
    async def room(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[RoomLink]:
        from schema.rooms import load_rooms

        return await load_rooms(snapshot, [session.gallery_id for session in sessions])

    @relation("Whoever launched it; null once that account is gone.")
    @staticmethod
    async def started_by(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[User | None]:
        return await load_users(snapshot, [session.facts.started_by for session in sessions])

    @relation("The viewer's own participant; null for whoever never entered.")
    @staticmethod
    async def viewer_participant(sessions: Sequence["RoomSession"], snapshot: Snapshot) -> Sequence[Participant | None]:
        own = await resolvers.own_participants(snapshot, [session.facts.id for session in sessions])
        mine = [own.get(session.facts.id) for session in sessions]
        return [participant_of_row(row) if row else None for row in mine]

    @relation("Who is or was in it, by admission; for its people and the room's moderators, else empty.")
    @staticmethod
    async def participants(
        sessions: Sequence["RoomSession"],
        snapshot: Snapshot,
        states: Annotated[
            list[ParticipantState] | None, strawberry.argument(description="Only those in one of these states.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Sequence[Connection[Participant]]:
        of_gallery = {session.facts.id: session.gallery_id for session in sessions}
        pages = await resolvers.participants_of(snapshot, of_gallery, states, PageArguments(first, after))
        return [connect(pages[session.facts.id], participant_of_row) for session in sessions]


def session_node(of: SessionFacts, gallery_id: UUID) -> RoomSession:
    """The session as a node."""
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
    """The same of a table's row."""
    return session_node(facts(SessionFacts, row), gallery_id)


def participant_node(of: ParticipantFacts) -> Participant:
    """The participant as a node."""
    sources = [
        RoleSource(stored=each, role=ParticipantRole(each["role"]), source=AssignmentSource(each["source"]))
        for each in of.role_sources
    ]
    return Participant(
        facts=of,
        id=global_id("Participant", of.id),
        state=of.state,
        roles=of.roles,
        role_sources=sources,
        joined_at=of.joined_at,
        left_at=of.left_at,
    )


def participant_of_row(row: rows.Participant) -> Participant:
    """The same of a table's row."""
    return participant_node(facts(ParticipantFacts, row))


async def load_sessions(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[RoomSession | None]:
    """The sessions whose room the viewer sees. Each place gets a node of its own."""
    found = await resolvers.sessions_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, lambda session: session_node(*session))


async def load_participants(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Participant | None]:
    """The participants that the viewer may see. Each place gets a node of its own."""
    found = await resolvers.participants_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, participant_of_row)
