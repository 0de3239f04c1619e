"""Programs of examples/clients/ as processes, and what they print: a JSON object for each thing that they saw.

    {"state": {"cursor": …, "messages": [texts]}}   what the program read before it subscribed
    {"event": {"__typename": …, "cursor": …, "text": …}}   an event; `text` (or `message { text }`) for MessagePosted
    {"closed": …}, {"error": …}   an end that the client was told of

A program knows the server by ENFILADE_URL, its room by ENFILADE_ROOM, and gets tokens by GET ENFILADE_TOKEN_URL. It may
print other objects too, and lines that are no JSON, which count as nothing.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT
from tests.support.world import PATIENCE

CLIENTS = ROOT / "examples" / "clients"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    not NODE or not (CLIENTS / "node_modules").exists(), reason="there is no Node.js, or `make clients` was not run"
)

Line = dict[str, Any]


def typescript(*program: str) -> list[str]:
    """Returns the command that runs a program in TypeScript, named from examples/clients/, with its arguments."""
    return [str(NODE), "--import", "tsx", *program]


class Printed:
    """The lines that a program has printed so far."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._over = False
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until the condition holds after some line. Raises if the program ends before."""
        async with asyncio.timeout(PATIENCE):
            while not condition() and not self._over:
                self._changed.clear()
                await self._changed.wait()
        assert condition(), f"The program ended, after {self.lines[-5:]}."

    async def line(self, key: str, number: int = 1) -> Any:
        """Waits for the program's first (or further) line with this key. Returns its value."""
        await self.until(lambda: len(self.of(key)) >= number)
        return self.of(key)[number - 1]

    def of(self, key: str) -> list[Any]:
        """Returns the values of all lines with this key."""
        return [line[key] for line in self.lines if key in line]

    @property
    def heard(self) -> list[str]:
        """The texts of all messages whose posting was told, in the order of telling."""
        texts = (event.get("text") or (event.get("message") or {}).get("text") for event in self.of("event"))
        return [text for text in texts if text]

    def take(self, line: object) -> None:
        """Adds a line, if it is an object."""
        if isinstance(line, dict):
            self.lines.append(line)
        self._changed.set()

    def end(self) -> None:
        """Tells those who wait that nothing more comes."""
        self._over = True
        self._changed.set()


class Program(Printed):
    """A running program."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process
        self._reading = asyncio.create_task(self._read())

    async def ends(self) -> int:
        """Waits until the program ends. Returns its exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def stop(self) -> None:
        """Kills the program and the processes that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout
        async for raw in self._process.stdout:
            with suppress(ValueError):
                self.take(json.loads(raw))
        self.end()


@asynccontextmanager
async def running(
    command: Sequence[str], variables: Mapping[str, str], log: Path, folder: Path = CLIENTS
) -> AsyncIterator[Program]:
    """Runs a program until the block ends. What it writes to its error output is shown if the block fails."""
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**os.environ, **variables}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, limit=2**20,
        )  # fmt: skip
    program = Program(process)
    try:
        yield program
    except BaseException as failure:
        failure.add_note(told_by(program, log))
        raise
    finally:
        await program.stop()


def told_by(program: Program, log: Path) -> str:
    """Returns the end of what a program wrote."""
    return "\n".join([*map(str, program.lines[-20:]), log.read_text()[-3000:]])
