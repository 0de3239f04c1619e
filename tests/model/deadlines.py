"""Deadlines in the model of a room (rules 33, 36, 39, 43, 58), and the table of all mutations that it knows."""

from collections.abc import Callable
from typing import Any

from tests.model import content, devices, recordings, rights, sessions, stage
from tests.model.acts import Act, RefusedError
from tests.model.recordings import SILENT, lose
from tests.model.room import Due, Room
from tests.model.sessions import depart, end
from tests.model.stage import uninvite

SENT = {
    "enterRoom": sessions.enter_room,
    "leaveRoom": sessions.leave_room,
    "endSession": sessions.end_session,
    "lockRoom": sessions.lock_room,
    "unlockRoom": sessions.unlock_room,
    "admitParticipants": sessions.admit_participants,
    "declineParticipants": sessions.decline_participants,
    "removeParticipant": sessions.remove_participant,
    "heartbeat": sessions.heartbeat,
    "setStageAccess": stage.set_stage_access,
    "requestStage": stage.request_stage,
    "inviteToStage": stage.invite_to_stage,
    "acceptStage": stage.accept_stage,
    "declineStage": stage.decline_stage,
    "leaveStage": stage.leave_stage,
    "removeFromStage": stage.remove_from_stage,
    "raiseHand": stage.raise_hand,
    "lowerHand": stage.lower_hand,
    "lowerAllHands": stage.lower_all_hands,
    "setDevices": devices.set_devices,
    "switchOffDevices": devices.switch_off_devices,
    "unblockDevices": devices.unblock_devices,
    "switchOffAllDevices": devices.switch_off_all_devices,
    "unblockAllDevices": devices.unblock_all_devices,
    "showContent": content.show_content,
    "updateShown": content.update_shown,
    "stopShowing": content.stop_showing,
    "setMayShow": content.set_may_show,
    "startRecording": recordings.start_recording,
    "endRecording": recordings.end_recording,
    "reportRecording": recordings.report_recording,
    "configureRoom": rights.configure_room,
    "addGroupMembers": rights.add_group_members,
    "removeGroupMembers": rights.remove_group_members,
}
"""The mutations that the model knows."""


def do(room: Room, act: Act) -> Any:
    """Performs an act. Returns "done", a refusal's code, or a tuple with a state or code for each participant."""
    room.ticks += 1
    verb: Callable[[Room, Act], Any] = SENT[act.verb]
    try:
        outcome = verb(room, act)
    except RefusedError as refused:
        return str(refused)
    return "done" if outcome is None else outcome


def work_off(room: Room) -> None:
    """Processes due deadlines, oldest first. Deadlines that are set meanwhile wait until they are due."""
    for due in sorted((due for due, at in room.due.items() if at[0] <= room.now), key=room.due.__getitem__):
        room.ticks += 1
        if room.due.get(due, (room.now + 1,))[0] <= room.now:
            del room.due[due]
            _fall_due(room, due)


def _fall_due(room: Room, due: Due) -> None:
    match due:
        case ("ABSENCE", (number, who)):
            session = room.sessions[number]
            depart(room, session, session.seats[who], "LEFT")
        case ("HOST_ABSENCE", number):
            end(room, room.sessions[number], "HOST_ABSENT")
        case ("INVITATION", (number, who)):
            session = room.sessions[number]
            uninvite(room, session, session.seats[who])
        case ("RECORDING", number):
            lose(room, room.recordings[number], SILENT)
