"""What a long session's record costs: up to 100,000 entries, as `GET /sessions/{id}/record` gives them.

Run by `make bench`. The handler's pages are taken in this process, without a socket, and thrown away. Memory is what the
process holds more at its highest than before the first page: it does not depend on how many entries there are.
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
from server.auth import issue_token
from server.demo import example_ids, seed
from server.record import Records
from server.settings import Settings

COUNTS = (1_000, 10_000, 100_000)
AT_ONCE = 1_000
TEXT = "What somebody says in the chat of a lecture."


async def fill(process: Process, viewer: Viewer, room_id: UUID, count: int) -> str:
    """A session with so many messages in it. Gives its id."""

    async def say(tx: Transaction) -> None:
        await enter_room(tx, room_id)  # a sign of life: it takes longer than anybody is waited for
        for _ in range(AT_ONCE):
            await post_message(tx, room_id, ChatChannel.GROUP, TEXT, None)

    database = process.database
    entered = await database.transact(viewer, "bench", partial(enter_room, room_id=room_id))
    for _ in range(count // AT_ONCE):
        await database.transact(viewer, "bench", say)
    await database.transact(viewer, "bench", partial(end_session, session_id=entered.session_id))
    return global_id("RoomSession", entered.session_id)


async def read(process: Process, account: Account, session: str) -> tuple[int, int, float, int]:
    """The lines and bytes of the record, the CPU seconds that it took, and the bytes of memory at its highest."""
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
    """The figures of one database, as a Markdown table."""
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
