"""Changes of rights in the model of a room: its form, and groups (rules 5, 9, 10, 25 to 28, 32, 34)."""

from dataclasses import dataclass, field

from tests.model.acts import Act, refuse, tell, tell_all, visible
from tests.model.room import Room
from tests.model.sessions import end


@dataclass(frozen=True)
class Form:
    """The room's form. None, and lists that are not named, stay unchanged."""

    enabled: bool | None = None
    mode: str | None = None
    end_active: bool = False
    outdated: bool = False
    lists: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())


def configure_room(room: Room, act: Act) -> None:
    form: Form = act.value
    visible(room, act.who)
    refuse("FORBIDDEN", unless="CONFIGURE" in room.permissions(act.who))
    refuse("CONFLICT", unless=not form.outdated)
    managers = [each for each, role in room.members.items() if role == "MANAGER"]
    after = room.assigned | {
        role: [each for each in listed if role != "ROOM_MODERATOR" or each not in managers]
        for role, listed in form.lists
    }
    enabled = room.enabled if form.enabled is None else form.enabled
    if room.session and not enabled:
        refuse("ROOM_HAS_ACTIVE_SESSION", unless=form.end_active)
        end(room, room.session, "ROOM_DISABLED")
    _save(room, enabled, form.mode or room.mode, after)


def _save(room: Room, enabled: bool, mode: str, lists: dict[str, list[str]]) -> None:
    before = (room.enabled, room.mode, room.assigned)
    if before == (enabled, mode, lists):
        return
    room.version += 1
    room.enabled, room.mode, room.assigned = enabled, mode, lists
    tell_all(room, "RoomConfigured", None, enabled, mode)
    if before[2] != lists:
        tell_all(room, "AccessChanged")
        _outdate(room)


def _outdate(room: Room) -> None:
    """Rule 34: people inside are told when their snapshot differs from their current rights."""
    session = room.session
    for seat in sorted(session.those("ADMITTED"), key=lambda each: each.number) if session else ():
        held = {(role, source) for role, source, _via in seat.held}
        stored = {(role, source) for role, source, _via in room.held(seat.who)}
        stale = held != stored or not room.has_rights(seat.who)
        if session and stale != seat.stale:
            seat.stale = stale
            tell(room, "ParticipantChanged", session, seat, private=True)


def add_group_members(room: Room, act: Act) -> None:
    group, who = act.value
    _move(room, group, room.groups[group] | {who})


def remove_group_members(room: Room, act: Act) -> None:
    group, who = act.value
    _move(room, group, room.groups[group] - {who})


def _move(room: Room, group: str, people: set[str]) -> None:
    if people == room.groups[group]:
        return
    room.groups[group] = people
    if group in room.members or any(group in listed for listed in room.assigned.values()):
        _outdate(room)
        tell_all(room, "MembershipsChanged")
