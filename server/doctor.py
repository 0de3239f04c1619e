"""What may be wrong around the server: checks of the settings and of all that they name."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from models.database.database import Database, utc_now
from models.errors import Unavailable
from server.database_places import bus_place, database_place, sqlite_path
from server.progress import size
from server.revisions import revisions
from server.setting_sources import shown
from server.settings import Settings

State = Literal["ok", "warning", "problem"]

SECONDS_APART = 2  # as much as clocks may differ
LEAST_FREE = 10**9  # bytes
PATIENCE = 10  # seconds for each check


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part, and what to do if it is not well."""

    part: str
    state: State
    found: str
    advice: str | None = None


async def examine(settings: Settings, open_database: Callable[[Settings], Database]) -> list[Finding]:
    """Returns the findings of all parts, in the order in which the server needs them."""
    found = [*await _of_database(settings, open_database), await _bus(settings)]
    return [*found, *await _of_keys(settings), _disk(settings)]


async def _of_database(settings: Settings, open_database: Callable[[Settings], Database]) -> list[Finding]:
    place, path = database_place(settings.database_url), sqlite_path(settings.database_url)
    if path and not path.exists():  # connecting would make an empty file
        return [Finding("database", "problem", f"{place} does not exist.", "Run `python -m server migrate`.")]
    database = open_database(settings)
    try:
        async with asyncio.timeout(PATIENCE):
            version = await database.reads.value(text("SELECT sqlite_version()" if path else "SHOW server_version"))
            about = f"{place}, version {version}" + (f", {size(path.stat().st_size)}" if path else "")
            found = [Finding("database", "ok", about), await _migrations(database)]
            return [*found, await _clock(database, is_remote=path is None)]
    except (OSError, SQLAlchemyError, Unavailable) as trouble:  # TimeoutError is an OSError
        reason = str(getattr(trouble, "orig", trouble)) or "no answer"
        advice = "Start it, and compare DATABASE_URL with it."
        return [Finding("database", "problem", f"{place} cannot be used: {reason}", advice)]
    finally:
        await database.close()


async def _migrations(database: Database) -> Finding:
    try:
        done = await database.reads.value(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        done = None
    known = revisions()
    if done == known[-1]:
        return Finding("migrations", "ok", f"All are done, up to {done}.")
    if done and done not in known:
        advice = "Run the version that migrated it, or restore a backup from before."
        return Finding("migrations", "problem", f"The database is newer than this version: {done}.", advice)
    missing = [each for each in known if done is None or each > done]
    return Finding("migrations", "problem", f"{len(missing)} are missing.", "Run `python -m server migrate`.")


async def _clock(database: Database, *, is_remote: bool) -> Finding:
    if not is_remote:
        return Finding("clock", "ok", "It is the only one, because the database is on this machine.")
    before = utc_now()
    there: datetime = await database.reads.value(select(func.now()))
    apart = (there - before).total_seconds()
    if abs(apart) <= SECONDS_APART:
        return Finding("clock", "ok", "It agrees with the database's.")
    found = f"It differs from the database's by {abs(apart):.1f} seconds."
    return Finding("clock", "problem", found, "Let NTP set the clocks of all machines.")


async def _bus(settings: Settings) -> Finding:
    from subscriptions.bus import open_bus  # noqa: PLC0415  the client of Redis takes long to import

    place = bus_place(settings.redis_url)
    if settings.redis_url is None:
        if sqlite_path(settings.database_url):
            return Finding("bus", "ok", place)
        return Finding("bus", "warning", place, "Set REDIS_URL if several processes share the database.")
    async with open_bus(settings.redis_url) as bus:
        if await bus.healthy():
            return Finding("bus", "ok", place)
    advice = "Start it, and compare REDIS_URL with it. Until then events arrive by polling, and nothing is lost."
    return Finding("bus", "warning", f"{place} does not answer.", advice)


async def _of_keys(settings: Settings) -> list[Finding]:
    from server.keys import usable_keys  # noqa: PLC0415  what reads tokens takes long to import
    from server.revocations import revoked_by  # noqa: PLC0415  likewise

    def keys(published: object) -> str:
        if found := usable_keys(published, settings.jwt_algorithm):
            # A single key is there twice: also for tokens without a `kid`.
            return f"{len({id(key) for key in found.values()})} for {settings.jwt_algorithm} in {shown(settings.jwt_jwks)}."
        raise ValueError(f"it has none for {settings.jwt_algorithm}")

    def revoked(published: object) -> str:
        found = revoked_by(published)
        return (
            f"{len(found.tokens)} tokens and {len(found.subjects or ())} subjects in {shown(settings.jwt_revocations)}."
        )

    return [
        await _published("keys", settings.jwt_jwks, keys) if settings.jwt_jwks else _secret(settings),
        *([await _published("revocations", settings.jwt_revocations, revoked)] if settings.jwt_revocations else ()),
    ]


def _secret(settings: Settings) -> Finding:
    if settings.dev:
        advice = "In production, turn it off and set secrets of your own."
        return Finding("keys", "warning", "Development mode accepts tokens that anyone can make.", advice)
    return Finding("keys", "ok", f"{settings.jwt_algorithm}, by a secret of your own.")


async def _published(part: str, source: str, read: Callable[[object], str]) -> Finding:
    import jwt  # noqa: PLC0415  it takes long to import

    from server.claims import Unauthenticated  # noqa: PLC0415  likewise
    from server.keys import publication  # noqa: PLC0415  likewise

    try:
        async with asyncio.timeout(PATIENCE):
            return Finding(part, "ok", read(await asyncio.to_thread(publication(source))))
    except (OSError, ValueError, RecursionError, jwt.PyJWTError, Unauthenticated) as trouble:
        advice = "Until it can be read, no token is accepted by a process that starts."
        return Finding(part, "problem", f"{shown(source)} cannot be used: {trouble}", advice)


def _disk(settings: Settings) -> Finding:
    path = sqlite_path(settings.database_url)
    folder = path.parent if path else Path()
    if not folder.is_dir():
        return Finding("disk", "problem", f"The folder {folder} does not exist.", "Make it, or change DATABASE_URL.")
    free = shutil.disk_usage(folder).free
    about = f"{size(free)} are free in {folder.absolute()}."
    if path and free < LEAST_FREE:
        return Finding("disk", "problem", about, "Make room: SQLite cannot write when the disk is full.")
    return Finding("disk", "ok", about)
