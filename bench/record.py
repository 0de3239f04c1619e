"""The cost of a long session's record: up to 100,000 entries, as `GET /sessions/{id}/record` returns them.

`make bench` runs this. It requests the handler's pages in this process, without a socket, and discards them. The memory
figure is the largest increase of the process's memory since before the first page. It does not depend on the number of
entries.
"""

import asyncio
import gc
import platform
import resource
import tempfile
import time
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import update

from models.database import migrate
from models.database.transaction import Transaction
from models.permissions import Viewer
from models.tables.chat import ChatChannel
from models.tables.rates import RateLimit
from resolvers.chat import post_message
from resolvers.sessions import end_session, enter_room
from schema.types.ids import global_id, local_id
from server.accounts import THE_SERVER, Account
from server.app import Process, open_database, open_process
from server.demo import example_ids, seed
from server.record import Records
from server.settings import Settings
from server.tokens import issue_token

COUNTS = (1_000, 10_000, 100_000)
AT_ONCE = 1_000
TEXT = "What somebody says in the chat of a lecture."


async def fill(process: Process, viewer: Viewer, room_id: UUID, count: int) -> str:
    """Creates a session with this number of messages. Returns its id."""

    async def say(tx: Transaction) -> None:
        await enter_room(tx, room_id)  # shows that the user is present: filling takes longer than the limit of absence
        for _ in range(AT_ONCE):
            await post_message(tx, room_id, ChatChannel.GROUP, TEXT, None)

    database = process.database
    entered = await database.transact(viewer, "bench", partial(enter_room, room_id=room_id))
    for _ in range(count // AT_ONCE):
        await database.transact(viewer, "bench", say)
    await database.transact(viewer, "bench", partial(end_session, session_id=entered.session_id))
    return global_id("RoomSession", entered.session_id)


async def read(process: Process, account: Account, session: str) -> tuple[int, int, float, int]:
    """Reads the record. Returns its lines, its bytes, the CPU seconds, and the largest increase of memory in bytes."""
    gc.collect()
    before, start, lines, size, most = _resident(), time.process_time(), 0, 0, 0
    records = Records(process.services, process.accounts)
    async for page in records.lines(account, session, await records.page(account, session, None)):
        lines, size = lines + page.count(b"\n"), size + len(page)
        most = max(most, _resident() - before)
    return lines, size, time.process_time() - start, most


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def run(url: str) -> str:
    """Measures one database. Returns the figures as a Markdown table."""
    settings = Settings(dev=True, database_url=url)
    await migrate.upgrade(url)
    database = open_database(settings)
    await seed(settings, database)
    await database.transact(THE_SERVER, "bench", lambda tx: tx.execute(update(RateLimit).values(burst=1_000_000)))
    await database.close()
    lines = ["| entries | bytes | CPU for each | memory |", "| ---: | ---: | ---: | ---: |"]
    async with open_process(settings) as process:
        room = local_id((await example_ids(process.database))["room"], "Room")
        account = await process.accounts.of_token(issue_token(settings, "manager", name="Mara Manager"))
        for count in COUNTS:
            session = await fill(process, account.viewer, room, count)
            entries, size, seconds, most = await read(process, account, session)
            each = seconds / entries * 1e6
            lines.append(f"| {entries:,} | {size / 1e6:.1f} MB | {each:.0f} µs | {most / 2**20:.1f} MiB |")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(run(f"sqlite:///{Path(folder) / 'bench.db'}"))
    print(f"\nPython {platform.python_version()}, SQLite, CPU time of one process.\n\n{table}")


if __name__ == "__main__":
    main()
