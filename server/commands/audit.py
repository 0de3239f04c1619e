"""python -m server audit: read the audit, follow it, or write it as a file."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from datetime import datetime

from models.database.database import Database
from models.errors import Invalid
from models.values import global_ids
from models.values.moments import clean_moment
from resolvers.audit import AuditFilter, begin_audit
from server.audit_lines import COLUMNS, Follower, Row, amount, everything, line, newest
from server.command_failed import CommandFailed
from server.operator import OPERATOR, with_database
from server.people_found import user_named
from server.progress import Progress
from server.settings import Settings
from server.tables import FORMS

SHOWN = 50
SECONDS_BETWEEN = 1


def main(settings: Settings, arguments: argparse.Namespace) -> None:
    """Prints the records, oldest first. Raises CommandFailed."""

    async def work(database: Database) -> None:
        wanted = await _filter(database, arguments)
        await database.transact(OPERATOR, "auditRecords", begin_audit)
        if arguments.export:
            await _export(database, wanted, arguments)
            return
        follower = Follower(database, wanted)
        await follower.begin()
        shown = await newest(database, wanted, arguments.limit or SHOWN)
        follower.note(shown)
        _print(shown)
        while arguments.follow:
            await asyncio.sleep(SECONDS_BETWEEN)
            _print(await follower.new())

    with_database(settings, work)


def _print(rows: list[Row]) -> None:
    for row in rows:
        print(line(row), flush=True)


async def _export(database: Database, wanted: AuditFilter, arguments: argparse.Namespace) -> None:
    table, out = FORMS[arguments.export](COLUMNS), sys.stdout.buffer
    out.write(table.begin())
    if arguments.limit:
        out.write(table.rows(await newest(database, wanted, arguments.limit)))
    else:
        await _write_all(database, wanted, lambda rows: out.write(table.rows(rows)))
    out.write(table.end())


async def _write_all(database: Database, wanted: AuditFilter, write: Callable[[list[Row]], object]) -> None:
    done, total = 0, await amount(database, wanted)
    with Progress("Writing the audit") as progress:
        async for page in everything(database, wanted):
            write(page)
            done += len(page)
            if not sys.stdout.isatty():  # There, the rows themselves show it.
                progress.tell(done, total)
    print(f"Wrote {done} records.", file=sys.stderr)


async def _filter(database: Database, arguments: argparse.Namespace) -> AuditFilter:
    target = global_ids.parse(arguments.target) if arguments.target else None
    if arguments.target and not target:
        raise CommandFailed(f"--target {arguments.target} is not an id.")
    if arguments.actor in (None, "operator"):
        actor = OPERATOR.id if arguments.actor else None
    else:
        actor = (await user_named(database.reads, arguments.actor)).id
    since, until = (_moment(name, getattr(arguments, name)) for name in ("since", "until"))
    return AuditFilter(actor, arguments.action, target[1] if target else None, since, until)


def _moment(name: str, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return clean_moment(datetime.fromisoformat(given))
    except (ValueError, Invalid):
        raise CommandFailed(
            f"--{name} {given} is not a date or time, such as 2026-11-29 or 2026-11-29T08:00Z."
        ) from None
