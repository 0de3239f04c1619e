"""A small load and its check, with which the driver is tested alone: people who talk in the demo's room, and listeners."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from models.cursors import Cursors, Position
from models.events.log import LogEntry
from schema.types.ids import global_id
from server.app import open_database
from server.settings import Settings
from tests.soak.history import Acknowledged, Deviated, History, Logged, Restored, Told, Tried, Unknown, read
from tests.soak.profiles import SETTINGS
from tests.soak.running import Parts
from tests.soak.servers import PATIENCE, Site
from tests.soak.watchers import Shape, Watcher

MANAGER, TALKERS, LISTENERS = "manager", ("moderator", "student-001", "student-002", "student-003"), range(4, 12)
WHERE = '{ gallery(by: {externalId: "course-101"}) { id room { id } } }'
ENTER = "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { cursor userErrors { code } } }"
POST = """mutation ($room: ID!, $text: String!) {
    postMessage(input: {roomId: $room, text: $text, channel: GROUP, idempotencyKey: $text}) {
        cursor userErrors { code } } }"""
ROOM = Shape(
    "small",
    "roomEvents",
    "subscription ($id: ID!, $after: EventCursor) { roomEvents(roomId: $id, after: $after) { __typename cursor } }",
)
PAUSE = 0.1  # seconds between two messages of a talker
AGAIN = {"UNAVAILABLE", "INTERNAL", "TIMEOUT", "RATE_LIMITED", "UNAUTHENTICATED"}


@dataclass(frozen=True)
class Ground:
    gallery: str
    room: str


@dataclass
class Caller:
    """Sends operations to one server after the other."""

    servers: Mapping[str, str]
    token: Callable[..., str]
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=5, trust_env=False, verify=False))  # noqa: S501  there is no TLS
    turns: "count[int]" = field(default_factory=count)

    async def ask(self, who: str, document: str, **variables: Any) -> tuple[str, Any]:
        """Returns "ok" and the value of the one root field, or else what went wrong."""
        server = list(self.servers)[next(self.turns) % len(self.servers)]
        body, headers = {"query": document, "variables": variables}, {"authorization": f"Bearer {self.token(who)}"}
        try:
            answer = (await self.http.post(f"{self.servers[server]}/graphql", json=body, headers=headers)).json()
        except (httpx.HTTPError, ValueError) as failure:
            return type(failure).__name__, None
        if "errors" in answer:
            return answer["errors"][0]["extensions"]["code"], None
        (payload,) = answer["data"].values()
        refusals = payload.get("userErrors")
        return (refusals[0]["code"] if refusals else "ok"), payload

    async def surely(self, who: str, document: str, **variables: Any) -> Any:
        """Asks again until it is done. Raises TimeoutError if it is not done at last."""
        async with asyncio.timeout(PATIENCE):
            while True:
                outcome, payload = await self.ask(who, document, **variables)
                if outcome == "ok":
                    return payload
                await asyncio.sleep(0.2)


async def populate(servers: Mapping[str, str], token: Callable[..., str]) -> Ground:
    caller = Caller(servers, token)
    async with caller.http:
        gallery = await caller.surely(MANAGER, WHERE)
        for who in (*TALKERS, *listeners()):
            await caller.surely(who, ENTER, room=gallery["room"]["id"])
    return Ground(gallery["id"], gallery["room"]["id"])


def listeners() -> list[str]:
    return [f"student-{number:03}" for number in LISTENERS]


class SmallLoad:
    def __init__(self, ground: Ground, site: Site, _seed: int) -> None:
        self._ground = ground
        self._caller = Caller(site.servers, site.token)
        self._history = History(site.folder / "load.jsonl")
        self._numbers = count()
        watchers = [self._watcher(site, who) for who in listeners()]
        self._listening = [asyncio.create_task(watcher.watch()) for watcher in watchers]

    def _watcher(self, site: Site, who: str) -> Watcher:
        where = self._ground.gallery, self._ground.room
        return Watcher(who, site.token(who), *where, ROOM, site.servers, self._history, is_patient=True)

    async def run(self, until: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            for who in TALKERS:
                tasks.create_task(self._talk(who, until))

    async def settle(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self._caller.http.aclose()
        self._history.close()

    async def _talk(self, who: str, until: float) -> None:
        while time.time() < until:
            await self._post(who, f"message {next(self._numbers)} of {who}", until)
            await asyncio.sleep(PAUSE)

    async def _post(self, who: str, text: str, until: float) -> None:
        """Posts a message until its outcome is known."""
        while time.time() < until:
            self._history.note(Tried(time.time(), who, text, text, "postMessage", self._ground.gallery, "any"))
            outcome, payload = await self._caller.ask(who, POST, room=self._ground.room, text=text)
            if outcome == "ok":
                self._history.note(Acknowledged(time.time(), text, payload["cursor"]))
                return
            self._history.note(Unknown(time.time(), text, outcome))
            await asyncio.sleep(0.2)


async def dump(database_url: str, ground: Ground, folder: Path) -> None:
    """Notes the log of the gallery."""
    settings = Settings(database_url=database_url, **SETTINGS)
    cursors, history = Cursors(settings.cursor_secret.get_secret_value()), History(folder / "log.jsonl")
    database = open_database(settings)
    entries = select(LogEntry.gallery_id, LogEntry.number, LogEntry.mark, LogEntry.kind, LogEntry.audience)
    try:
        for gallery, number, mark, kind, audience in await database.reads.rows(entries.order_by(LogEntry.number)):
            cursor = cursors.of_entry(gallery, Position(number, mark))
            history.note(Logged(global_id("Gallery", gallery), number, cursor, kind, "", audience))
    finally:
        history.close()
        await database.close()


@dataclass
class SmallVerdict:
    counts: dict[str, int]
    first: str | None = None

    @property
    def ok(self) -> bool:
        return self.first is None


def check(folder: Path) -> SmallVerdict:
    """Checks that acknowledged messages are in the log, and that listeners were told each once and in order."""
    notes = list(read(folder))
    numbers = {note.cursor: note.number for note in notes if isinstance(note, Logged)}
    acknowledged = [note for note in notes if isinstance(note, Acknowledged)]
    gone = [(note.since, note.at) for note in notes if isinstance(note, Restored)]
    stretches: dict[str, list[list[int]]] = defaultdict(lambda: [[]])
    for note in notes:
        if isinstance(note, Told) and note.cursor in numbers:
            stretches[note.subscriber][-1].append(numbers[note.cursor])
        if isinstance(note, Deviated) and note.code in {"STREAM_RESET", "CURSOR_EXPIRED"}:
            stretches[note.subscriber].append([])
    posted = {numbers[note.cursor] for note in acknowledged if note.cursor in numbers}
    told = sum(len(numbers) for each in stretches.values() for numbers in each)
    verdict = SmallVerdict({"acknowledged": len(acknowledged), "told": told})
    for note in acknowledged:
        if note.cursor not in numbers and not any(since <= note.at <= at for since, at in gone):
            verdict.first = verdict.first or f"not in the log: {note}"
    for subscriber, each in stretches.items():
        for numbers_told in each:
            verdict.first = verdict.first or _flaw(subscriber, numbers_told, posted)
    return verdict


def _flaw(subscriber: str, told: list[int], posted: set[int]) -> str | None:
    if told != sorted(set(told)):
        return f"{subscriber} was told something twice or out of order"
    missing = {number for number in posted if told and told[0] <= number <= told[-1]} - set(told)
    return f"{subscriber} was not told {sorted(missing)}" if missing else None


PARTS = Parts(populate, lambda ground: {ground.gallery: MANAGER}, SmallLoad, dump, check)
