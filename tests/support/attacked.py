"""A server under attack: whatever one connection sends, others are answered and nothing fails inside."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings

from tests.support.captured_logs import talkative
from tests.support.world import PATIENCE, World


def tries(few: int, many: int) -> settings:
    """Returns settings for this number of inputs: the first in `make test`, the second in `make fuzz`.

    Inputs are not made smaller after a failure, because the server is not reset between them.
    """
    in_depth = settings.get_current_profile_name() == "in-depth"
    return settings(
        max_examples=many if in_depth else few,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
        derandomize=not in_depth,
    )


@dataclass(repr=False)  # the lines are many
class Attacked:
    """The server, and what it logged."""

    world: World
    lines: list[str]

    async def stands(self) -> None:
        """Checks that another connection is answered, and that nothing failed inside."""
        assert (await self.world.query("manager", "{ viewer { id } }"))["viewer"]
        failures = [line for line in self.lines if json.loads(line)["level"] in ("ERROR", "CRITICAL")]
        assert failures == []

    async def says(self, sent: bytes) -> bytes:
        """Sends bytes over a new connection and then nothing more. Returns all that the server answers."""
        async with self.connection() as (reader, writer):
            with suppress(ConnectionError):
                writer.write(sent)
                await writer.drain()
                writer.write_eof()
            async with asyncio.timeout(PATIENCE):
                return await received(reader)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.world.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def received(reader: asyncio.StreamReader) -> bytes:
    """Returns all bytes until the server closes the connection or resets it."""
    found = b""
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            found += part
    return found


@contextmanager
def attacked(world: World) -> Iterator[Attacked]:
    """Captures the server's log for as long as the attack lasts."""
    with talkative(logging.INFO) as lines:
        yield Attacked(world, lines)
