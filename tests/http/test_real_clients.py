"""The transports with the clients that integrators use, on Node: what they are told, and that they lose nothing.

Each program writes a line for each result: the text of a message, or the code of an error.
"""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from server.settings import Settings
from tests.support.commands import ROOT
from tests.support.event_streams import CHAT, beginning, eventually, say
from tests.support.processes import ServerProcess, client_of
from tests.support.world import ENTER, PATIENCE, Client, World, open_world

CLIENTS = ROOT / "examples" / "clients"
pytestmark = [
    pytest.mark.second_tier,  # It starts processes.
    pytest.mark.fast_paths,
    pytest.mark.parametrize("backend", ["sqlite"]),  # The database is not asked.
    pytest.mark.skipif(
        not (shutil.which("node") and (CLIENTS / "node_modules").is_dir()), reason="the clients' packages are not there"
    ),
]
DOCUMENTED = re.search(r"```js\n(.*?)```", (ROOT / "docs/subscriptions.md").read_text(), re.DOTALL)
TELL = """
const told = ({ data, errors }) => {
  for (const { extensions } of errors ?? []) console.log(extensions.code);
  if (data?.chat.message) console.log(data.chat.message.text);
};
const { address, query, variables, tokens } = JSON.parse(process.argv[1]);
const freshToken = () => (tokens.length > 1 ? tokens.shift() : tokens[0]);
"""
EVENT_SOURCE = f"{DOCUMENTED[1] if DOCUMENTED else ''}{TELL}listen(address, query, variables, freshToken, told);"
GRAPHQL_SSE = """import { createClient } from "graphql-sse";
@tell
const client = createClient({ url: address, headers: { authorization: `Bearer ${freshToken()}` } });
client.subscribe({ query, variables }, {
  next: told,
  error: (problem) => console.log(`failed: ${problem.message}`),
  complete: () => console.log("complete"),
});
""".replace("@tell", TELL)
APOLLO = """import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { CombinedGraphQLErrors, CombinedProtocolErrors } from "@apollo/client/errors";
@tell
const link = new HttpLink({ uri: address, headers: { authorization: `Bearer ${freshToken()}` } });
const client = new ApolloClient({ link, cache: new InMemoryCache() });
client.subscribe({ query: gql(query), variables }).subscribe({
  next: ({ data, error }) => {
    if (data) told({ data });
    if (CombinedProtocolErrors.is(error)) console.log("of the connection");
    if (CombinedProtocolErrors.is(error) || CombinedGraphQLErrors.is(error)) told(error);
  },
  error: (problem) => console.log(`failed: ${problem.message}`),
  complete: () => console.log("complete"),
});
""".replace("@tell", TELL)


class Program:
    """A program on Node that follows the chat."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        """Waits for the next line."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            return (await self._process.stdout.readline()).decode().strip()


@asynccontextmanager
async def running(code: str, client: Client, *tokens: str, query: str = CHAT, **given: Any) -> AsyncIterator[Program]:
    """Runs a program, which uses these tokens one after the other."""
    variables = {"room": client.room, "after": beginning(client), **given}
    address = f"http://127.0.0.1:{client.port}/graphql"
    asked = json.dumps({"address": address, "query": query, "variables": variables, "tokens": tokens})
    command = ("node", "--input-type=module", "--eval", code, "--", asked)
    process = await asyncio.create_subprocess_exec(*command, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE)
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_is_lost_or_repeated_across_a_kill_and_a_stop(settings: Settings) -> None:
    """The program of docs/subscriptions.md changes no variables: its ids resume the stream. tests/clients has the others."""
    async with AsyncExitStack() as stack:
        server = ServerProcess(settings.model_copy(update={"drain_seconds": 0}))
        stack.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.to_thread(server.start)
        client = await stack.enter_async_context(client_of(server))
        await client.query("moderator", ENTER, room=client.room)
        program = await stack.enter_async_context(running(EVENT_SOURCE, client, client.token("moderator")))
        for end in (server.kill, server.ask_to_stop):
            await all_told([program], await say(client, 1, 3, "moderator"))
            await asyncio.to_thread(end)
            await eventually(lambda: not server.is_running())
            await asyncio.to_thread(server.kill)  # It deletes what is left of the process.
            await asyncio.to_thread(server.start)
            await all_told([program], await say(client, 4, 6, "moderator"))


async def all_told(programs: Sequence[Program], said: list[str]) -> None:
    for program in programs:
        assert [await program.line() for _ in said] == said


async def test_an_event_source_goes_on_with_a_fresh_token(world: World) -> None:
    await world.enter("moderator")
    tokens = [world.token("moderator", lifetime=timedelta(hours=hours)) for hours in (1, 4)]
    async with running(EVENT_SOURCE, world, *tokens) as program:
        await all_told([program], await say(world, 1, 2, "moderator"))
        world.clock.advance(hours=2)
        assert await program.line() == "UNAUTHENTICATED"
        await all_told([program], await say(world, 3, 5, "moderator"))


async def test_graphql_sse_is_told_why_an_operation_is_refused(world: World) -> None:
    for query, code in (("{", "GRAPHQL_PARSE_FAILED"), ("subscription { none }", "GRAPHQL_VALIDATION_FAILED")):
        async with running(GRAPHQL_SSE, world, world.token("moderator"), query=query) as program:
            assert [await program.line(), await program.line()] == [code, "complete"]


async def test_apollo_reads_multipart_to_its_errors(settings: Settings) -> None:
    async with AsyncExitStack() as programs:
        async with open_world(settings) as world:
            await world.enter("moderator")
            async with running(APOLLO, world, world.token("moderator"), after="forged") as program:
                assert await program.line() == "CURSOR_INVALID"
            tokens = [world.token("moderator", lifetime=timedelta(hours=hours)) for hours in (1, 4)]
            short, long = [await programs.enter_async_context(running(APOLLO, world, each)) for each in tokens]
            await all_told([short, long], await say(world, 1, 3, "moderator"))
            world.clock.advance(hours=2)
            assert [await short.line(), await short.line()] == ["of the connection", "UNAUTHENTICATED"]
        assert [await long.line(), await long.line()] == ["of the connection", "UNAVAILABLE"]
