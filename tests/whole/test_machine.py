"""Random acts in a room, in any order and at once, have the outcomes that a model of the rules predicts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import BACKENDS, own_database
from tests.model.acts import NOBODY, Act
from tests.model.rights import Form
from tests.model.room import Room
from tests.model.scenes import PEOPLE, STUDENTS, Scene, StillClock, limit, new_room, opened
from tests.model.seats import DEVICES
from tests.support.world import World, open_world

IN_DEPTH = settings.get_current_profile_name() == "in-depth"
PHASES = [Phase.generate]
EXAMPLES, LENGTH = 6, 45
CHOICES = 6
MODERATORS = ["moderator", "moderator", "manager", "manager", STUDENTS[0], "chatmod"]


LISTS = {
    "ROOM_MODERATOR": ["assistants", STUDENTS[0], "chatmod"],
    "CHAT_MODERATOR": ["chatmod"],
    "SPEAKER": ["speaker", STUDENTS[1]],
}
BY_ANYONE = {
    "enterRoom": 12,
    "leaveRoom": 4,
    "heartbeat": 3,
    "requestStage": 4,
    "acceptStage": 6,
    "declineStage": 3,
    "leaveStage": 3,
    "raiseHand": 5,
    "setDevices": 5,
}
BY_MODERATORS = {
    "endSession": 1,
    "lockRoom": 3,
    "unlockRoom": 1,
    "admitParticipants": 5,
    "declineParticipants": 3,
    "removeParticipant": 3,
    "setStageAccess": 2,
    "inviteToStage": 7,
    "removeFromStage": 2,
    "lowerHand": 2,
    "lowerAllHands": 1,
    "switchOffDevices": 3,
    "unblockDevices": 2,
    "switchOffAllDevices": 2,
    "unblockAllDevices": 1,
    "showContent": 6,
    "updateShown": 5,
    "stopShowing": 1,
    "setMayShow": 6,
    "startRecording": 2,
    "endRecording": 2,
    "reportRecording": 4,
    "configureRoom": 3,
    "addGroupMembers": 3,
    "removeGroupMembers": 3,
}
VERBS = [verb for verb, weight in (BY_ANYONE | BY_MODERATORS).items() for _ in range(weight)]


@dataclass(frozen=True)
class Move:
    """An act of a person, before its session, participant or recording is chosen."""

    who: str
    verb: str
    whom: tuple[str, ...] = ()
    back: int = 0
    value: Any = None

    def act(self, room: Room) -> Act:
        session = len(room.sessions) - 1 - self.back
        seats = room.sessions[session].seats if session >= 0 else {}
        places = tuple((session, each) if each in seats else NOBODY for each in self.whom)
        recording = len(room.recordings) - 1 - self.back
        return Act(self.who, self.verb, max(session, -1), places, max(recording, -1), self.value)


@dataclass(frozen=True)
class Step:
    """Several simultaneous moves, each chosen from a few candidates; or no move, and time that passes."""

    moves: tuple[list[Move], ...]
    seconds: int
    worked_off: bool
    viewer: str


def some_move(random: Random) -> Move:
    verb = random.choice(VERBS)
    who = random.choice(PEOPLE)
    whom: tuple[str, ...] = (random.choice(PEOPLE),)
    value: Any = some_wish(random) if verb == "enterRoom" else some_order(random, verb)
    if verb not in BY_ANYONE:
        who = random.choice(MODERATORS)
    match verb:
        case "admitParticipants" | "declineParticipants":
            whom = tuple(random.choices(PEOPLE, k=random.randint(1, 3)))
            value = "all" if verb == "admitParticipants" and random.random() < 0.4 else None
        case "removeParticipant" | "setMayShow":
            value = random.random() < 0.5
        case "lowerHand" if random.random() < 0.5:
            who = whom[0]
        case "setStageAccess":
            value = random.choice(["EVERYONE", "BY_REQUEST", "INVITE_ONLY"])
        case "showContent" | "updateShown" | "stopShowing":
            who = random.choice([who, *PEOPLE])
            value = random.choice([1, 2, 2, 3, 4])
        case "reportRecording":
            who = random.choice(["recorder"] * 5 + MODERATORS[:1])
            value = random.choice(["PROCESSING", "READY", "FAILED", "RECORDING"])
        case "configureRoom":
            who = random.choice(["manager"] * 4 + [STUDENTS[0]])
            value = some_form(random)
        case "addGroupMembers" | "removeGroupMembers":
            who = "admin"
            value = (random.choice(["assistants", "deputies", "class"]), random.choice([*STUDENTS, "moderator"]))
    return Move(who, verb, whom, int(random.random() < 0.1), value)


def some_wish(random: Random) -> str | None:
    return "OFF" if random.random() < 0.2 else None


def some_order(random: Random, verb: str) -> Any:
    """Returns the value of a mutation of devices: each device with its state, or the devices and what is done to them."""
    if verb == "setDevices":
        return tuple((each, random.random() < 0.7) for each in some_devices(random))
    return (some_devices(random), random.choice(["switchOff", "block"])) if verb.endswith("Devices") else None


def some_devices(random: Random) -> tuple[str, ...]:
    return tuple(random.sample(DEVICES, k=random.randint(1, len(DEVICES))))


def some_form(random: Random) -> Form:
    match random.randrange(4):
        case 0:
            ends = random.random() < 0.3
            return Form(enabled=False, end_active=ends, outdated=random.random() < 0.2)
        case 1:
            return Form(enabled=True, mode=random.choice([None, "INTERACTIVE", "WEBINAR"]))
        case _:
            role = random.choice(list(LISTS))
            named = random.sample(LISTS[role], k=random.randint(0, len(LISTS[role])))
            return Form(lists=((role, tuple(named)),))


def some_step(number: int) -> Step:
    """Returns the step of this number; 0 is an empty step, which failing plays shrink to."""
    random = Random(number)
    viewer = random.choice(PEOPLE)
    if number and random.random() < 0.1:
        return Step((), random.choice([1, 20, 30, 45, 60, 95, 200, 905, 90_000]), random.random() < 0.7, viewer)
    at_once = random.choice([1] * 8 + [2, 3]) if number else 0
    return Step(tuple([some_move(random) for _ in range(CHOICES)] for _ in range(at_once)), 0, False, viewer)


plays = st.tuples(
    st.sampled_from(["WEBINAR", "INTERACTIVE"]),
    st.lists(st.sampled_from(PEOPLE), min_size=4, max_size=6),
    st.lists(st.integers(0, 2**64 - 1), min_size=LENGTH, max_size=LENGTH),
)


@pytest.fixture(scope="module", params=BACKENDS)
async def lasting_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One world for all plays, each in a gallery of its own. Its clock moves only when a play moves it."""
    with own_database(str(request.param), request, tmp_path_factory.mktemp("machine")) as found:
        async with open_world(found, StillClock()) as world:
            await limit(world)
            yield world


@settings(
    max_examples=2000 if IN_DEPTH else EXAMPLES,
    derandomize=not IN_DEPTH,
    database=None,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(play=plays)
async def test_a_room_does_what_the_rules_say(lasting_world: World, play: tuple[str, list[str], list[int]]) -> None:
    """Rules 29 to 44, 56 to 58, 70 to 73, 87 and 88."""
    mode, crowd, numbers = play
    room = new_room(mode)
    async with opened(lasting_world, room) as theirs:
        scene = Scene(theirs, [room])
        for who in ("moderator", *crowd):
            await scene.act([Move(who, "enterRoom").act(room)], [who])
        for number in numbers:
            await _take(scene, some_step(number))


async def _take(scene: Scene, step: Step) -> None:
    viewers = ["manager", step.viewer]
    if not (step.moves or step.seconds):
        return
    if step.moves:
        await scene.act([scene.rarest([each.act(scene.room) for each in choices]) for choices in step.moves], viewers)
    else:
        await scene.wait(step.seconds, viewers, worked_off=step.worked_off)
