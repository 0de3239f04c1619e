"""The site: its defaults and its limits."""

from typing import Any

import strawberry

from models.database.transaction import Snapshot
from models.tables import site
from models.tables.rates import RATES
from schema.types.enums import RateKind, RoomMode


@strawberry.type(description="How many people a room of a mode takes.")
class RoomLimits:
    mode: RoomMode = strawberry.field(description="The mode that these limits are of.")
    visible_cameras: int = strawberry.field(description="How many cameras are shown at once.")
    stage_capacity: int | None = strawberry.field(description="How many fit on the stage; null: everyone.")
    participant_capacity: int = strawberry.field(description="How many may be inside at once, moderators included.")


def room_limits(row: Any) -> RoomLimits:
    """Returns the limits of a row, or of facts, with these names."""
    return RoomLimits(
        mode=row.mode,
        visible_cameras=row.visible_cameras,
        stage_capacity=row.stage_capacity,
        participant_capacity=row.participant_capacity,
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
    host_absence_timeout_seconds: int = strawberry.field(
        description="After how many seconds without a room moderator inside a session ends."
    )
    reconnect_grace_seconds: int = strawberry.field(
        description="For how many seconds after the last connection is lost a participant is still inside."
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
        host_absence_timeout_seconds=row.host_absence_timeout_seconds,
        reconnect_grace_seconds=row.reconnect_grace_seconds,
    )
