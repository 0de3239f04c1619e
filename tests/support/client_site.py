"""What programs of examples/clients/ are tested against: two servers on one database, and people who talk.

One server is killed while programs use it. The other stays up, so that messages are posted while the first is down.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from server.settings import Settings
from tests.support.databases import Databases
from tests.support.processes import ServerProcess, client_of
from tests.support.programs import Printed, Program, running
from tests.support.token_office import TokenOffice, token_office
from tests.support.world import ENTER, PATIENCE, POST, Client

LISTENER, SPEAKER = "student-001", "student-002"
SHORT = timedelta(seconds=3)  # enough for a program to start and connect
_numbers = count(1)


@dataclass
class Site:
    """The server that may be killed, and a client of the one that stays up."""

    server: ServerProcess
    steady: Client

    async def enter(self) -> None:
        """Lets people enter the demo room, if they are not inside any more."""
        for who in ("moderator", "chatmod", LISTENER, SPEAKER):
            payload = (await self.steady.query(who, ENTER, room=self.steady.room))["enterRoom"]
            assert payload["userErrors"] == []

    async def crash(self, talk: "Talk") -> None:
        """Kills the server with SIGKILL, waits until more is said meanwhile, and starts it on the same port."""
        await asyncio.to_thread(self.server.kill)
        await talk.more()
        await asyncio.to_thread(self.server.start)

    async def restart(self, talk: "Talk") -> None:
        """Stops the server with SIGTERM, waits until more is said meanwhile, and starts it on the same port."""
        self.server.ask_to_stop()
        async with asyncio.timeout(PATIENCE):
            while self.server.is_running():  # noqa: ASYNC110  it is another process
                await asyncio.sleep(0.01)
        await self.crash(talk)

    @contextmanager
    def tokens(self, *lifetimes: timedelta, who: str = LISTENER) -> Iterator[TokenOffice]:
        """Opens an office that hands out tokens of this person."""
        with token_office(lambda lifetime: self.steady.token(who, lifetime=lifetime), *lifetimes) as office:
            yield office

    def variables(self, office: TokenOffice) -> Mapping[str, str]:
        """Returns the environment of a program."""
        where = {"ENFILADE_URL": self.server.url, "ENFILADE_ROOM": self.steady.room}
        return where | {"ENFILADE_TOKEN_URL": office.url, "ENFILADE_GALLERY": self.steady.gallery}


@contextmanager
def client_servers(postgres: Databases, template: str, redis_url: str, **more: Any) -> Iterator[list[ServerProcess]]:
    """Starts two servers on a new database. Tokens end exactly when they say."""
    name = f"enfilade_{os.getpid()}_clients_{next(_numbers)}"
    quick: dict[str, Any] = {"stream_poll_seconds": 0.2, "stream_checkpoint_seconds": 1, "drain_seconds": 0}
    settings = Settings(
        dev=True, database_url=postgres.create_database(name, template), redis_url=redis_url, jwt_leeway_seconds=0,
        **quick | more,
    )  # fmt: skip
    try:
        with ServerProcess(settings) as server, ServerProcess(settings) as steady:
            yield [server, steady]
    finally:
        postgres.drop_database(name)


@asynccontextmanager
async def client_site(postgres: Databases, template: str, redis_url: str, **more: Any) -> AsyncIterator[Site]:
    """Yields a site of its own. `more` are further settings of its servers."""
    with client_servers(postgres, template, redis_url, **more) as (server, steady):
        async with client_of(steady) as client:
            yield Site(server, client)


@dataclass
class Talk:
    """Somebody who posts one numbered message after the other, and what was posted."""

    said: list[str] = field(default_factory=list)
    name: int = field(default_factory=lambda: next(_numbers))

    async def go_on(self, client: Client) -> None:
        """Posts until it is cancelled, about 20 messages a second."""
        while True:
            await self.say(client)
            await asyncio.sleep(0.05)

    async def say(self, client: Client) -> None:
        """Posts one message."""
        text = f"{self.name}: message {len(self.said) + 1}"
        answer = await client.query(SPEAKER, POST, room=client.room, text=text, key=text)
        assert answer["postMessage"]["userErrors"] == []
        self.said.append(text)

    async def more(self, messages: int = 3) -> None:
        """Waits until so many more are posted."""
        wanted = len(self.said) + messages
        async with asyncio.timeout(PATIENCE):
            while len(self.said) < wanted:  # noqa: ASYNC110  a test needs no event for this
                await asyncio.sleep(0.01)


@asynccontextmanager
async def talking(site: Site) -> AsyncIterator[Talk]:
    """Lets somebody talk in the room until the block ends."""
    await site.enter()
    talk = Talk()
    posting = asyncio.create_task(talk.go_on(site.steady))
    try:
        yield talk
    finally:
        posting.cancel()
        results = await asyncio.gather(posting, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError), results


async def listened(site: Site, command: list[str], log: Path) -> tuple[Program, Talk]:
    """Runs a program over its first connection, a token that expires, and a server that is killed and restarted.

    Returns the program, which is stopped, and what was said until then.
    """
    with site.tokens(SHORT) as office:
        async with talking(site) as talk, running(command, site.variables(office), log) as program:
            await go_through(site, office, talk, program)
        return program, talk


async def go_through(site: Site, office: TokenOffice, talk: Talk, program: Printed) -> None:
    """Waits for the program's first event, lets its token expire, and kills and restarts its server. It hears throughout."""
    await program.line("event")
    await _hears_more(talk, program)
    async with asyncio.timeout(PATIENCE):
        while office.issued <= office.short:  # noqa: ASYNC110  the office is a thread
            await asyncio.sleep(0.01)
    await _hears_more(talk, program)
    for interruption in (site.crash, site.restart):
        await interruption(talk)
        await _hears_more(talk, program)


async def _hears_more(talk: Talk, program: Printed) -> None:
    """Waits until the program has heard something that was said from now on, whatever it has lost before."""
    before = len(talk.said)
    await program.until(lambda: any(text in talk.said[before:] for text in program.heard[-1:]))


def told_of(program: Printed, talk: Talk) -> list[str]:
    """Returns what the program must have heard: all that was said after its state, or after the first that it heard."""
    states = program.of("state")
    read = [text for text in states[0]["messages"] if text in talk.said] if states else []
    start = talk.said.index(read[-1]) + 1 if read else talk.said.index(program.heard[0])
    return talk.said[start : talk.said.index(program.heard[-1]) + 1]
