"""Participants of a session."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.database.transaction import Snapshot
from models.tables.participants import ParticipantFacts
from models.tables.principals import Principal as PrincipalId
from models.tables.principals import principal
from resolvers import participant_lists as resolvers
from schema.execution.ahead import Loaded, relation
from schema.types.devices import DeviceState
from schema.types.enums import AssignmentSource, ParticipantRole, ParticipantState
from schema.types.ids import global_id
from schema.types.links import SessionLink, session_link
from schema.types.node import Node, in_places
from schema.types.people import Principal, User, principal_link, user_link


@strawberry.type(description="Why a participant holds a role.")
class RoleSource(Loaded):
    stored: strawberry.Private[dict[str, str]]
    role: ParticipantRole = strawberry.field(description="The role.")
    source: AssignmentSource = strawberry.field(description="Assigned, or as a manager of the gallery.")

    via: Principal | None = principal_link(
        "Through whom: the user, or a group that they were in.", lambda source: _via(source.stored)
    )


def _via(stored: dict[str, str]) -> PrincipalId:
    user, group = stored.get("user_id"), stored.get("group_id")
    return principal(UUID(user) if user else None, UUID(group) if group else None)


@strawberry.type(description="Someone in a session, with the rights that were resolved when they entered.")
class Participant(Node):
    facts: strawberry.Private[ParticipantFacts]
    state: ParticipantState = strawberry.field(
        description="Whether they wait, are inside or have left. Others inside do not learn that somebody waits: they see the state from before."
    )
    roles: list[ParticipantRole] = strawberry.field(description="The snapshot taken on entering.")
    role_sources: list[RoleSource] = strawberry.field(description="Why each role is held; empty for attendees.")
    on_stage: bool = strawberry.field(description="Whether they are on stage.")
    invited_to_stage: bool = strawberry.field(description="Whether an invitation to the stage waits for their answer.")
    may_show: bool = strawberry.field(
        description="Whether a room moderator lets them show content while they are on stage. Room moderators always may."
    )
    hand_raised_at: datetime | None = strawberry.field(description="Since when their hand is up; null while it is not.")
    camera: DeviceState = strawberry.field(description="Whether their camera is on. OFF or BLOCKED off the stage.")
    microphone: DeviceState = strawberry.field(
        description="Whether their microphone is on. OFF or BLOCKED off the stage."
    )
    screen: DeviceState = strawberry.field(description="Whether they share a screen. OFF or BLOCKED off the stage.")
    joined_at: datetime = strawberry.field(description="When they last entered, or began to wait.")
    left_at: datetime | None = strawberry.field(description="When they left.")

    @relation(
        "Whether the stored rights differ from the snapshot now: leave and enter again to apply them. Told to the "
        "participant and the room's moderators; to others always false."
    )
    @staticmethod
    async def permissions_stale(participants: Sequence["Participant"], snapshot: Snapshot) -> Sequence[bool]:
        told = await resolvers.told_of(snapshot, [each.facts for each in participants])
        return [each.facts.permissions_stale and each.facts.id in told for each in participants]

    @relation(
        "Whether they read the session's chat and cannot write in it. Told to the participant and the session's chat "
        "moderators; to others always false."
    )
    @staticmethod
    async def chat_blocked(participants: Sequence["Participant"], snapshot: Snapshot) -> Sequence[bool]:
        told = await resolvers.told_of_blocks(snapshot, [each.facts for each in participants])
        return [each.facts.chat_blocked and each.facts.id in told for each in participants]

    user: User = user_link("Who they are.", lambda participant: participant.facts.user_id)

    session: SessionLink = session_link("The session.", lambda participant: participant.facts.session_id)


def participant_node(of: ParticipantFacts) -> Participant:
    """Returns the participant as a node.

    For a participant who waits, an earlier time inside is over and a new one has not begun, so the node shows no roles.
    """
    waits = of.state is ParticipantState.WAITING
    sources = [
        RoleSource(stored=each, role=ParticipantRole(each["role"]), source=AssignmentSource(each["source"]))
        for each in of.role_sources
        if not waits
    ]
    return Participant(
        facts=of,
        id=global_id("Participant", of.id),
        state=of.state,
        roles=[] if waits else of.roles,
        role_sources=sources,
        on_stage=of.stage_turn is not None,
        invited_to_stage=of.invited_at is not None,
        may_show=of.may_show,
        hand_raised_at=of.hand_raised_at,
        camera=of.camera,
        microphone=of.microphone,
        screen=of.screen,
        joined_at=(of.waiting_since if waits else None) or of.joined_at,
        left_at=None if waits else of.left_at,
    )


async def load_participants(snapshot: Snapshot, ids: Sequence[UUID | None]) -> list[Participant | None]:
    """Returns the participants that the viewer may see. Each place gets its own node."""
    found = await resolvers.participants_by_id(snapshot, {each for each in ids if each})
    return in_places(ids, found, participant_node)
