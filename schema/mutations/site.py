"""The mutation of the site's settings, with its input and payload."""

from collections.abc import Sequence
from dataclasses import dataclass

import strawberry

from models.database.transaction import Snapshot, Transaction
from models.tables.rates import RateFacts
from resolvers import sites
from resolvers.effects import LimitsChange
from resolvers.sites import LimitChanges, SiteChanges
from schema.mutations.declare import mutation
from schema.mutations.payloads import Payload, shown
from schema.types.effects import RoomLimitsChange, limits_changes
from schema.types.enums import RateKind, RoomMode
from schema.types.site import Site, load_site


@strawberry.input(
    description="How many people a room of a mode takes, and how their cameras begin, from the next session on."
)
class RoomLimitsInput:
    mode: RoomMode = strawberry.field(description="The mode that these limits are of.")
    visible_cameras: int = strawberry.field(
        description="How many cameras are shown at once: at least 1, and no more than fit inside."
    )
    stage_capacity: int | None = strawberry.field(
        default=None, description="How many fit on the stage, at least 1; null: everyone."
    )
    participant_capacity: int = strawberry.field(
        description="How many may be inside at once, moderators included; at least 1."
    )
    cameras_on_by_default: bool | None = strawberry.field(
        default=None,
        description="Whether the camera of a participant is on when they come onto the stage. If not given, it stays as it is.",
    )


@strawberry.input(description="How often one user may do something, everywhere together.")
class RateLimitInput:
    kind: RateKind = strawberry.field(description="What is counted.")
    burst: int = strawberry.field(description="How many at once; at least 1.")
    per_minute: int = strawberry.field(description="How many more in each minute; at least 1.")


@strawberry.input(description="The site's settings. What is left out, or null, stays as it is.")
class UpdateSiteInput:
    name: str | None = strawberry.field(default=None, description="1 to 200 characters of plain text.")
    qna_default: bool | None = strawberry.field(
        default=None, description="What SITE_DEFAULT means for Q&A; applies at once, in every room that follows it."
    )
    group_chat_default: bool | None = strawberry.field(
        default=None,
        description="What SITE_DEFAULT means for group chat; applies at once, in every room that follows it.",
    )
    moderate_media_default: bool | None = strawberry.field(
        default=None, description="Whether new galleries moderate their media."
    )
    room_limits: list[RoomLimitsInput] | None = strawberry.field(
        default=None, description="The limits of modes, each mode once; those that are not in it stay."
    )
    rate_limits: list[RateLimitInput] | None = strawberry.field(
        default=None, description="How often one user may do things, each kind once; those that are not in it stay."
    )
    reaction_emoji: list[str] | None = strawberry.field(
        default=None,
        description="The emoji that people can react with in a room: 1 to 20, each once. It applies at once.",
    )
    host_absence_timeout_seconds: int | None = strawberry.field(
        default=None, description="After how many seconds without a room moderator inside a session ends; at least 1."
    )
    reconnect_grace_seconds: int | None = strawberry.field(
        default=None,
        description="For how many seconds after the last connection is lost one is still inside; at least 1.",
    )
    refused_words: list[str] | None = strawberry.field(
        default=None,
        description="The whole list of words that word clouds do not take: at most 500, no two the same, each a line of 1 "
        "to 30 characters.",
    )


@dataclass(frozen=True, slots=True)
class SiteSaved:
    """The stored outcome: the modes whose limits the save changed."""

    limits: Sequence[LimitsChange]


async def _load_site(snapshot: Snapshot, updated: Sequence[SiteSaved | None]) -> Sequence[Site | None]:
    return [await load_site(snapshot) if each else None for each in updated]


async def _load_changes(
    _snapshot: Snapshot, updated: Sequence[SiteSaved | None]
) -> Sequence[list[RoomLimitsChange] | None]:
    return [limits_changes(each.limits) if each else None for each in updated]


@strawberry.type(description="Answers `updateSite`.")
class UpdateSitePayload(Payload):
    site: Site | None = shown("The site as it is now.", _load_site)
    limits_changed: list[RoomLimitsChange] | None = shown(
        "Each mode whose limits the save changed, and from when the new limits apply; null where it was refused.",
        _load_changes,
    )


@mutation(
    "Change what holds for all galleries and rooms. For site admins. INVALID.",
    argument="The settings.",
    payload=UpdateSitePayload,
)
async def update_site(tx: Transaction, input: UpdateSiteInput) -> SiteSaved:
    return SiteSaved(await sites.update_site(tx, _changes(input)))


def _changes(given: UpdateSiteInput) -> SiteChanges:
    return SiteChanges(
        name=given.name,
        qna_default=given.qna_default,
        group_chat_default=given.group_chat_default,
        moderate_media_default=given.moderate_media_default,
        host_absence_timeout_seconds=given.host_absence_timeout_seconds,
        reconnect_grace_seconds=given.reconnect_grace_seconds,
        reaction_emoji=given.reaction_emoji,
        refused_words=given.refused_words,
        room_limits=[
            LimitChanges(
                mode=each.mode,
                visible_cameras=each.visible_cameras,
                stage_capacity=each.stage_capacity,
                participant_capacity=each.participant_capacity,
                cameras_on_by_default=each.cameras_on_by_default,
            )
            for each in given.room_limits or ()
        ],
        rate_limits=[
            RateFacts(kind=each.kind, burst=each.burst, per_minute=each.per_minute) for each in given.rate_limits or ()
        ],
    )
