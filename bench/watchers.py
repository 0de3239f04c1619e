"""What a change of a room costs a process in which many watch the room's button: `roomStatus`, the state and its recording.

Run by `make bench`. The subscriptions are executed in this process, without sockets; one change at a time, and each watcher takes
what it is told. Figures are of CPU time, which other work on the machine disturbs the least; medians of all rounds.
"""

import asyncio
import gc
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from models import migrate
from schema.context import Context
from schema.root import schema
from server.app import Process, open_database, open_process
from server.auth import issue_token
from server.demo import example_ids, seed
from server.settings import Settings

WATCHERS = (1, 1_000, 10_000)
ROUNDS = 4
STATUS = """subscription ($room: ID!) { roomStatus(roomId: $room) {
  state participantCount locked session { id } recording { id state } } }"""
EVENTS = "subscription ($room: ID!) { roomEvents(roomId: $room) { __typename } }"
ENTER = "mutation ($room: ID!) { enterRoom(input: {roomId: $room}) { session { id } userErrors { code } } }"
LEAVE = "mutation ($room: ID!) { leaveRoom(input: {roomId: $room}) { userErrors { code } } }"
RECORD = "mutation ($of: ID!) { startRecording(input: {sessionId: $of}) { userErrors { code } } }"


class Room:
    """The demo room, with its moderator inside, being recorded."""

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
        return stream  # type: ignore[no-any-return]  # a subscription's, once it is no error


async def measure(room: Room, watchers: int) -> tuple[list[float], float]:
    """The CPU seconds of each change with so many watchers, and the bytes that each of them holds."""
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
        await asyncio.sleep(0.2)  # until all of them wait
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


async def run(url: str) -> str:
    """The figures of one database, as a Markdown table."""
    settings = Settings(dev=True, database_url=url)
    await migrate.upgrade(url)
    database = open_database(settings)
    await seed(settings, database)
    await database.close()
    lines = ["| watchers | a change | for each watcher | memory of each |", "| ---: | ---: | ---: | ---: |"]
    async with open_process(settings) as process:
        room = Room(process, await example_ids(process.database))
        session = (await room.do("moderator", ENTER))["session"]["id"]
        await room.do("moderator", RECORD, of=session)
        inside = await room.listen("moderator", EVENTS)
        await anext(inside)  # an open stream keeps them inside
        for watchers in WATCHERS:
            seconds, held = await measure(room, watchers)
            change = statistics.median(seconds)
            memory = f"{held / 1024:.0f} KiB" if watchers > 1 else ""
            lines.append(f"| {watchers:,} | {change * 1e3:.1f} ms | {change / watchers * 1e6:.0f} µs | {memory} |")
        await inside.aclose()
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(run(f"sqlite:///{Path(folder) / 'bench.db'}"))
    print(f"\nPython {platform.python_version()}, SQLite, CPU time of one process, {ROUNDS} changes.\n\n{table}")


if __name__ == "__main__":
    main()
