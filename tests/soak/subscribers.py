"""Subscribers: each keeps the cursor of what it processed, leaves its stream in many ways, and resumes."""

import asyncio
import hashlib
import json
import random
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tests.soak.by_gql import ByGql
from tests.soak.documents import mark_of, paths_of
from tests.soak.ground import AWAY, SEATS, Place, Token
from tests.soak.history import Deviated, History, Left, Opened, Told
from tests.soak.servers import Site
from tests.soak.transports import CONNECTIONS, Connection, Ended, Request

STAYS = (2.0, 15.0)  # seconds until it leaves by itself
AGAIN = (0.1, 0.6)
SILENT = 8.0  # seconds without an item, after which a client drops its connection: checkpoints come every two seconds
STALLS = (1.0, 30.0)
INTRUDES = 0.1  # how often, after one of its streams, a subscriber tries a cursor of another gallery
ANEW = {"STREAM_RESET", "CURSOR_EXPIRED"}
"""Codes after which the client reads the state again, and goes on from there."""
WAYS = ("clean", "clean", "hard", "half-open", "reads nothing", "rewinds", "other server")


class Subscriber:
    def __init__(
        self,
        place: Place,
        seat: int,
        servers: Mapping[str, str],
        token: Token,
        history: History,
        seed: str,
        site: Site,
        other: Place,
    ) -> None:
        self.name = f"subscriber-{place.number}-{seat}"
        self._seat = SEATS[seat]
        self._place = place
        self._viewer = place.subscriber(seat)
        self._servers = list(servers.items())
        self._token = token
        self._site = site
        self._other = other
        self._history = history
        self._chance = random.Random(seed)
        self._attempt = 0
        self._cursor: str | None = place.begins
        self._events: deque[str] = deque([place.begins], maxlen=60)  # cursors to rewind to
        self._held: list[Connection] = []  # half-open ones
        self.is_calm = False  # once true, it stays on its stream

    async def follow(self) -> None:
        while True:
            await self._stay_away()
            server, address = self._servers[self._chance.randrange(len(self._servers))]
            connection = ByGql() if self._seat.transport == "gql" else CONNECTIONS[self._seat.transport]()
            self._note_opened(server)
            try:
                await self._stay(connection, address)
            except Ended as ended:
                self._history.note(Deviated(time.time(), self.name, self._attempt, ended.code))
                if ended.code in ANEW:
                    self._cursor = None
                    self._events.clear()
                connection.abort()
            except BaseException:
                connection.abort()
                raise
            self._attempt += 1
            if self._chance.random() < INTRUDES and not self.is_calm:
                await self._intrude(server, address)
            await asyncio.sleep(self._chance.uniform(*AGAIN))

    async def _stay_away(self) -> None:
        """Waits after a backup was restored, if this is a subscriber that does."""
        while self._site.keeps_away and self._seat in AWAY:  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.2)

    def close(self) -> None:
        for each in self._held:
            each.abort()

    async def _stay(self, connection: Connection, address: str) -> None:
        """Follows one stream until the client leaves it. Raises Ended if the server or the network ends it."""
        await connection.open(self._request(address))
        leaves_at = time.monotonic() + self._chance.uniform(*STAYS)
        while self.is_calm or time.monotonic() < leaves_at:
            try:
                async with asyncio.timeout(SILENT):
                    self._note(await connection.item())
            except TimeoutError:
                raise Ended("silence") from None
        await self._leave(connection, self._chance.choice(WAYS))

    async def _intrude(self, server: str, address: str) -> None:
        """Asks for events after a cursor of another gallery, which the server has to refuse."""
        if self._other is self._place or self._seat.transport == "gql":
            return
        name, connection = f"{self.name}-intruder", CONNECTIONS[self._seat.transport]()
        cursor, stream = self._other.begins, self._seat.stream
        subject = self._place.room if stream.argument == "roomId" else self._place.gallery
        variables = {"id": subject, "after": cursor}
        self._history.note(
            Opened(
                time.time(), name, self._attempt, server, self._seat.transport, stream.field, stream.name,
                self._place.gallery, self._viewer, cursor,
            )
        )  # fmt: skip
        try:
            await connection.open(Request(address, self._token(self._viewer, 3600), stream.document, variables))
            async with asyncio.timeout(SILENT):
                event = (await connection.item())[stream.field]
            self._history.note(
                Told(time.time(), name, self._attempt, event["cursor"], event["__typename"], mark_of(event), "")
            )
        except Ended as ended:
            self._history.note(Deviated(time.time(), name, self._attempt, ended.code))
        except TimeoutError:
            pass
        finally:
            connection.abort()

    async def _leave(self, connection: Connection, way: str) -> None:
        self._history.note(Left(time.time(), self.name, self._attempt, way))
        match way:
            case "hard":
                connection.abort()
            case "half-open":
                self._held.append(connection)
                if len(self._held) > 2:
                    self._held.pop(0).abort()
            case "reads nothing":
                await self._stall()
                connection.abort()
            case "rewinds":
                connection.abort()
                if self._events:
                    self._cursor = self._events[0]
            case _:
                with suppress(TimeoutError, OSError):
                    async with asyncio.timeout(3):
                        await connection.close()

    async def _stall(self) -> None:
        ends = time.monotonic() + self._chance.uniform(*STALLS)
        while time.monotonic() < ends and not self.is_calm:  # noqa: ASYNC110  it also ends when the run is calm
            await asyncio.sleep(0.2)

    def _request(self, address: str) -> Request:
        subject = self._place.room if self._seat.stream.argument == "roomId" else self._place.gallery
        # A version without Last-Event-ID would tell everything from `after` on again.
        by_id = self._seat.transport == "eventsource" and self._site.older is None
        variables = {"id": subject, "after": None if by_id else self._cursor}
        token = self._token(self._viewer, 3600)
        return Request(address, token, self._seat.stream.document, variables, self._cursor if by_id else None)

    def _note_opened(self, server: str) -> None:
        seat = self._seat
        self._history.note(
            Opened(
                time.time(), self.name, self._attempt, server, seat.transport, seat.stream.field, seat.stream.name,
                self._place.gallery, self._viewer, self._cursor, seat.sees,
            )
        )  # fmt: skip

    def _note(self, data: dict[str, Any]) -> None:
        event: dict[str, Any] = data[self._seat.stream.field]
        body = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:16]
        kind, cursor = event["__typename"], event["cursor"]
        shown = " ".join(sorted(set(paths_of(event))))
        self._history.note(Told(time.time(), self.name, self._attempt, cursor, kind, mark_of(event), body, shown))
        self._cursor = cursor
        if kind != "Checkpoint":
            self._events.append(cursor)
