"""The costs of the main operations: SQL statements, and time as multiples of reading one row by its key.

`make bench` runs this. Everything runs in one process, without a socket: accounts, GraphQL and the database are
measured, the network is not. Every round runs all operations, so that other load on the machine slows all of them
alike. The figures are medians.
"""

import asyncio
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, bindparam, event, select

from models.database import migrate
from models.tables.people import User
from schema.context import Context
from schema.root import schema
from server.app import Process, open_database, open_process
from server.demo import example_ids, seed
from server.settings import Settings
from server.tokens import issue_token
from tests.support.services import PostgreSQL

ROUNDS = 200
WARM_UP = 20

OPERATIONS = {
    "`viewer { name }`": "{ viewer { id name } }",
    "the gallery page": """query ($course: String!) { gallery(by: {externalId: $course}) {
      id title viewerRole pendingCount cursor
      media(first: 25) { edges { cursor node { id title status durationSeconds tags createdAt owner { id name } } }
        pageInfo { hasNextPage endCursor } }
      room { id enabled mode viewerPermissions limits { participantCapacity } status { state participantCount }
        roomModerators { source principal { __typename ... on User { id name } ... on Group { id name } } } } } }""",
    "the last 50 messages": """query ($room: ID!) { room(id: $room) { cursor
      messages(last: 50) { edges { node { id text authorName sentAt } } } } }""",
    "`enterRoom`, already inside": """mutation ($room: ID!) { enterRoom(input: {roomId: $room}) {
      participant { id roles } userErrors { code } } }""",
    "`postMessage`": """mutation ($room: ID!) { postMessage(input: {roomId: $room, text: "Hello from the last row."}) {
      message { id text } cursor userErrors { code } } }""",
}
UNIT = "one row by its key"
_USER = select(User).where(User.id == bindparam("id"))


@dataclass
class Costs:
    """The measured costs of each operation."""

    statements: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


async def measure(url: str) -> Costs:
    """Measures all operations on one database. Every round runs each operation once."""
    settings = Settings(dev=True, database_url=url)
    await migrate.upgrade(url)
    database = open_database(settings)
    await seed(settings, database)
    await database.close()
    costs = Costs()
    count = _count_statements()
    async with open_process(settings) as process:
        steps = await _steps(process)
        for turn in range(ROUNDS + WARM_UP):
            for name, step in steps.items():
                before, start = count[0], time.perf_counter()
                await step()
                if turn >= WARM_UP:
                    costs.seconds[name].append(time.perf_counter() - start)
                    costs.statements[name] = count[0] - before
    return costs


def _count_statements() -> list[int]:
    count = [0]

    @event.listens_for(Engine, "before_cursor_execute")
    def counted(*_: object) -> None:
        count[0] += 1

    return count


async def _steps(process: Process) -> dict[str, Callable[[], Awaitable[Any]]]:
    token = issue_token(process.settings, "manager", name="Mara Manager")
    variables = {"room": (await example_ids(process.database))["room"], "course": "course-101"}
    viewer = (await process.accounts.of_token(token)).viewer

    def step(document: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            account = await process.accounts.of_token(token)
            context = Context(process.services, account.viewer)
            result = await schema.execute(document, variable_values=variables, context_value=context)
            assert not result.errors, result.errors

        return run

    steps = {name: step(document) for name, document in OPERATIONS.items()}
    await steps["`enterRoom`, already inside"]()
    return {UNIT: lambda: process.database.reads.first(_USER, {"id": viewer.id}), **steps}


def table(costs: dict[str, Costs]) -> str:
    """Returns the figures as a Markdown table."""
    lines = [
        "| operation | " + " | ".join(f"{name}: statements | time" for name in costs) + " |",
        "| --- |" + " ---: | ---: |" * len(costs),
    ]
    for operation in [UNIT, *OPERATIONS]:
        cells = []
        for cost in costs.values():
            median = statistics.median(cost.seconds[operation])
            unit = statistics.median(cost.seconds[UNIT])
            of_unit = f"{unit * 1e6:.0f} µs" if operation == UNIT else f"{median / unit:.0f} x"
            cells += [str(cost.statements[operation]), of_unit]
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, PostgreSQL(fsync=True) as postgres:
        sqlite = asyncio.run(measure(f"sqlite:///{Path(folder) / 'bench.db'}"))
        postgresql = asyncio.run(measure(postgres.create_database("bench")))
    print(f"Python {platform.python_version()}, {ROUNDS} rounds. PostgreSQL with fsync. BEGIN counts as a statement.\n")
    print(table({"SQLite": sqlite, "PostgreSQL": postgresql}))


if __name__ == "__main__":
    main()
