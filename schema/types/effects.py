"""From when a saved setting applies, as clients see it."""

from collections.abc import Sequence

import strawberry

from resolvers import effects
from resolvers.effects import AppliesFrom, RoomSetting
from schema.types.describe import describe
from schema.types.enums import RoomMode

describe(
    AppliesFrom,
    "From when a saved setting applies.",
    NOW="At once.",
    ENTERING="At once for those who enter from now on. Those inside keep the roles that they entered with.",
    NEXT_SESSION="From the next session on. The running session keeps what it was launched with.",
)
describe(
    RoomSetting,
    "A setting of a room's form.",
    ENABLED="`enabled`.",
    MODE="`mode`.",
    ROOM_MODERATORS="`roomModeratorIds`.",
    CHAT_MODERATORS="`chatModeratorIds`.",
    SPEAKERS="`speakerIds`.",
    QNA="`qna`.",
    GROUP_CHAT="`groupChat`.",
    SHELF_VISIBLE="`shelfVisible`.",
)


@strawberry.type(description="A setting of a room's form that a save changes.")
class RoomSettingChange:
    setting: RoomSetting = strawberry.field(description="The setting.")
    applies_from: AppliesFrom = strawberry.field(description="From when the new value applies.")


@strawberry.type(description="A mode whose limits a save changes.")
class RoomLimitsChange:
    mode: RoomMode = strawberry.field(description="The mode.")
    applies_from: AppliesFrom = strawberry.field(
        description="From when the new limits apply: NEXT_SESSION if a session of this mode runs anywhere, else NOW."
    )


def setting_changes(changes: Sequence[effects.Change]) -> list[RoomSettingChange]:
    """Returns the changes as clients see them."""
    return [RoomSettingChange(setting=each.setting, applies_from=each.applies_from) for each in changes]


def limits_changes(changes: Sequence[effects.LimitsChange]) -> list[RoomLimitsChange]:
    """Returns the changes as clients see them."""
    return [RoomLimitsChange(mode=each.mode, applies_from=each.applies_from) for each in changes]
