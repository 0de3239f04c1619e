"""From when a saved setting applies (rules 24, 28, 32, 90)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.tables.rooms import AssignedRole, RoomMode
from models.tables.site import LimitFacts
from resolvers.configuration import Plan


class AppliesFrom(StrEnum):
    NOW = "NOW"
    ENTERING = "ENTERING"
    NEXT_SESSION = "NEXT_SESSION"


class RoomSetting(StrEnum):
    """The settings of a room's form."""

    ENABLED = "ENABLED"
    MODE = "MODE"
    ROOM_MODERATORS = "ROOM_MODERATORS"
    CHAT_MODERATORS = "CHAT_MODERATORS"
    SPEAKERS = "SPEAKERS"
    QNA = "QNA"
    GROUP_CHAT = "GROUP_CHAT"
    SHELF_VISIBLE = "SHELF_VISIBLE"


@dataclass(frozen=True, slots=True)
class Change:
    """A setting of the form that a save changes."""

    setting: RoomSetting
    applies_from: AppliesFrom


@dataclass(frozen=True, slots=True)
class LimitsChange:
    """A mode whose limits a save changes."""

    mode: RoomMode
    applies_from: AppliesFrom


_SETTINGS = {
    RoomSetting.ENABLED: ("enabled", AppliesFrom.NOW),
    RoomSetting.MODE: ("mode", AppliesFrom.NEXT_SESSION),
    RoomSetting.QNA: ("qna", AppliesFrom.NOW),
    RoomSetting.GROUP_CHAT: ("group_chat", AppliesFrom.NOW),
    RoomSetting.SHELF_VISIBLE: ("shelf_visible", AppliesFrom.NOW),
}
_LISTS = {
    RoomSetting.ROOM_MODERATORS: AssignedRole.ROOM_MODERATOR,
    RoomSetting.CHAT_MODERATORS: AssignedRole.CHAT_MODERATOR,
    RoomSetting.SPEAKERS: AssignedRole.SPEAKER,
}


def changes_of(planned: Plan, *, runs: bool) -> list[Change]:
    """Returns what the save changes, in the order of the form. `runs`: whether a session goes on after the save.

    Without a session everything applies at once.
    """
    found = dict(_changed(planned))
    return [Change(each, found[each] if runs else AppliesFrom.NOW) for each in RoomSetting if each in found]


def _changed(planned: Plan) -> Iterator[tuple[RoomSetting, AppliesFrom]]:
    for setting, (name, applies_from) in _SETTINGS.items():
        if getattr(planned.before, name) != getattr(planned.after, name):
            yield setting, applies_from
    for setting, role in _LISTS.items():
        # A list counts as the people on it: their order changes nothing.
        if set(planned.assigned_before[role]) != set(planned.assigned_after[role]):
            yield setting, AppliesFrom.ENTERING


def changed_limits(
    before: Collection[LimitFacts], after: Collection[LimitFacts], running: Collection[RoomMode]
) -> list[LimitsChange]:
    """Returns the modes whose limits differ. `running` are the modes of running sessions, which keep their limits."""
    return [
        LimitsChange(each.mode, AppliesFrom.NEXT_SESSION if each.mode in running else AppliesFrom.NOW)
        for each in after
        if each not in before
    ]
