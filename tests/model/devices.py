"""Cameras, microphones and screens in the model of a room (rules 12, 88)."""

from tests.model.acts import Act, may_touch, moderated, other, own, refuse, respect, tell, tell_all
from tests.model.room import Room
from tests.model.seats import DEVICES, Seat

CHANGES = {
    "switchOff": ({"ON"}, "OFF"),
    "block": ({"ON", "OFF"}, "BLOCKED"),
    "unblock": ({"BLOCKED"}, "OFF"),
}
"""What a moderator does to devices: the states that it changes, and the state after it."""


def set_devices(room: Room, act: Act) -> None:
    session, seat = own(room, act.who)
    wanted: dict[str, bool] = dict(act.value)
    for device in DEVICES:
        if wanted.get(device):
            refuse("DEVICE_BLOCKED", unless=getattr(seat, device) != "BLOCKED")
            refuse("CONFLICT", unless=seat.stage is not None)
    before = seat.devices
    for device, on in wanted.items():
        if getattr(seat, device) != "BLOCKED":
            setattr(seat, device, "ON" if on else "OFF")
    if seat.devices != before:
        tell(room, "DevicesChanged", session, seat)


def switch_off_devices(room: Room, act: Act) -> None:
    _order(room, act, act.value[1])


def unblock_devices(room: Room, act: Act) -> None:
    _order(room, act, "unblock")


def _order(room: Room, act: Act, order: str) -> None:
    session, seat = other(room, act)
    refuse("NOT_IN_SESSION", unless=seat.state == "ADMITTED")
    respect(room, act.who, seat)
    if _change(seat, act.value[0], order):
        tell(room, "DevicesChanged", session, seat)


def _change(seat: Seat, devices: tuple[str, ...], order: str) -> bool:
    before, (states, after) = seat.devices, CHANGES[order]
    for device in devices:
        if getattr(seat, device) in states:
            setattr(seat, device, after)
    return seat.devices != before


def switch_off_all_devices(room: Room, act: Act) -> None:
    _order_all(room, act, act.value[1])


def unblock_all_devices(room: Room, act: Act) -> None:
    _order_all(room, act, "unblock")


def _order_all(room: Room, act: Act, order: str) -> None:
    session = moderated(room, act)
    changed = False
    for seat in session.those("ADMITTED"):
        spared = seat.who == act.who or not may_touch(room, act.who, seat)
        if not spared and (order == "unblock" or seat.stage is not None):
            changed = _change(seat, act.value[0], order) or changed
    if changed:
        tell_all(room, "AllDevicesChanged", None, CHANGES[order][1], audience="PEOPLE", of_audience=session.number)
