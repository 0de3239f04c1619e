"""Recordings, from start to end (rules 4, 32, 38, 40, 56, 58, 62)."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from models.database.transaction import Transaction
from models.tables.deadlines import DeadlineKind
from models.tables.rooms import RoomMode
from models.tables.sessions import RoomSession, SessionEndReason
from resolvers import sessions
from resolvers.recordings import REPORTED_WITHIN
from tests.support.people import configure, events_since, group_id, id_of, join_group, local, log_head, quit_group
from tests.support.recordings import (
    ROOM,
    START,
    STOP,
    act,
    deadlines,
    kinds,
    locked,
    open_session,
    recorded,
    seen,
    start,
    stop,
)
from tests.support.statement_counts import statements_of
from tests.support.statement_log import statements
from tests.support.stored_state import fold_all, read_state
from tests.support.world import CONFIGURE, END, LEAVE, World


async def room(world: World, who: str) -> dict[str, Any]:
    return dict((await world.query(who, ROOM, room=world.room))["room"])


async def together(world: World, people: list[str], document: str, given: dict[str, Any]) -> Counter[str]:
    """Sends the same mutation for all at the same moment, checks replay, and counts the outcomes."""
    before = await read_state(world.database)
    answers = await asyncio.gather(*(world.query(who, document, input=given) for who in people))
    assert await fold_all(world.database, before) == await read_state(world.database)
    payloads = [payload for answer in answers for payload in answer.values()]
    return Counter(each["userErrors"][0]["code"] if each["userErrors"] else "done" for each in payloads)


@pytest.mark.parametrize("who", ["moderator", "manager"])
async def test_a_room_moderator_starts_and_ends_a_recording(world: World, who: str) -> None:
    """Rule 56: whether inside or not."""
    session = await open_session(world)
    head = await log_head(world)
    recording = await start(world, who, session)
    running = await seen(world, recording)
    assert running["startedBy"] == {"name": {"moderator": "Timo Assistant", "manager": "Mara Manager"}[who]}
    assert (running["state"], running["session"], running["endedAt"]) == ("RECORDING", {"id": session}, None)
    assert await deadlines(world) == []
    ended = await stop(world, who, recording)
    assert (ended["state"], ended["durationSeconds"], ended["media"]) == ("PROCESSING", None, None)
    assert running["startedAt"] == ended["startedAt"] < ended["endedAt"]
    assert kinds(await events_since(world, head)) == ["RecordingStarted", "RecordingEnded"]


async def test_there_is_one_recording_at_a_time(world: World) -> None:
    """Rule 56: another can start once it has ended."""
    session = await open_session(world)
    first = await start(world, "moderator", session)
    for who in ("moderator", "manager"):
        refusal = await world.refused(who, START, input={"sessionId": session})
        assert (refusal["code"], refusal["field"]) == ("ALREADY_RECORDING", ["input", "sessionId"])
    await stop(world, "manager", first)
    second = await start(world, "moderator", session)
    edges = (await room(world, "student-001"))["activeSession"]["recordings"]["edges"]
    made = [edge["node"] for edge in edges]
    assert [(each["id"], each["state"]) for each in made] == [(first, "PROCESSING"), (second, "RECORDING")]


async def test_simultaneous_starts_make_one_recording(world: World) -> None:
    """Rule 56."""
    people = [f"student-{number:03}" for number in range(1, 21)]
    await join_group(world, await group_id(world, "teaching-assistants"), *people)
    session = await open_session(world)
    head = await log_head(world)
    outcomes = await together(world, people, START, {"sessionId": session})
    assert outcomes == {"done": 1, "ALREADY_RECORDING": 19}
    assert kinds(await events_since(world, head)) == ["RecordingStarted"]
    recording = (await room(world, "manager"))["status"]["recording"]["id"]
    assert await together(world, people, STOP, {"recordingId": recording}) == {"done": 1, "NOT_RECORDING": 19}
    assert kinds(await events_since(world, head)) == ["RecordingStarted", "RecordingEnded"]


async def test_ending_takes_one_that_is_being_made(world: World) -> None:
    """Rule 56: a late retry does not end the next recording."""
    session = await open_session(world)
    first = await start(world, "moderator", session)
    await stop(world, "moderator", first)
    await start(world, "moderator", session)
    refusal = await world.refused("moderator", STOP, input={"recordingId": first})
    assert (refusal["code"], refusal["field"]) == ("NOT_RECORDING", ["input", "recordingId"])
    assert (await room(world, "moderator"))["status"]["recording"]["state"] == "RECORDING"


async def test_nothing_is_recorded_after_the_end(world: World) -> None:
    """Rule 40: a recording cannot be started, and one that ended with its session cannot be ended."""
    session = await open_session(world)
    recording = await start(world, "moderator", session)
    await world.mutate("moderator", END, session=session)
    for _ in range(2):  # first without a running session, then with the next one
        assert (await world.refused("moderator", START, input={"sessionId": session}))["code"] == "SESSION_ENDED"
        assert (await world.refused("moderator", STOP, input={"recordingId": recording}))["code"] == "SESSION_ENDED"
        await world.enter("moderator")


async def end_session(world: World, session: str) -> None:
    await world.mutate("moderator", END, session=session)


async def disable_room(world: World, session: str) -> None:
    await world.mutate(
        "manager", CONFIGURE, input={"galleryId": world.gallery, "enabled": False, "endActiveSession": True}
    )


async def lose_the_host(world: World, session: str) -> None:
    async def work(tx: Transaction) -> None:
        await locked(tx, world)
        await sessions.close_session(tx, local(world.gallery), local(session), SessionEndReason.HOST_ABSENT)

    await act(world, work)


@pytest.mark.parametrize("end", [end_session, disable_room, lose_the_host])
async def test_a_sessions_end_ends_its_recording(world: World, end: Any) -> None:
    """Rules 38, 58: whatever ends the session, in the same transaction and before SessionEnded."""
    session = await open_session(world)
    earlier = await start(world, "moderator", session)
    await stop(world, "moderator", earlier)
    ended_first = (await seen(world, earlier))["endedAt"]
    recording = await start(world, "moderator", session)
    head = await log_head(world)
    await end(world, session)
    assert kinds(await events_since(world, head))[:2] == ["RecordingEnded", "SessionEnded"]
    found = await seen(world, recording)
    row = await world.database.reads.first(select(RoomSession).where(RoomSession.id == local(session)))
    assert row
    assert row.ended_at
    assert (found["state"], found["endedAt"][:19]) == ("PROCESSING", row.ended_at.isoformat()[:19])
    assert row.recording_id is None
    assert (await seen(world, earlier))["endedAt"] == ended_first
    assert {each.subject_id for each in await deadlines(world)} == {local(recording), local(earlier)}


async def test_a_session_without_a_recording_ends_without_one(world: World) -> None:
    """Rule 58."""
    session = await open_session(world)
    head = await log_head(world)
    await world.mutate("moderator", END, session=session)
    assert kinds(await events_since(world, head)) == ["SessionEnded"]
    assert await deadlines(world) == []


async def test_one_that_has_ended_is_waited_for_a_day(world: World) -> None:
    """Rule 58: a deadline is set for it."""
    recording = await recorded(world)
    (deadline,) = await deadlines(world)
    ended_at = (await seen(world, recording))["endedAt"]
    assert (deadline.kind, deadline.subject_id) == (DeadlineKind.RECORDING, local(recording))
    assert (deadline.due_at - REPORTED_WITHIN).isoformat()[:19] == ended_at[:19]


async def test_everyone_who_sees_the_room_sees_what_is_recorded(world: World) -> None:
    """Rules 4, 11, 56: late joiners, members outside and guests inside too; for other people it is absent."""
    await configure(world, mode=RoomMode.INTERACTIVE, chatModeratorIds=[await id_of(world, "guest")])
    session = await open_session(world)
    recording = await start(world, "moderator", session)
    await world.enter("student-001", "guest")
    for who in ("student-001", "student-002", "guest", "manager"):
        found = await room(world, who)
        assert found["status"]["recording"]["id"] == recording, who
        assert [edge["node"]["id"] for edge in found["activeSession"]["recordings"]["edges"]] == [recording], who
        assert (await seen(world, recording, who))["state"] == "RECORDING", who
    assert (await world.query("outsider", "query ($id: ID!) { node(id: $id) { id } }", id=recording))["node"] is None
    await stop(world, "moderator", recording)
    assert (await room(world, "student-002"))["status"]["recording"] is None
    await world.mutate("moderator", END, session=session)
    assert await room(world, "guest") == {"status": {"state": "CLOSED", "recording": None}, "activeSession": None}


async def test_the_snapshot_says_who_records(world: World) -> None:
    """Rule 32: for granted and for revoked roles, until leaving."""
    assistants = await group_id(world, "teaching-assistants")
    session = await open_session(world)
    await world.enter("student-001")
    await join_group(world, assistants, "student-001")
    assert (await world.refused("student-001", START, input={"sessionId": session}))["code"] == "FORBIDDEN"
    recording = await start(world, "moderator", session)
    assert (await world.refused("student-001", STOP, input={"recordingId": recording}))["code"] == "FORBIDDEN"
    await quit_group(world, assistants, "moderator")
    await stop(world, "moderator", recording)
    recording = await start(world, "moderator", session)
    for who in ("student-001", "moderator"):
        await world.mutate(who, LEAVE, room=world.room)
    await stop(world, "student-001", recording)
    assert (await world.refused("moderator", START, input={"sessionId": session}))["code"] == "FORBIDDEN"


@pytest.mark.parametrize("document", [START, STOP], ids=["start", "end"])
async def test_a_retry_is_answered_alike(world: World, document: str) -> None:
    """Rule 62."""
    session = await open_session(world)
    recording = {"recordingId": await start(world, "moderator", session)} if document == STOP else {}
    given: dict[str, Any] = {**(recording or {"sessionId": session}), "idempotencyKey": "key"}
    before = await read_state(world.database)
    first = await world.mutate("moderator", document, input=given)
    done = await read_state(world.database)
    assert done != before
    assert await world.mutate("moderator", document, input=given) == first
    assert await read_state(world.database) == done
    other = {key: f"{value}x" for key, value in given.items()} | {"idempotencyKey": "key"}
    assert (await world.refused("moderator", document, input=other))["code"] == "IDEMPOTENCY_MISMATCH"


SESSIONS = """{ gallery(by: {externalId: "course-101"}) { sessions(first: 50) { edges { node {
  recordings { edges { node { id media { id recording { id } } startedBy { name } } } } } } } } }"""


async def cheapest(world: World) -> int:
    """Returns the smallest number of statements of a few runs, because some runs also look up an account."""
    costs = []
    for _ in range(3):
        with statements() as ran:
            await world.query("manager", SESSIONS)
        costs.append(len(ran))
    return min(costs)


async def test_the_recordings_of_many_sessions_are_read_at_once(world: World) -> None:
    """The number of statements is the same as for one session."""
    await recorded(world)
    one = await cheapest(world)
    for _ in range(3):
        session = await open_session(world)
        for _ in range(3):
            await stop(world, "moderator", await start(world, "moderator", session))
        await world.mutate("moderator", END, session=session)
    assert await cheapest(world) == one
    edges = (await world.query("manager", SESSIONS))["gallery"]["sessions"]["edges"]
    assert [len(edge["node"]["recordings"]["edges"]) for edge in edges] == [3, 3, 4]


BRIEF = {
    "start": "mutation ($input: StartRecordingInput!) { startRecording(input: $input) { userErrors { code } } }",
    "end": "mutation ($input: EndRecordingInput!) { endRecording(input: $input) { userErrors { code } } }",
}


async def test_what_recording_costs(world: World, backend: str) -> None:
    """The number of statements is constant."""
    session = await open_session(world)
    started = await statements_of(world, "moderator", BRIEF["start"], {"sessionId": session})
    recording = (await room(world, "moderator"))["status"]["recording"]["id"]
    ended = await statements_of(world, "moderator", BRIEF["end"], {"recordingId": recording})
    assert [len(started), len(ended)] == {"sqlite": [6, 8], "postgresql": [7, 8]}[backend]
