"""A user who reads everything they can and takes notes, so that the notes of two observers can be compared.

Ids, times and cursors of events differ between two runs, so notes replace them by the order of their first appearance.
Cursors of lists are decoded. Everything else is compared exactly.
"""

import json
import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from models.cursors import Position
from models.errors import CursorInvalid
from models.events import log
from schema.types.ids import parse
from tests.support.event_streams import beginning, gallery_id
from tests.support.full_documents import node_types, of_nodes, roots
from tests.support.world import Socket, Subscribed, World

CURSOR = re.compile(r"[A-Za-z0-9_-]{48}")
BUTTON = ("state", "mode", "locked", "participantCount", "onStageCount")
STATUS = f"query ($room: ID!) {{ room(id: $room) {{ status {{ {' '.join(BUTTON)} session {{ id }} recording {{ id }} }} }} }}"
BEFORE, FEW = ("GalleryMembership", "Group", "Media", "User"), 4
Note = tuple[str, Any]


STATES = ("roomStatus", "roomStatuses")
"""Subscriptions that tell the present state, and no events."""


class Observer:
    """One user with every subscription open from the beginning."""

    def __init__(self, world: World, who: str) -> None:
        self.world = world
        self.who = who
        self.notes: list[Note] = []
        self.received: list[str] = []
        self.ids: dict[str, list[str]] = {}  # all ids they were ever told, by type
        self.since: dict[str, int] = {}  # text they must not find -> index in `received` from which that holds
        self.session = ""
        self.streams: dict[str, Subscribed] = {}
        self.told: dict[str, list[Any]] = {}  # the events of each stream
        self.rests: dict[str, list[str]] = {}  # the cursors of each stream's checkpoints
        self._names: dict[object, str] = {}
        self._meanings: dict[str, Any] = {}
        self._buttons: dict[str, Any] = dict.fromkeys(STATES)

    async def listen(self, socket: Socket) -> None:
        """Opens every subscription, from before the first event."""
        for name, document in roots("subscription").items():
            self.streams[name] = await self.subscribe(socket, document, beginning(self.world))
            if name not in STATES:
                self.told[name], self.rests[name] = [], []

    async def subscribe(self, socket: Socket, document: str, after: str) -> Subscribed:
        given = {"room": self.world.room, "gallery": self.world.gallery, "after": after}
        return await socket.subscribe(
            document, **{name: value for name, value in given.items() if f"${name}:" in document}
        )

    async def hear(self) -> None:
        """Reads all events logged so far."""
        for name, stream in self.streams.items():
            if name in STATES:
                await self._watch(name, stream)
                continue
            events, rest = await self.up_to_now(stream)
            for event in events:
                self.note(f"told on {name}", event)
                self.told[name].append(event)
            self.rests[name].append(rest)

    async def up_to_now(self, stream: Subscribed) -> tuple[list[Any], str]:
        """Returns the events up to the log's head, and the cursor of the checkpoint there."""
        head = (await log.head(self.world.database.reads, gallery_id(self.world))).number
        events: list[Any] = []
        while (event := await stream.next())["__typename"] != "Checkpoint" or self.place(event["cursor"]) < head:
            if event["__typename"] != "Checkpoint":
                events.append(event)
        return events, event["cursor"]

    def place(self, cursor: str) -> int:
        """Returns the log number inside a cursor."""
        return self._position(cursor).number

    def _position(self, cursor: str) -> Position:
        return self.world.process.services.cursors.read(gallery_id(self.world), cursor)

    async def _watch(self, name: str, stream: Subscribed) -> None:
        # These streams have no checkpoints, so read until it equals the queried status.
        now = (await self.world.query(self.who, STATUS, room=self.world.room))["room"]["status"]
        while self._buttons[name] != now:
            status = await stream.next()
            self.note(f"told on {name}", status)
            parts = {each: status[each] and {"id": status[each]["id"]} for each in ("session", "recording")}
            self._buttons[name] = {each: status[each] for each in BUTTON} | parts

    async def look(self) -> None:
        """Runs every query, and looks up every known node by its id."""
        given = {"room": self.world.room, "gallery": self.world.gallery, "session": self.session}
        for name, document in roots("query").items():
            variables = {each: value for each, value in given.items() if f"${each}:" in document}
            self.note(f"asked for {name}", await self.world.ask(self.who, document, **variables))
        for kind in node_types():
            if known := self._worth_a_look(kind):
                answer = await self.world.ask(self.who, of_nodes(kind), ids=known)
                assert "errors" not in answer, answer
                self.note(f"asked for each {kind}", answer)

    def _worth_a_look(self, kind: str) -> list[str]:
        # Galleries and rooms are queried by field; a few of what existed before the session are enough.
        known = [] if kind in ("Gallery", "Room") else self.ids.get(kind, [])
        return known[:FEW] if kind in BEFORE else known[-100:]

    def note(self, what: str, told: Any) -> None:
        """Notes what the observer received."""
        self.received.append(json.dumps(told, ensure_ascii=False))
        self.notes.append((what, self._without_chance(told)))

    def _without_chance(self, told: Any) -> Any:
        match told:
            case dict():
                return {name: self._without_chance(value) for name, value in told.items()}
            case list():
                return [self._without_chance(value) for value in told]
            case str():
                if told not in self._meanings:
                    self._meanings[told] = self._meant(told)
                return self._meanings[told]
        return told

    def _meant(self, text: str) -> Any:
        if of := parse(text):
            if text not in self.ids.setdefault(of[0], []):
                self.ids[of[0]].append(text)
            return f"{of[0]} {self._named(of[1])}"
        if CURSOR.fullmatch(text):
            with suppress(CursorInvalid):
                self._position(text)
                return f"cursor {self._named(text)}"
        with suppress(ValueError):
            return f"place {self._without_chance(json.loads(urlsafe_b64decode(text + '==')))}"
        with suppress(ValueError):
            return f"id {self._named(UUID(text))}"
        with suppress(ValueError):
            return f"time {self._named(datetime.fromisoformat(text))}"
        return text

    def _named(self, what: object) -> str:
        return self._names.setdefault(what, str(len(self._names)))
