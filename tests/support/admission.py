"""Helpers for locked rooms: lock, wait, admit, decline and remove, as clients send it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.support.people import events_since, local
from tests.support.stored_state import fold_all, read_state
from tests.support.world import ENTER, Client, World

ERRORS = "userErrors { code message field }"


def _document(verb: str, *fields: str) -> str:
    name = verb[0].upper() + verb[1:]
    return f"mutation ($input: {name}Input!) {{ {verb}(input: $input) {{ cursor {' '.join(fields)} {ERRORS} }} }}"


RESULTS = "results { participantId participant { id state roles } userError { code field } }"
LOCK = _document("lockRoom", "session { id locked }")
UNLOCK = _document("unlockRoom", "session { id locked }")
ADMIT = _document("admitParticipants", RESULTS, "session { id }")
DECLINE = _document("declineParticipants", RESULTS, "session { id }")
REMOVE = _document("removeParticipant", "participant { id state }")
STATUS = "query ($room: ID!) { room(id: $room) { status { state locked participantCount waitingCount } } }"
OWN = """query ($session: ID!) { node(id: $session) { ... on RoomSession {
  viewerParticipant { id state roles joinedAt leftAt } } } }"""
PEOPLE = """query ($session: ID!, $states: [ParticipantState!]) { node(id: $session) { ... on RoomSession {
  participants(states: $states, first: 100) { edges { node { id state } } } } } }"""


async def launch(world: World, *people: str) -> str:
    """The moderator launches the room and these people enter. Returns the session's id."""
    session = (await world.mutate("moderator", ENTER, room=world.room))["session"]["id"]
    await world.enter(*people)
    return str(session)


async def lock(world: World, session: str, by: str = "moderator") -> None:
    await world.mutate(by, LOCK, input={"sessionId": session})


async def unlock(world: World, session: str) -> None:
    await world.mutate("moderator", UNLOCK, input={"sessionId": session})


async def locked(world: World, *people: str) -> str:
    """Launches the room with these people inside and locks it. Returns the session's id."""
    session = await launch(world, *people)
    await lock(world, session)
    return session


async def wait(world: World, *people: str) -> list[str]:
    """Lets people enter a locked room, so that they wait. Returns the ids of their participants."""
    entered = [(await world.mutate(who, ENTER, room=world.room))["participant"] for who in people]
    assert {each["state"] for each in entered} <= {"WAITING"}
    return [each["id"] for each in entered]


async def own(world: Client, who: str, session: str) -> dict[str, Any]:
    """Returns the participant of `who`, as `who` reads it."""
    return dict((await world.query(who, OWN, session=session))["node"]["viewerParticipant"])


async def state_of(world: Client, who: str, session: str) -> str:
    return str((await own(world, who, session))["state"])


async def people(world: Client, who: str, session: str, *states: str) -> Counter[str]:
    """Counts the participants that `who` reads in the session, by state."""
    found = (await world.query(who, PEOPLE, session=session, states=states or None))["node"]["participants"]["edges"]
    return Counter(edge["node"]["state"] for edge in found)


async def status(world: Client, who: str) -> dict[str, Any]:
    return dict((await world.query(who, STATUS, room=world.room))["room"]["status"])


def outcomes(payload: dict[str, Any]) -> list[str]:
    """Returns the state of each participant that was acted on, or the code of its refusal."""
    return [
        each["userError"]["code"] if each["userError"] else each["participant"]["state"] for each in payload["results"]
    ]


async def admit(world: World, session: str, *ids: str, by: str = "moderator") -> list[str]:
    return outcomes(await world.mutate(by, ADMIT, input={"sessionId": session, "participantIds": ids}))


async def admit_all(world: World, session: str, by: str = "moderator") -> list[str]:
    return outcomes(await world.mutate(by, ADMIT, input={"sessionId": session, "all": True}))


async def decline(world: World, session: str, *ids: str, by: str = "moderator") -> list[str]:
    return outcomes(await world.mutate(by, DECLINE, input={"sessionId": session, "participantIds": ids}))


async def remove(world: World, participant: str, by: str = "moderator", *, ban: bool = False) -> dict[str, Any]:
    return await world.mutate(by, REMOVE, input={"participantId": participant, "ban": ban})


async def kinds_since(world: World, head: Any) -> list[str]:
    return [event.kind for event in await events_since(world, head)]


async def at_once(world: World, acts: Sequence[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """Sends all mutations at the same moment and checks replay (rule 64).

    Returns for each its refusal's code, or "done".
    """
    before = await read_state(world.database)
    answers = await asyncio.gather(*(world.query(who, document, **given) for who, document, given in acts))
    assert await fold_all(world.database, before) == await read_state(world.database)
    payloads = [payload for answer in answers for payload in answer.values()]
    return [payload["userErrors"][0]["code"] if payload["userErrors"] else "done" for payload in payloads]


async def counted(world: World, session: str) -> tuple[int, int]:
    """Counts the people inside and those who wait, from participant rows. Checks that the session's counters agree."""
    (gallery,) = [each for each in (await read_state(world.database)).values() if local(session) in each.sessions]
    here = [each for each in gallery.participants.values() if each.session_id == local(session)]
    states = Counter(each.state.value for each in here)
    kept = gallery.sessions[local(session)]
    assert (kept.participant_count, kept.waiting_count) == (states["ADMITTED"], states["WAITING"])
    assert kept.participant_count <= kept.peak_participants <= kept.participant_capacity
    return kept.participant_count, kept.waiting_count
