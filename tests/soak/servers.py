"""The site under test: real processes, and a link that can be broken between each two of them."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from models.errors import Unavailable
from models.tables.rates import RateLimit
from server.accounts import THE_SERVER
from server.app import open_database
from server.demo_people import PEOPLE, scopes_of
from server.prepare import prepare
from server.settings import Settings
from server.tokens import issue_token
from tests.soak.disk import Disk
from tests.soak.history import History
from tests.soak.profiles import LINKS_OF_CLIENTS, SETTINGS, Profile
from tests.soak.proxy import Link
from tests.soak.server_process import SoakServer, run_command
from tests.soak.versions import unpack_older_version
from tests.support.processes import ROOT
from tests.support.services import PostgreSQL, Valkey

T = TypeVar("T")

DATABASE = "enfilade_soak"
PATIENCE = 30  # seconds; a fault ends earlier
UNHURRIED = update(RateLimit).values(burst=10_000_000)  # the load does within minutes what people do in weeks


class Site:
    """The profile's processes. `servers` has the addresses for clients, `direct` those past the links.

    With `older`, the servers begin with the version before the last migration, if the repository's history has it.
    """

    def __init__(self, profile: Profile, history: History, *, older: bool = False) -> None:
        self.profile = profile
        self.history = history
        self.folder = history.path.parent
        self.servers: dict[str, str] = {}
        self.direct: dict[str, str] = {}
        self.processes: dict[str, SoakServer] = {}
        self.links: dict[str, Link] = {}
        self.postgres: PostgreSQL | None = None
        self.valkey: Valkey | None = None
        self.disk: Disk | None = None
        self.managers: dict[str, str] = {}  # by the id of their gallery, of those that the load uses
        self.chance = random.Random(0)
        self.database_url = ""
        self.older: str | None = None  # the commit of the older version that runs at first
        self._wants_older = older
        self.bug: str | None = None  # one of tests/soak/seeded_bugs.py
        self.keeps_away = False  # whether some subscribers stay away for now
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="enfilade-soak-")))
            await self._start_services(stack)
            await self._prepare()
            for name in self.profile.processes:
                await self._start_server(stack, name)
            for name in LINKS_OF_CLIENTS:
                await self._open_to_clients(stack, name)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    def token(self, username: str, seconds: float = 3600) -> str:
        """Returns a token of this user. `admin` and `recorder` have their scopes."""
        name, scopes = PEOPLE.get(username, username), scopes_of(self.settings, username)
        return issue_token(self.settings, username, name=name, scopes=scopes, lifetime=timedelta(seconds=seconds))

    def of(self, name: str) -> SoakServer:
        """Returns the process that clients reach at this server."""
        return self.processes.get(name) or next(iter(self.processes.values()))

    def links_to(self, part: str) -> list[Link]:
        """Returns the links to `clients`, to the `database` or to the `bus`."""
        return [link for name, link in self.links.items() if name.endswith(part)]

    @property
    def file(self) -> Path:
        """SQLite's file."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    async def ask(self, name: str, who: str, document: str, seconds: float = 5, /, **variables: Any) -> dict[str, Any]:
        """Runs an operation at a server, past the links. Raises httpx.HTTPError if no answer comes in time."""
        headers = {"authorization": f"Bearer {self.token(who)}"}
        body = {"query": document, "variables": variables}
        async with httpx.AsyncClient(timeout=seconds, trust_env=False, verify=False) as http:  # noqa: S501  no TLS
            answer: dict[str, Any] = (
                await http.post(f"{self.direct[name]}/graphql", json=body, headers=headers)
            ).json()
        return answer

    async def patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Does something with the database as soon as it is not broken."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await work()
            except (Unavailable, SQLAlchemyError, OSError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    async def stop_servers(self) -> None:
        """Kills all servers."""
        await asyncio.gather(*(asyncio.to_thread(server.kill) for server in self.processes.values()))

    async def migrate(self) -> None:
        """Brings the database to the newest schema, as an operator does."""
        await asyncio.to_thread(run_command, self.settings, ROOT, self._private, "migrate")

    async def _start_services(self, stack: AsyncExitStack) -> None:
        if not self.profile.is_remote:
            self.disk = stack.enter_context(Disk())
            self.database_url = f"sqlite:///{self.disk.folder / 'enfilade.db'}"
            return
        self.postgres = await asyncio.to_thread(stack.enter_context, PostgreSQL())
        self.valkey = await asyncio.to_thread(stack.enter_context, Valkey())
        self.database_url = await asyncio.to_thread(self.postgres.create_database, DATABASE)

    async def _prepare(self) -> None:
        self.settings = Settings(database_url=self.database_url, **SETTINGS)
        root = self._private / "older"
        self.older = unpack_older_version(root) if self._wants_older else None
        if self.older:
            for command in ("migrate", "seed"):
                await asyncio.to_thread(run_command, self.settings, root, self._private, command)
        else:
            await asyncio.to_thread(prepare, self.settings)
        await self._lift_limits()

    async def _lift_limits(self) -> None:
        database = open_database(self.settings)
        try:
            await database.transact(THE_SERVER, "soak", lambda tx: tx.execute(UNHURRIED))
        finally:
            await database.close()

    async def _start_server(self, stack: AsyncExitStack, name: str) -> None:
        root = self._private / "older" if self.older else ROOT
        # One of the servers has a clock that can be moved.
        clock = self._private / f"clock-{name}" if name == self.profile.processes[-1] else None
        settings = await self._linked(stack, name) if self.profile.is_remote else self.settings
        server = SoakServer(name, settings, self.folder, root, clock)
        server.bug = self.bug
        self.processes[name] = server
        stack.callback(server.stop)
        await asyncio.to_thread(server.start)

    async def _linked(self, stack: AsyncExitStack, name: str) -> Settings:
        """Returns the settings of a server whose connections to the database and the bus lead through links."""
        assert self.valkey
        urls = {"database": self.database_url, "bus": self.valkey.url}
        linked = {}
        for part, url in urls.items():
            link = await stack.enter_async_context(Link(f"{name}-{part}", urlsplit(url).port or 0))
            self.links[link.name] = link
            linked[part] = through(url, link)
        return self.settings.model_copy(update={"database_url": linked["database"], "redis_url": linked["bus"]})

    async def _open_to_clients(self, stack: AsyncExitStack, name: str) -> None:
        port = self.of(name).port
        link = await stack.enter_async_context(Link(f"{name}-clients", port))
        self.links[link.name] = link
        self.direct[name] = f"http://127.0.0.1:{port}"
        self.servers[name] = f"http://127.0.0.1:{link.near_port}"


def through(url: str, link: Link) -> str:
    """Returns the URL with the address of the link."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{account}@127.0.0.1:{link.near_port}").geturl()
