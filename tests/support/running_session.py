"""A running session: mutations by name and person, and what a user reads of the stage and hands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from models.events.sessions import OfParticipant
from models.storage.base import columns, read_facts
from models.tables.participants import Participant, ParticipantFacts
from models.tables.rooms import RoomMode
from models.tables.sessions import RoomSession
from models.tables.site import RoomLimits
from tests.support.people import change, configure, local
from tests.support.world import ENTER, World

ERRORS = "cursor userErrors { code message field }"
PERSON = "participant { id state onStage invitedToStage handRaisedAt camera microphone screen }"
IN_ROOM = ("requestStage", "acceptStage", "declineStage", "leaveStage", "raiseHand", "setDevices", "sendReaction")
TO_PARTICIPANT = ("inviteToStage", "removeFromStage", "lowerHand")
OF_DEVICES = ("switchOffDevices", "unblockDevices")
OF_SESSION = {
    "setStageAccess": "session { id stageAccess }",
    "lowerAllHands": "lowered session { id }",
    "switchOffAllDevices": "session { id }",
    "unblockAllDevices": "session { id }",
}


def document(verb: str) -> str:
    """Returns the mutation as clients send it."""
    name = f"{verb[0].upper()}{verb[1:]}Input"
    return f"mutation ($input: {name}!) {{ {verb}(input: $input) {{ {OF_SESSION.get(verb, PERSON)} {ERRORS} }} }}"


SOME: dict[str, Any] = {"devices": ["MICROPHONE"]}
NEEDED: dict[str, dict[str, Any]] = {
    "setStageAccess": {"access": "EVERYONE"},
    "sendReaction": {"emoji": "👏"},
    **dict.fromkeys((*OF_DEVICES, "switchOffAllDevices", "unblockAllDevices"), SOME),
}
"""Values of the other fields that inputs require, unless a test gives others."""
VERBS = {verb: document(verb) for verb in (*IN_ROOM, *TO_PARTICIPANT, *OF_DEVICES, *OF_SESSION)}
SEEN = """query ($session: ID!) { node(id: $session) { ... on RoomSession {
  stageAccess stage { id onStage } hands { edges { node { id handRaisedAt } } } room { status { onStageCount } } } } }"""


@dataclass
class Meeting:
    """A session in the demo's room, with the id of each participant by the person's name."""

    world: World
    session: str
    ids: dict[str, str] = field(default_factory=dict)

    async def enter(self, *people: str) -> None:
        for who in people:
            entered = await self.world.query(who, ENTER, room=self.world.room)
            self.ids[who] = entered["enterRoom"]["participant"]["id"]

    def given(self, verb: str, whom: str = "", **more: Any) -> dict[str, Any]:
        """Returns the input of a mutation."""
        more = NEEDED.get(verb, {}) | more
        if verb in IN_ROOM:
            return {"roomId": self.world.room, **more}
        if verb in OF_SESSION:
            return {"sessionId": self.session, **more}
        return {"participantId": self.ids.get(whom, whom), **more}

    async def devices(self, who: str) -> tuple[str, ...]:
        """Returns the state of a person's camera, microphone and screen."""
        one = await self.stored_participant(who)
        return one.camera, one.microphone, one.screen

    async def does(self, who: str, verb: str, whom: str = "", **more: Any) -> dict[str, Any]:
        """Sends a mutation, which must succeed and pass the replay check. Returns its payload."""
        return await self.world.mutate(who, VERBS[verb], input=self.given(verb, whom, **more))

    async def may_not(self, who: str, verb: str, whom: str = "", **more: Any) -> str:
        """Sends a mutation, which must be refused, name its argument, and change nothing. Returns the code."""
        refusal = await self.world.refused(who, VERBS[verb], input=self.given(verb, whom, **more))
        assert refusal["field"] == ["input", next(iter(self.given(verb, whom)))]
        assert refusal["message"].endswith(".")
        return str(refusal["code"])

    async def tries(self, who: str, verb: str, whom: str = "", **more: Any) -> str:
        """Returns the refusal's code, or "done". Skips the replay check, so that many can run at once."""
        answer = await self.world.query(who, VERBS[verb], input=self.given(verb, whom, **more))
        errors = answer[verb]["userErrors"]
        return str(errors[0]["code"]) if errors else "done"

    async def seen(self, who: str = "moderator") -> dict[str, Any]:
        return dict((await self.world.query(who, SEEN, session=self.session))["node"])

    async def on_stage(self, who: str = "moderator") -> list[str]:
        """Returns who is on stage, as `who` sees it."""
        seen = await self.seen(who)
        assert all(each["onStage"] for each in seen["stage"])
        assert seen["room"]["status"]["onStageCount"] == len(seen["stage"])
        return self.names(each["id"] for each in seen["stage"])

    async def hands(self, who: str = "moderator") -> list[str]:
        """Returns who has their hand up, as `who` sees it."""
        seen = await self.seen(who)
        raised = [edge["node"] for edge in seen["hands"]["edges"]]
        assert all(each["handRaisedAt"] for each in raised)
        return self.names(each["id"] for each in raised)

    def names(self, ids: Any) -> list[str]:
        who = {identity: name for name, identity in self.ids.items()}
        return [who[each] for each in ids]

    async def stored_participant(self, who: str) -> ParticipantFacts:
        """Returns a person's participant as it is stored."""
        one = select(*columns(ParticipantFacts, Participant)).where(Participant.id == local(self.ids[who]))
        return read_facts(ParticipantFacts, await self.world.database.reads.row(one))

    async def counted(self) -> int:
        """Counts the people on stage from the rows, and checks that the session's counter agrees."""
        up = select(Participant.id).where(
            Participant.session_id == local(self.session), Participant.stage_turn.is_not(None)
        )
        rows = len(await self.world.database.reads.values(up))
        count = select(RoomSession.stage_count).where(RoomSession.id == local(self.session))
        assert await self.world.database.reads.value(count) == rows
        return rows


async def meet(world: World, *people: str, host: str = "moderator", **settings: Any) -> Meeting:
    """Launches a session as the host, with these people inside."""
    if settings:
        await configure(world, **settings)
    entered = await world.query(host, ENTER, room=world.room)
    meeting = Meeting(world, entered["enterRoom"]["session"]["id"])
    await meeting.enter(host, *people)
    return meeting


async def limit_stage(world: World, capacity: int) -> None:
    """Sets how many people fit on a webinar's stage, from the next session on."""
    limits = update(RoomLimits).where(RoomLimits.mode == RoomMode.WEBINAR)
    await change(world, limits.values(stage_capacity=capacity, visible_cameras=capacity))


def students(count: int, start: int = 1) -> list[str]:
    return [f"student-{number:03}" for number in range(start, start + count)]


def kinds(told: Sequence[Any]) -> list[str]:
    """Returns the kinds of the events."""
    return [event.kind for event in told]


def moved(told: Sequence[Any]) -> list[OfParticipant]:
    """Returns the events about a participant."""
    return [event for event in told if isinstance(event, OfParticipant)]
