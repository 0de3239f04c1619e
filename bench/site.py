"""The site that all parts measure: the demo's gallery with a crowd of members, and a page of media.

The site's admin has set the limits so high that none of them is measured.
"""

import asyncio
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import asyncpg
from sqlalchemy import Executable, insert, select, update

from models.database import migrate
from models.database.database import Database
from models.database.transaction import Transaction
from models.permissions import Viewer
from models.storage.base import Base, new_id
from models.storage.full_text import search_row
from models.tables.galleries import Gallery, GalleryRole, Membership, MembershipSource
from models.tables.media import Media, MediaKind, MediaStatus
from models.tables.people import User
from models.tables.rates import RateLimit
from models.tables.rooms import Room
from models.tables.search import stored_words
from models.tables.site import RoomLimits, Site
from models.values.text import sort_key
from resolvers.people import Profile
from resolvers.sessions import enter_room
from schema.types.ids import global_id
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo import COURSE, seed
from server.settings import Settings
from server.tokens import issue_token
from tests.support.services import PostgreSQL

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
CROWD = 2_000
MEDIA = 200
HOST = "moderator"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 1_000
# All clients are on this machine, and some parts have many clients of one user.
UNBOUNDED: dict[str, Any] = dict.fromkeys(
    (
        "connections", "address_connections", "address_connections_per_second",
        "address_streams", "address_subscriptions", "address_operations",
        "user_streams", "user_subscriptions", "user_operations",
    ),
    1_000_000,
)  # fmt: skip


def name_of(number: int) -> str:
    """Returns the username of a member of the crowd."""
    return f"crowd-{number:04}"


def token_of(settings: Settings, username: str, name: str | None = None) -> str:
    return issue_token(settings, username, name=name or f"The {username}", lifetime=timedelta(hours=8))


async def build(url: str) -> Settings:
    """Creates the site in an empty database. Returns the settings of a server for it."""
    settings = Settings(dev=True, database_url=url, log_level="WARNING")
    await migrate.upgrade(url)
    database = open_database(settings)
    await seed(settings, database)
    await _gather(database, settings)
    await database.close()
    if not url.startswith("sqlite"):
        connection = await asyncpg.connect(url)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    return settings


async def _gather(database: Database, settings: Settings) -> None:
    gallery = await database.reads.value(select(Gallery.id).where(Gallery.external_id == COURSE))
    users = [_user(settings, name_of(number)) for number in range(CROWD)]
    await _insert(database, User, users)
    await _insert(database, Membership, (_membership(gallery, user["id"]) for user in users))
    await _insert(database, Media, (_medium(gallery, number, users[number % 50]["id"]) for number in range(MEDIA)))
    for generous in (
        update(RateLimit).values(burst=1_000_000, per_minute=1_000_000),
        update(RoomLimits).values(participant_capacity=2 * CROWD),
        update(Site).values(reconnect_grace_seconds=3_600, host_absence_timeout_seconds=36_000),
    ):
        await database.transact(THE_SERVER, "bench", partial(_change, change=generous))


async def _insert(database: Database, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        await database.transact(THE_SERVER, "bench", partial(_add, table=table, rows=some))


async def _change(tx: Transaction, change: Executable) -> None:
    await tx.execute(change)


async def _add(tx: Transaction, table: type[Base], rows: list[dict[str, Any]]) -> None:
    await tx.execute(insert(table), rows)


def _user(settings: Settings, username: str) -> dict[str, Any]:
    profile = Profile(settings.jwt_issuer, username, f"The {username}", username, None, None)
    user_id = new_id()
    identity = {"id": user_id, "search_row": search_row(user_id), "issuer": profile.issuer, "subject": username}
    return identity | {"suspended_at": None, "created_at": _BEGIN} | profile.columns()


def _membership(gallery_id: UUID, user_id: UUID) -> dict[str, Any]:
    of = {"id": new_id(), "gallery_id": gallery_id, "user_id": user_id, "group_id": None}
    return of | {"role": GalleryRole.MEMBER, "source": MembershipSource.MANUAL, "created_at": _BEGIN}


def _medium(gallery_id: UUID, number: int, owner: UUID) -> dict[str, Any]:
    medium, kind, title = new_id(), MediaKind.VIDEO, f"Lecture {number}: on the anatomy of letters and the grid"
    tags, description = ["design", f"week {number % 15}", "lecture"], "What was said and shown."
    return {
        "id": medium,
        "gallery_id": gallery_id,
        "title": title,
        "title_key": sort_key(title),
        "description": description,
        "kind": kind,
        "status": MediaStatus.PENDING if number % 20 == 0 else MediaStatus.PUBLISHED,
        "duration_seconds": 60 + number,
        "tags": tags,
        "owner_id": owner,
        "url": f"https://media.example/{number}",
        "thumbnail_url": f"https://media.example/{number}/thumbnail",
        # Later than what the demo added. Whole seconds, because JavaScript's dates have no microseconds.
        "created_at": datetime(2040, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        "published_at": _BEGIN,
        "search_words": stored_words(gallery_id, kind, owner, title, description, tags),
        "search_row": search_row(medium),
    }


async def let_in(settings: Settings, count: int) -> str:
    """Opens the room and lets the first `count` of the crowd in. Returns the room's id."""
    database = open_database(settings)
    try:
        room = await database.reads.value(
            select(Room.id).join(Gallery, Gallery.id == Room.gallery_id).where(Gallery.external_id == COURSE)
        )
        for username in [HOST, *(name_of(number) for number in range(count))]:
            user = await database.reads.first(select(User).where(User.subject == username))
            assert user
            await database.transact(Viewer(user.id, user.name), "enterRoom", partial(enter_room, room_id=room))
        return str(global_id("Room", room))
    finally:
        await database.close()


class Sites:
    """Copies of the site: each measurement begins with a database of its own. PostgreSQL runs with fsync."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._postgres: PostgreSQL | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._postgres:
            self._postgres.stop()

    @cached_property
    def postgres(self) -> PostgreSQL:
        """The PostgreSQL server, which starts when it is first needed."""
        self._postgres = PostgreSQL(fsync=True)
        self._postgres.start()
        asyncio.run(build(self._postgres.create_database("template")))
        return self._postgres

    @cached_property
    def _template(self) -> Path:
        asyncio.run(build(f"sqlite:///{self._folder / 'template.db'}"))
        return self._folder / "template.db"

    def new(self, database: str = SQLITE, **more: Any) -> Settings:
        """Returns the settings of a server on a new copy. `more` are further settings."""
        self._made += 1
        name = f"site_{self._made}"
        if database == SQLITE:
            url = f"sqlite:///{shutil.copy(self._template, self._folder / f'{name}.db')}"
        else:
            url = self.postgres.create_database(name, "template")
        return Settings(dev=True, database_url=url, log_level="WARNING", **UNBOUNDED, **more)
