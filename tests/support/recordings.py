"""Helpers for tests of recordings: documents, and functions for common mutations."""

from typing import Any

from sqlalchemy import select

from models.database.transaction import Transaction
from models.events.every import Event
from models.tables.deadlines import Deadline, DeadlineKind
from models.tables.galleries import Gallery
from server.accounts import THE_SERVER
from tests.support.people import local
from tests.support.stored_state import fold_all, read_state
from tests.support.world import ENTER, Client, World

ERRORS = "cursor userErrors { code message field }"
RECORDING = "id state startedAt endedAt durationSeconds failureReason startedBy { name }"
MEDIUM = "id title description kind status durationSeconds tags url thumbnailUrl owner { name } recording { id }"
START = f"""mutation ($input: StartRecordingInput!) {{ startRecording(input: $input) {{
  recording {{ {RECORDING} media {{ id }} }} {ERRORS} }} }}"""
STOP = f"""mutation ($input: EndRecordingInput!) {{ endRecording(input: $input) {{
  recording {{ {RECORDING} media {{ id }} }} {ERRORS} }} }}"""
REPORT = f"""mutation ($input: ReportRecordingInput!) {{ reportRecording(input: $input) {{
  state recording {{ id }} {ERRORS} }} }}"""
NODE = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Recording {{
  {RECORDING} session {{ id }} media {{ {MEDIUM} }} }} }} }}"""
ROOM = f"""query ($room: ID!) {{ room(id: $room) {{
  status {{ state recording {{ {RECORDING} }} }} activeSession {{ id recordings {{ edges {{ node {{ {RECORDING} }} }} }} }} }} }}"""
RECORDINGS = """subscription ($gallery: ID!, $after: EventCursor) { recordings(galleryId: $gallery, after: $after) {
  __typename cursor
  ... on RecordingStarted { recording { ...What } } ... on RecordingEnded { recording { ...What } }
  ... on RecordingReady { recording { ...What } } ... on RecordingFailed { recording { ...What } } } }
  fragment What on Recording { id state failureReason media { title url } }"""
MEDIA_SERVER = "enfilade:media-server"
READY: dict[str, Any] = {"state": "READY", "url": "https://media.example/recorded", "durationSeconds": 61}
FAILED: dict[str, Any] = {"state": "FAILED", "failureReason": "The disk is full."}
PROCESSING: dict[str, Any] = {"state": "PROCESSING"}
OUTCOMES = {"PROCESSING": PROCESSING, "FAILED": FAILED, "READY": READY}


async def open_session(world: World, who: str = "moderator") -> str:
    """Launches the demo room as `who`. Returns the session's id."""
    return str((await world.mutate(who, ENTER, room=world.room))["session"]["id"])


async def start(world: World, who: str, session: str) -> str:
    """Starts a recording. Returns its id."""
    started = await world.mutate(who, START, input={"sessionId": session})
    return str(started["recording"]["id"])


async def stop(world: World, who: str, recording: str) -> dict[str, Any]:
    """Ends a recording. Returns it."""
    ended = await world.mutate(who, STOP, input={"recordingId": recording})
    return dict(ended["recording"])


async def recorded(world: World, who: str = "moderator") -> str:
    """Launches the demo room, and starts and ends a recording. Returns its id."""
    recording = await start(world, who, await open_session(world, who))
    await stop(world, who, recording)
    return recording


async def report(world: World, recording: str, **said: Any) -> dict[str, Any]:
    """Reports as the media server. Returns the payload."""
    return await world.mutate("recorder", REPORT, MEDIA_SERVER, input={"recordingId": recording, **said})


async def ready(world: World, recording: str) -> dict[str, Any]:
    """Reports the recording as ready. Returns it, as the manager sees it."""
    await report(world, recording, **READY)
    return await seen(world, recording)


async def seen(client: Client, recording: str, who: str = "manager") -> dict[str, Any]:
    """Returns the recording by its id, as `who` sees it."""
    return dict((await client.query(who, NODE, id=recording))["node"])


async def act(world: World, work: Any) -> None:
    """Runs work of the server in a transaction, and checks replay."""
    before = await read_state(world.database)
    await world.database.transact(THE_SERVER, "test", work)
    assert await fold_all(world.database, before) == await read_state(world.database)


async def deadlines(world: World) -> list[Deadline]:
    """Returns the deadlines of recordings."""
    due = select(Deadline).where(Deadline.kind == DeadlineKind.RECORDING)
    return list(await world.database.reads.all(due))


async def locked(tx: Transaction, world: World) -> None:
    """Takes the lock on the demo gallery, as the deadline worker does."""
    await tx.execute(select(Gallery.id).where(Gallery.id == local(world.gallery)).with_for_update())


async def refuse(world: World, recording: str, **said: Any) -> dict[str, Any]:
    """Reports as the media server, which must be refused. Returns the refusal."""
    return await world.refused("recorder", REPORT, MEDIA_SERVER, input={"recordingId": recording, **said})


def kinds(events: list[Event]) -> list[str]:
    """Returns the kinds of the events."""
    return [event.kind for event in events]
