"""Mutations of cameras, microphones and screens."""

from uuid import UUID

import strawberry

from models.database.transaction import Transaction
from models.tables.rates import RateKind
from resolvers import devices
from resolvers.devices import Order
from schema.mutations.declare import mutation
from schema.mutations.targets import IN_ROOM, PARTICIPANT, SESSION, InRoom, OnParticipant, OnSession
from schema.types.devices import Device

WHICH = "Which devices: 1 to 3, each once."
BLOCK = "Whether they stay off until a room moderator unblocks them."
ORDERED = "For room moderators; a manager of the gallery only by managers."
ALL = "For room moderators; those of the gallery's managers only by managers, and never one's own."


@strawberry.input(description="Which devices of the viewer are on. What is left out, or null, stays as it is.")
class SetDevicesInput(InRoom):
    camera: bool | None = strawberry.field(default=None, description="Whether the camera is on.")
    microphone: bool | None = strawberry.field(default=None, description="Whether the microphone is on.")
    screen: bool | None = strawberry.field(default=None, description="Whether the screen is shared.")


@mutation(
    "Report which of the viewer's devices are on. Only those on the stage have one on: CONFLICT for others. DEVICE_BLOCKED "
    "for one that a room moderator keeps off, NOT_IN_SESSION, SESSION_ENDED.",
    on=IN_ROOM,
    argument="Which devices.",
    rate=RateKind.DEVICES,
)
async def set_devices(tx: Transaction, room_id: UUID, input: SetDevicesInput) -> UUID:
    wanted = {
        Device.CAMERA: input.camera,
        Device.MICROPHONE: input.microphone,
        Device.SCREEN: input.screen,
    }
    return await devices.set_devices(tx, room_id, {each: on for each, on in wanted.items() if on is not None})


@strawberry.input(description="Whose devices to switch off.")
class SwitchOffDevicesInput(OnParticipant):
    devices: list[Device] = strawberry.field(description=WHICH)
    block: bool = strawberry.field(default=False, description=BLOCK)


@mutation(
    f"Switch off devices of someone inside. With `block` they stay off, also when their owner leaves the stage or enters "
    f"again. {ORDERED} NOT_IN_SESSION, SESSION_ENDED, INVALID.",
    on=PARTICIPANT,
    argument="Whose, and which.",
)
async def switch_off_devices(tx: Transaction, participant_id: UUID, input: SwitchOffDevicesInput) -> UUID:
    return await devices.order_devices(tx, participant_id, input.devices, _order(block=input.block))


@strawberry.input(description="Whose devices to unblock.")
class UnblockDevicesInput(OnParticipant):
    devices: list[Device] = strawberry.field(description=WHICH)


@mutation(
    f"Let someone inside switch devices on again, which stay off until they do. {ORDERED} NOT_IN_SESSION, SESSION_ENDED, "
    "INVALID.",
    on=PARTICIPANT,
    argument="Whose, and which.",
)
async def unblock_devices(tx: Transaction, participant_id: UUID, input: UnblockDevicesInput) -> UUID:
    return await devices.order_devices(tx, participant_id, input.devices, Order.UNBLOCK)


@strawberry.input(description="In which session to switch off devices of all others on the stage.")
class SwitchOffAllDevicesInput(OnSession):
    devices: list[Device] = strawberry.field(description=WHICH)
    block: bool = strawberry.field(default=False, description=BLOCK)


@mutation(
    f"Switch off devices of all others on the stage. Those who come onto it later are not affected. {ALL} SESSION_ENDED, "
    "INVALID.",
    on=SESSION,
    argument="Which session, and which devices.",
)
async def switch_off_all_devices(tx: Transaction, session_id: UUID, input: SwitchOffAllDevicesInput) -> UUID:
    return await devices.order_all_devices(tx, session_id, input.devices, _order(block=input.block))


@strawberry.input(description="In which session to unblock devices of all others inside.")
class UnblockAllDevicesInput(OnSession):
    devices: list[Device] = strawberry.field(description=WHICH)


@mutation(
    f"Unblock devices of all others inside, which stay off until their owners switch them on. {ALL} SESSION_ENDED, INVALID.",
    on=SESSION,
    argument="Which session, and which devices.",
)
async def unblock_all_devices(tx: Transaction, session_id: UUID, input: UnblockAllDevicesInput) -> UUID:
    return await devices.order_all_devices(tx, session_id, input.devices, Order.UNBLOCK)


def _order(*, block: bool) -> Order:
    return Order.BLOCK if block else Order.SWITCH_OFF
