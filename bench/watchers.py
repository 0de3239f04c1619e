"""The cost of a change of a room for a process with many watchers of `roomStatus`, which the room's button shows.

`make bench` runs this. There is one change at a time, and each watcher receives it. The first measurement executes the
subscriptions in this process, without sockets. The second one uses a separate server process with one
graphql-transport-ws socket for each watcher. The figures are CPU times of the process that sends the events, because
other load on the machine affects them the least. They are medians of all rounds.
"""

import asyncio
import gc
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from models.database import migrate
from schema.context import Context
from schema.root import schema
from server.app import Process, open_database, open_process
from server.demo import example_ids, seed
from server.settings import Settings
from server.tokens import issue_token
from tests.support.processes import ServerProcess, client_of
from tests.support.world import Client

WATCHERS = (1, 1_000, 10_000)
SOCKETS = 300
ROUNDS = 4
ROUNDS_OF_SOCKETS = 20  # many rounds, because the system measures a process's CPU time in hundredths of a second
STATUS = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  state participantCount locked session { id } recording { id state } } }"""
EVENTS = "subscription ($room: ID!) { roomEvents(roomId: $room) { __typename } }"
ENTER = "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { session { id } userErrors { code } } }"
LEAVE = "mutation ($room: ID!) { leaveRoom(input: {roomId: $room}) { userErrors { code } } }"
RECORD = "mutation ($of: ID!) { startRecording(input: {sessionId: $of}) { userErrors { code } } }"


class Room:
    """The demo room, in which the measured mutations and subscriptions run."""

    def __init__(self, process: Process, ids: dict[str, str]) -> None:
        self._process = process
        self._variables = {"room": ids["room"]}

    async def context(self, who: str) -> Context:
        token = issue_token(self._process.settings, who, name=who)
        return Context(self._process.services, (await self._process.accounts.of_token(token)).viewer)

    async def do(self, who: str, document: str, **more: str) -> dict[str, Any]:
        context = await self.context(who)
        result = await schema.execute(document, variable_values=self._variables | more, context_value=context)
        assert result.data, result.errors
        (payload,) = result.data.values()
        assert payload["userErrors"] == []
        return dict(payload)

    async def listen(self, who: str, document: str) -> AsyncGenerator[Any, None]:
        context = await self.context(who)
        stream: Any = await schema.subscribe(document, variable_values=self._variables, context_value=context)
        return stream  # type: ignore[no-any-return]  # a stream, unless the subscription failed


async def measure(room: Room, watchers: int) -> tuple[list[float], float]:
    """Returns the CPU seconds of each change with this number of watchers, and the bytes of memory for each watcher."""
    gc.collect()
    before = _resident()
    streams = [await room.listen("student-002", STATUS) for _ in range(watchers)]
    for stream in streams:
        await anext(stream)
    gc.collect()
    held = (_resident() - before) / watchers
    seconds = []
    for turn in range(ROUNDS):
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0.2)  # after this, all of them wait
        start = time.process_time()
        await room.do("student-001", LEAVE if turn % 2 else ENTER)
        told = await asyncio.gather(*waiting)
        seconds.append(time.process_time() - start)
        assert {each.data["roomStatus"]["participantCount"] for each in told} == {1 if turn % 2 else 2}
    for stream in streams:
        await stream.aclose()
    return seconds, held


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def measure_sockets(client: Client, server: ServerProcess, watchers: int) -> float:
    """Returns the CPU seconds that the server uses for one change, with this number of watchers on a socket each."""
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(client.socket("student-002")) for _ in range(watchers)]
        streams = [await socket.subscribe(STATUS, room=client.room) for socket in sockets]
        await asyncio.gather(*(stream.next() for stream in streams))
        start = server.cpu_seconds()
        for turn in range(ROUNDS_OF_SOCKETS):
            await client.query("student-001", LEAVE if turn % 2 else ENTER, room=client.room)
            told = await asyncio.gather(*(stream.next() for stream in streams))
            assert {each["participantCount"] for each in told} == {1 if turn % 2 else 2}
        return (server.cpu_seconds() - start) / ROUNDS_OF_SOCKETS


async def seeded(url: str) -> Settings:
    """Creates a database with the demo's data. Returns its settings."""
    settings = Settings(dev=True, database_url=url)
    await migrate.upgrade(url)
    database = open_database(settings)
    await seed(settings, database)
    await database.close()
    return settings


async def run(url: str) -> str:
    """Measures watchers without sockets on one database. Returns the figures as a Markdown table."""
    settings = await seeded(url)
    lines = ["| watchers | a change | for each watcher | memory of each |", "| ---: | ---: | ---: | ---: |"]
    async with open_process(settings) as process:
        room = Room(process, await example_ids(process.database))
        session = (await room.do("moderator", ENTER))["session"]["id"]
        await room.do("moderator", RECORD, of=session)
        inside = await room.listen("moderator", EVENTS)
        await anext(inside)  # the moderator's open stream keeps the moderator in the room
        for watchers in WATCHERS:
            seconds, held = await measure(room, watchers)
            change = statistics.median(seconds)
            memory = f"{held / 1024:.0f} KiB" if watchers > 1 else ""
            lines.append(f"| {watchers:,} | {change * 1e3:.1f} ms | {change / watchers * 1e6:.0f} µs | {memory} |")
        await inside.aclose()
    return "\n".join(lines)


async def run_sockets(url: str) -> str:
    """Measures watchers with sockets. Returns the figures as a Markdown table."""
    settings = await seeded(url)
    lines = ["| sockets | a change | for each further socket |", "| ---: | ---: | ---: |"]
    with ServerProcess(settings) as server:
        async with client_of(server) as client, client.socket("moderator") as inside:
            entered = await client.query("moderator", ENTER, room=client.room)
            await client.query("moderator", RECORD, of=entered["enterRoom"]["session"]["id"])
            await inside.subscribe(EVENTS, room=client.room)  # keeps the moderator in the room
            one = await measure_sockets(client, server, 1)
            lines.append(f"| 1 | {one * 1e3:.1f} ms | |")
            many = await measure_sockets(client, server, SOCKETS)
            each = (many - one) / (SOCKETS - 1)
            lines.append(f"| {SOCKETS} | {many * 1e3:.1f} ms | {each * 1e6:.0f} µs |")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(run(f"sqlite:///{Path(folder) / 'bench.db'}"))
        sockets = asyncio.run(run_sockets(f"sqlite:///{Path(folder) / 'sockets.db'}"))
    print(f"\nPython {platform.python_version()}, SQLite, CPU time of one process, {ROUNDS} changes.\n\n{table}")
    print(f"\nOver WebSockets, CPU time of the server's process, {ROUNDS_OF_SOCKETS} changes.\n\n{sockets}")


if __name__ == "__main__":
    main()
