"""Cameras, microphones and screens of participants (rules 12, 88).

A participant's own client reports their state. Room moderators switch off and block, and never switch on.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from models.access.participants import access_participant, must_be_inside, outranks, respect
from models.access.rooms import RoomAccess, access_room, access_session, must_have_entered
from models.database.transaction import Transaction
from models.errors import Conflict, DeviceBlocked
from models.events.stage import AllDevicesChanged, DevicesChanged
from models.permissions import Permission
from models.storage.base import columns, read_facts
from models.storage.statements import among
from models.tables.participants import Device, DeviceState, Participant, ParticipantFacts, ParticipantState
from models.tables.sessions import SessionCounts, SessionFacts
from models.values.lists import checked_list
from resolvers.participants import change_participant


class Order(Enum):
    """What a room moderator does to devices."""

    SWITCH_OFF = "SWITCH_OFF"
    BLOCK = "BLOCK"
    UNBLOCK = "UNBLOCK"


_FROM = {
    Order.SWITCH_OFF: {DeviceState.ON},
    Order.BLOCK: {DeviceState.ON, DeviceState.OFF},
    Order.UNBLOCK: {DeviceState.BLOCKED},
}
"""The states that an order changes."""
_TO = {
    Order.SWITCH_OFF: DeviceState.OFF,
    Order.BLOCK: DeviceState.BLOCKED,
    Order.UNBLOCK: DeviceState.OFF,
}


async def set_devices(tx: Transaction, room_id: UUID, wanted: Mapping[Device, bool]) -> UUID:
    """Stores which of the viewer's devices are on, as their client reports it. Returns their participant id.

    A device that is blocked stays so. Raises DEVICE_BLOCKED (to switch one on), CONFLICT (to switch one on off the
    stage), NOT_IN_SESSION, SESSION_ENDED.
    """
    access = await access_room(tx, room_id, Permission.ENTER, "input", "roomId")
    session, one = must_have_entered(access, "input", "roomId")
    for device, on in wanted.items():
        if on:
            _may_be_on(one, device)
    reported = {each: DeviceState.ON if on else DeviceState.OFF for each, on in wanted.items()}
    await _change(tx, session, one, {each: to for each, to in reported.items() if _differs(one.state_of(each), to)})
    return one.id


def _differs(before: DeviceState, reported: DeviceState) -> bool:
    return before is not reported and before is not DeviceState.BLOCKED


def _may_be_on(one: ParticipantFacts, device: Device) -> None:
    if one.state_of(device) is DeviceState.BLOCKED:
        raise DeviceBlocked("A room moderator keeps this off.", "input", device.column)
    if one.stage_turn is None:
        raise Conflict("Step onto the stage first.", "input", device.column)


async def order_devices(tx: Transaction, participant_id: UUID, devices: Sequence[Device], order: Order) -> UUID:
    """Switches off, blocks or unblocks devices of a participant who is inside. Returns the participant's id.

    Raises NOT_FOUND, FORBIDDEN (a manager's, rule 12), NOT_IN_SESSION, SESSION_ENDED, INVALID.
    """
    field = ("input", "participantId")
    access = await access_participant(tx, participant_id, Permission.MANAGE_STAGE, *field)
    must_be_inside(access, *field)
    respect(access, *field)
    one = access.participant
    named = [each for each in _checked(devices) if one.state_of(each) in _FROM[order]]
    await _change(tx, access.session, one, dict.fromkeys(named, _TO[order]))
    return participant_id


async def _change(
    tx: Transaction, session: SessionFacts, one: ParticipantFacts, to: Mapping[Device, DeviceState]
) -> None:
    if to:
        after = await change_participant(tx, one.id, {each.column: state for each, state in to.items()})
        counts = read_facts(SessionCounts, session)
        await tx.record(after.gallery_id, DevicesChanged(participant=after, counts=counts))


# Who may have a device that an order changes: everyone on the stage, and those whose device is blocked.
_HAVE_DEVICES = (
    select(*columns(ParticipantFacts, Participant))
    .where(
        Participant.session_id == bindparam("session"),
        Participant.state == ParticipantState.ADMITTED,
        or_(
            Participant.stage_turn.is_not(None),
            *(getattr(Participant, each.column) == DeviceState.BLOCKED for each in Device),
        ),
    )
    .order_by(Participant.id)
)


async def order_all_devices(tx: Transaction, session_id: UUID, devices: Sequence[Device], order: Order) -> UUID:
    """Switches off or blocks devices of all others on the stage, or unblocks those of all others inside.

    The devices of managers stay as they are, unless a manager does it (rule 12). Returns the session's id. Raises
    FORBIDDEN, SESSION_ENDED, INVALID.
    """
    access = await access_session(tx, session_id, Permission.MANAGE_STAGE, "input", "sessionId")
    people = await _others(tx, access, session_id, order)
    changed: dict[Device, list[UUID]] = {each: [] for each in Device}
    for device in _checked(devices):
        changed[device] = [one.id for one in people if one.state_of(device) in _FROM[order]]
        await _set(tx, device, _TO[order], changed[device])
    if any(changed.values()):
        ids: dict[str, Any] = {each.column: of for each, of in changed.items()}
        await tx.record(access.room.gallery_id, AllDevicesChanged(session_id, _TO[order], **ids))
    return session_id


async def _others(tx: Transaction, access: RoomAccess, session_id: UUID, order: Order) -> list[ParticipantFacts]:
    rows = await tx.rows(_HAVE_DEVICES, {"session": session_id})
    people = [read_facts(ParticipantFacts, row) for row in rows]
    return [
        one
        for one in people
        if one.user_id != tx.viewer.id
        and not outranks(access, one)
        and (order is Order.UNBLOCK or one.stage_turn is not None)
    ]


async def _set(tx: Transaction, device: Device, state: DeviceState, people: Sequence[UUID]) -> None:
    if people:
        change = update(Participant).where(among(Participant.id)).values({device.column: state})
        await tx.execute(change, {"ids": list(people)})


def _checked(devices: Sequence[Device]) -> Sequence[Device]:
    return checked_list(devices, len(Device), "input", "devices")
