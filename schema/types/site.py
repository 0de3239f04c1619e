"""The site: its defaults and its limits."""

from typing import Any

import strawberry

from models.database.transaction import Snapshot
from models.permissions import Role
from models.tables import site
from models.tables.rates import RATES
from schema.types.enums import RateKind, RoomMode

TITLES = {RoomMode.INTERACTIVE: "Interactive", RoomMode.WEBINAR: "Webinar"}


@strawberry.type(description="A mode's title, how many people a room of this mode takes, and how their cameras begin.")
class RoomLimits:
    mode: RoomMode = strawberry.field(description="The mode that these limits are of.")
    title: str = strawberry.field(description='The mode\'s title in the form: "Interactive" or "Webinar".')
    visible_cameras: int = strawberry.field(description="How many cameras are shown at once.")
    stage_capacity: int | None = strawberry.field(description="How many fit on the stage; null: everyone.")
    participant_capacity: int = strawberry.field(description="How many may be inside at once, moderators included.")
    cameras_on_by_default: bool = strawberry.field(
        description="Whether the camera of a participant is on when they come onto the stage, until their client reports "
        "otherwise."
    )


def room_limits(row: Any) -> RoomLimits:
    """Returns the limits of a row, or of facts, with these names."""
    return RoomLimits(
        mode=row.mode,
        title=TITLES[row.mode],
        visible_cameras=row.visible_cameras,
        stage_capacity=row.stage_capacity,
        participant_capacity=row.participant_capacity,
        cameras_on_by_default=row.cameras_on_by_default,
    )


@strawberry.type(description="How often one user may do something, everywhere together.")
class RateLimit:
    kind: RateKind = strawberry.field(description="What is counted.")
    burst: int = strawberry.field(description="How many at once.")
    per_minute: int = strawberry.field(description="How many more in each minute.")


@strawberry.type(description="What holds for all galleries and rooms.")
class Site:
    name: str = strawberry.field(description="The site's name.")
    qna_default: bool = strawberry.field(description="What SITE_DEFAULT means for Q&A today.")
    group_chat_default: bool = strawberry.field(description="What SITE_DEFAULT means for group chat today.")
    moderate_media_default: bool = strawberry.field(description="Whether new galleries moderate their media.")
    room_limits: list[RoomLimits] = strawberry.field(description="The limits of each mode.")
    rate_limits: list[RateLimit] = strawberry.field(description="How often one user may do what reaches many.")
    reaction_emoji: list[str] = strawberry.field(
        description="The emoji that people can react with in a room, in the order in which they are shown."
    )
    host_absence_timeout_seconds: int = strawberry.field(
        description="After how many seconds without a room moderator inside a session ends."
    )
    reconnect_grace_seconds: int = strawberry.field(
        description="For how many seconds after the last connection is lost a participant is still inside."
    )
    refused_words: list[str] | None = strawberry.field(
        description="Words that word clouds do not take; null for all but site admins."
    )


async def load_site(snapshot: Snapshot) -> Site:
    """Returns the site."""
    row = await snapshot.first(site.THE_SITE)
    assert row
    limits = await snapshot.all(site.LIMITS)
    rates = await snapshot.all(RATES)
    return Site(
        name=row.name,
        qna_default=row.qna_default,
        group_chat_default=row.group_chat_default,
        moderate_media_default=row.moderate_media_default,
        room_limits=[room_limits(each) for each in limits],
        rate_limits=[RateLimit(kind=each.kind, burst=each.burst, per_minute=each.per_minute) for each in rates],
        reaction_emoji=row.reaction_emoji,
        host_absence_timeout_seconds=row.host_absence_timeout_seconds,
        reconnect_grace_seconds=row.reconnect_grace_seconds,
        refused_words=row.refused_words if Role.SITE_ADMIN in snapshot.viewer.site_roles else None,
    )
