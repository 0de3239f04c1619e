"""Two servers with one PostgreSQL and one Valkey (rules 60 and 61), and the command that starts them."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import httpx
import psutil  # type: ignore[import-untyped]  # psutil ships no types
import pytest

from server.requests import Form
from server.settings import Settings
from tests.support.databases import Databases
from tests.support.event_streams import (
    CHAT,
    EVENTS,
    Event,
    Follower,
    beginning,
    eventually,
    next_event,
    said,
    say,
    texts,
    until,
)
from tests.support.http_streams import download
from tests.support.processes import ROOT, ServerProcess, client_of
from tests.support.services import Valkey, free_port
from tests.support.world import ENTER, PATIENCE, Client, Subscribed, open_world

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@dataclass
class Pair:
    """Two servers that learn of each other's messages only through the broker, because they poll too rarely."""

    first: ServerProcess
    second: ServerProcess
    valkey: Valkey


@pytest.fixture(scope="module")
def pair(postgres: Databases, postgres_template: str) -> Iterator[Pair]:
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey())
        url = copy_of(postgres, postgres_template, "pair", stack)
        settings = Settings(dev=True, database_url=url, redis_url=valkey.url, stream_poll_seconds=3600, drain_seconds=1)
        first, second = (stack.enter_context(ServerProcess(settings)) for _ in range(2))
        yield Pair(first, second, valkey)


def copy_of(postgres: Databases, template: str, name: str, stack: ExitStack) -> str:
    """Creates a database for the test. Returns its URL."""
    unique = f"enfilade_{os.getpid()}_{name}"
    stack.callback(postgres.drop_database, unique)
    return postgres.create_database(unique, template)


@asynccontextmanager
async def clients(pair: Pair) -> AsyncIterator[tuple[Client, Client]]:
    """Yields a client of each server, with the moderator and a student inside."""
    async with client_of(pair.first) as first, client_of(pair.second) as second:
        for who in ("moderator", "student-001"):
            await first.query(who, ENTER, room=first.room)
        yield first, second


async def entered(stream: Subscribed) -> list[Event]:
    """Reads the first events of a new stream, which shows that it is live."""
    told = [await next_event(stream)]
    while told[-1]["__typename"] != "ParticipantJoined":
        told.append(await next_event(stream))
    return [*told, await next_event(stream)]


async def head(client: Client) -> str:
    """Returns the cursor of the log's head.

    Tests of a file may run in different processes, so no test relies on messages that another one posted.
    """
    asked = "query ($room: ID!) { room(id: $room) { cursor } }"
    return str((await client.query("moderator", asked, room=client.room))["room"]["cursor"])


@pytest.mark.second_tier
async def test_a_message_posted_at_one_arrives_at_a_subscriber_of_the_other(pair: Pair) -> None:
    async with clients(pair) as (first, second), first.socket("moderator") as one, second.socket("moderator") as other:
        after = await head(first)
        streams = [await socket.subscribe(EVENTS, room=first.room, after=after) for socket in (one, other)]
        for number, client in enumerate((first, second, first, second), 1):
            await say(client, number, number)
            for stream in streams:
                assert said(await next_event(stream)) == f"message {number}"


@pytest.mark.second_tier
async def test_what_is_posted_while_the_broker_is_dead_arrives_when_it_is_back(pair: Pair) -> None:
    """Rule 60: mutations succeed although the broker is down."""
    async with clients(pair) as (first, second), second.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=first.room, after=await head(first))
        await say(first, 10, 10)
        assert said(await next_event(stream)) == "message 10"
        await asyncio.to_thread(pair.valkey.kill)
        posted = await say(first, 11, 15)
        assert (pair.first.status("/healthz"), pair.first.status("/readyz")) == (200, 200)  # degraded
        await asyncio.to_thread(pair.valkey.start)
        assert texts(await until(stream, "message 15")) == posted
        await say(first, 16, 16)
        assert said(await next_event(stream)) == "message 16"
        await eventually(lambda: {pair.first.status("/readyz"), pair.second.status("/readyz")} == {200})


@pytest.mark.second_tier
async def test_a_rolling_restart_loses_nothing(pair: Pair) -> None:
    """A stopping process says so on /readyz and closes its sockets with 1012; clients resume on the other."""
    async with clients(pair) as (first, second), first.socket("moderator") as socket:
        stream = await socket.subscribe(EVENTS, room=first.room, after=await head(first))
        await say(first, 20, 20)
        told = await until(stream, "message 20")
        async with download(first, Form.SSE, "moderator", CHAT, after=told[-1]["cursor"]) as over_http:
            pair.first.ask_to_stop()
            await eventually(lambda: pair.first.status("/readyz") == 503)
            assert pair.second.status("/readyz") == 200
            await say(second, 21, 22)
            await say(first, 23, 23)  # clients that are still connected are served
            told += await until(stream, "message 23")
            assert texts([await over_http.event() for _ in range(3)]) == texts(told)[-3:]
            assert await socket.closed() == 1012
            with pytest.raises(httpx.RemoteProtocolError):
                await over_http.end()
        await say(second, 24, 26)
        follower = Follower("moderator", told[-1]["cursor"], Random(1))
        assert texts(await follower.follow(second, "message 26")) == ["message 24", "message 25", "message 26"]
        await eventually(lambda: not pair.first.is_running())
        assert '"level":"ERROR"' not in pair.first.logged()
        await asyncio.to_thread(pair.first.restart)
        back = await Follower("moderator", beginning(first), Random(1)).follow(first, "message 26")
        assert texts(back)[-6:] == [f"message {number}" for number in range(21, 27)]


async def test_with_the_broker_dead_events_arrive_by_the_poll(postgres: Databases, postgres_template: str) -> None:
    """Rule 60: two servers in this process poll the log."""
    with ExitStack() as stack, Valkey() as valkey:
        url = copy_of(postgres, postgres_template, "without_broker", stack)
        settings = Settings(dev=True, database_url=url, redis_url=valkey.url, stream_poll_seconds=0.1, drain_seconds=0)
        async with open_world(settings) as first, open_world(settings) as second:
            await first.enter("moderator", "student-001")
            async with second.socket("moderator") as socket:
                stream = await socket.subscribe(EVENTS, room=first.room, after=beginning(first))
                await entered(stream)
                await asyncio.to_thread(valkey.kill)
                posted = await say(first, 1, 5)
                assert texts(await until(stream, "message 5")) == posted


@pytest.mark.second_tier
async def test_one_command_brings_a_pair_up_and_takes_it_down() -> None:
    """Runs examples/pair.py, as `make pair` does: two addresses, a token, and nothing left after Ctrl-C."""
    ports = [str(free_port()), str(free_port())]
    command = [sys.executable, "examples/pair.py", "--ports", *ports]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(3 * PATIENCE):
            printed = await said_by(process)
        family = psutil.Process(process.pid).children(recursive=True)
        await assert_they_are_a_pair(printed, ports)
        assert len(family) > 3
    finally:
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []


@pytest.mark.second_tier
def test_a_port_that_is_taken_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "examples/pair.py", "--ports", str(free_port()), port]
        ended = subprocess.run(
            command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"Port {port} is taken.\n")


async def said_by(process: asyncio.subprocess.Process) -> str:
    """Returns the output of the process, until both servers are up."""
    assert process.stdout
    printed = ""
    while "Ctrl-C" not in printed:
        line = await process.stdout.readline()
        assert line, printed
        printed += line.decode()
    return printed


async def assert_they_are_a_pair(printed: str, ports: list[str]) -> None:
    assert [f"http://127.0.0.1:{port}/graphql" in printed for port in ports] == [True, True]
    token, database, redis = (
        re.search(pattern, printed)[1]  # type: ignore[index]  # no match fails the test
        for pattern in (r"Bearer (\S+)", r"DATABASE_URL=(\S+)", r"REDIS_URL=(\S+)")
    )
    settings = Settings(dev=True, database_url=database, redis_url=redis)
    async with AsyncExitStack() as stack:
        servers = [ServerProcess(settings, int(port)) for port in ports]
        first, second = [await stack.enter_async_context(client_of(server)) for server in servers]
        await first.query("manager", ENTER, room=first.room)
        socket = await stack.enter_async_context(second.socket("manager", token))
        stream = await socket.subscribe(EVENTS, room=second.room, after=beginning(second))
        await say(first, 1, 1, "manager")
        assert texts(await until(stream, "message 1")) == ["message 1"]
        assert first.token("manager", lifetime=timedelta(hours=12)) != ""
